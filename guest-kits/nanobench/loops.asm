; SPDX-License-Identifier: MIT
;
; loops.asm - the loops themselves, and the shortest handlers that answer them.
;
; In assembly, so that what runs between the marks is what is written here: one instruction under
; test per turn, and DEC and JNZ around it. Each loop takes the number of turns, at least one.

bits 32

SCRATCH_PORT equ 0x3ff          ; a register of the serial port that does nothing but remember

section .text

extern handled                  ; uint32_t: how many times a handler below ran
extern bench_table              ; uint32_t*: the page table entries of the pages that fault

%macro turns 1                  ; the argument into ECX; label of the loop
    mov ecx, [esp + 4]
align 16
%1:
%endmacro

%macro again 1
    dec ecx
    jnz %1
    ret
%endmacro

global loop_call                ; call and return: nothing that a monitor would care about
loop_call:
    turns .turn
    call nothing
    again .turn

nothing:
    ret

global loop_in
loop_in:
    push edx
    mov edx, SCRATCH_PORT
    mov ecx, [esp + 8]
align 16
.turn:
    in al, dx
    dec ecx
    jnz .turn
    pop edx
    ret

global loop_out
loop_out:
    mov ecx, [esp + 4]
    mov edx, SCRATCH_PORT
    xor eax, eax
align 16
.turn:
    out dx, al
    dec ecx
    jnz .turn
    ret

global loop_cli
loop_cli:
    turns .turn
    cli
    again .turn

global loop_mov_cr3             ; the same value: the translations are forgotten all the same
loop_mov_cr3:
    mov eax, cr3
    mov ecx, [esp + 4]
align 16
.turn:
    mov cr3, eax
    dec ecx
    jnz .turn
    ret

global loop_syscall             ; to be run in ring 3
loop_syscall:
    turns .turn
    int 0x80
    again .turn

global door_syscall
door_syscall:
    inc dword [ss:handled]      ; DS still belongs to ring 3
    iretd

global loop_divide              ; divides by zero
loop_divide:
    push ebx
    mov ecx, [esp + 8]
    xor ebx, ebx
    xor edx, edx
    mov eax, 1
align 16
.turn:
    div ebx                     ; two bytes; the handler steps over them
    dec ecx
    jnz .turn
    pop ebx
    ret

global door_divide
door_divide:
    inc dword [handled]
    add dword [esp], 2          ; the saved EIP: to the instruction after DIV
    iretd

global loop_page_fault          ; (turns, first address): reads one byte in each of so many pages
loop_page_fault:
    mov ecx, [esp + 4]
    mov edx, [esp + 8]
align 16
.turn:
    mov al, [edx]               ; not present: faults, is made present, and is done again
    add edx, 4096
    dec ecx
    jnz .turn
    ret

global door_page_fault          ; maps the page at CR2 to the frame that all of them share
door_page_fault:
    push eax
    push edx
    inc dword [handled]
    mov eax, cr2
    shr eax, 12
    and eax, 1023
    mov edx, [bench_table]
    or dword [edx + eax * 4], 1 ; present; the rest of the entry is already there
    pop edx
    pop eax
    add esp, 4                  ; the error code
    iretd

global loop_pte_change          ; (turns, address, entry, bits to flip): returns the sum of reads
loop_pte_change:
    push ebx
    push esi
    push edi
    mov ecx, [esp + 16]
    mov edx, [esp + 20]
    mov esi, [esp + 24]
    mov edi, [esp + 28]
    xor eax, eax
align 16
.turn:
    xor [esi], edi              ; to the other frame
    invlpg [edx]
    add eax, [edx]
    dec ecx
    jnz .turn
    pop edi
    pop esi
    pop ebx
    ret

section .note.GNU-stack noalloc noexec nowrite progbits
