; SPDX-License-Identifier: MIT
;
; bochs_rom.asm - the last 4 KiB of a ROM that starts a flat image where a machine of ours would.
;
; The image lies before it, from F000:0000 on. No BIOS: from reset straight to 32 bits and a flat
; address space, the image copied to 1 MiB, a stack below it.
bits 16
org 0xf000

ROM equ 0xf0000
IMAGE_ADDRESS equ 0x100000
IMAGE_BYTES equ 0xf000
STACK equ 0x90000

start:
    cli
    lgdt [cs:table]
    mov eax, cr0
    or al, 1
    mov cr0, eax
    jmp dword 8:ROM + flat
bits 32
flat:
    mov ax, 16
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, STACK
    mov esi, ROM
    mov edi, IMAGE_ADDRESS
    mov ecx, IMAGE_BYTES / 4
    cld
    rep movsd
    mov eax, IMAGE_ADDRESS
    jmp eax

align 8
descriptors: dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff
table:
    dw 23
    dd ROM + descriptors

    times 0xff0 - ($ - $$) db 0
bits 16
    jmp 0xf000:start  ; where a CPU begins
    times 0x1000 - ($ - $$) db 0
