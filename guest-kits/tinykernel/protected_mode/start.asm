; SPDX-License-Identifier: MIT
;
; start.asm - the first instruction of a program, and its only way into the kernel.

bits 32

section .text
global _start
global kernel_call
extern main

_start:
    call main
    mov eax, 1                  ; CALL_EXIT: there is nowhere to return to
    int 0x80

; uint32_t kernel_call(uint32_t number, uint32_t first, uint32_t second)
kernel_call:
    push ebx                    ; C expects it unchanged
    mov eax, [esp + 8]
    mov ebx, [esp + 12]
    mov ecx, [esp + 16]
    int 0x80
    pop ebx
    ret

section .note.GNU-stack noalloc noexec nowrite progbits
