; SPDX-License-Identifier: MIT
;
; bootsector.asm - 512 bytes in real mode, and what they can do with the BIOS alone.
;
; The BIOS loads the first sector of the disk to 0x7c00, checks its last two bytes and jumps there,
; with the drive's number in DL. Everything else is asked for by software interrupts: INT 10h
; writes to the screen, INT 16h looks at the keyboard, INT 13h reads the disk. Here the second
; sector is read, and a text in it printed. Each character also goes to port 0xe9, where a debug
; console listens; on a machine without one nobody hears it.
; Source: IBM PC AT Technical Reference, "ROM BIOS"; the interrupt list is in its index.

bits 16
org 0x7c00

SECOND_SECTOR equ 0x8000        ; where we put it
DEBUG_CONSOLE equ 0xe9
DEBUG_EXIT equ 0xf4
SUCCESS equ 0x10
FAILURE equ 0x11

start:
    jmp 0x0000:.here            ; some BIOSes jump to 07c0:0000, which is the same place
.here:
    xor ax, ax
    mov ds, ax
    mov es, ax
    cli                         ; SS and SP belong together
    mov ss, ax
    mov sp, 0x7c00              ; the stack grows down from below us
    sti
    cld
    mov [drive], dl

    mov ax, 0x0003              ; INT 10h, AH=0: text mode of 80 by 25, cleared
    int 0x10
    mov si, greeting
    call print

    mov ah, 0x01                ; INT 16h, AH=1: a key waiting? ZF=1 if not; does not wait
    int 0x16
    mov si, no_key
    jz .say_key
    mov si, a_key
.say_key:
    call print

    mov byte [tries], 3         ; a drive that spins up may fail at first
.read:
    mov ax, 0x0201              ; INT 13h, AH=2: read AL=1 sector
    mov cx, 0x0002              ; cylinder 0, sector 2 (they count from 1)
    mov dh, 0                   ; head 0
    mov dl, [drive]
    mov bx, SECOND_SECTOR       ; to ES:BX
    int 0x13
    jnc .loaded
    xor ah, ah                  ; INT 13h, AH=0: reset, then once more
    mov dl, [drive]
    int 0x13
    dec byte [tries]
    jnz .read

    mov si, cannot_read
    call print
    mov al, FAILURE
    jmp stop

.loaded:
    mov si, second_text         ; lies at SECOND_SECTOR, see below
    call print
    mov si, done
    call print
    mov al, SUCCESS

stop:                           ; AL: how it went
    out DEBUG_EXIT, al
.halt:
    cli
    hlt
    jmp .halt

; Prints the text at SI, up to a zero.
print:
    lodsb
    test al, al
    jz .end
    out DEBUG_CONSOLE, al
    cmp al, 10
    jne .character
    mov al, 13                  ; the screen wants a carriage return as well
    call teletype
    mov al, 10
.character:
    call teletype
    jmp print
.end:
    ret

teletype:
    mov ah, 0x0e                ; INT 10h, AH=0Eh: write AL and move on
    mov bx, 0x0007              ; page 0, grey
    int 0x10
    ret

greeting: db "boot sector: 512 bytes in real mode", 10, 0
no_key: db "keyboard: no key is waiting", 10, 0
a_key: db "keyboard: a key is waiting", 10, 0
cannot_read: db "disk: the second sector cannot be read", 10, 0
done: db "boot sector: done", 10, 0
drive: db 0
tries: db 0

    times 510 - ($ - $$) db 0
    dw 0xaa55                   ; without it the BIOS does not boot from here

; The second sector. It is not in memory until it has been read.
second_text equ SECOND_SECTOR
    db "disk: this text comes from the second sector", 10, 0

    times 1024 - ($ - $$) db 0
