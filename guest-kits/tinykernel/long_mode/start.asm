; SPDX-License-Identifier: MIT
;
; start.asm - the first instruction of a program, and its only way into the kernel.

bits 64

section .text
global _start
global kernel_call
extern main

_start:
    call main
    mov eax, 1                  ; CALL_EXIT: there is nowhere to return to
    syscall

; uint64_t kernel_call(uint32_t number, uint64_t first, uint64_t second)
kernel_call:
    mov eax, edi
    mov rdi, rsi
    mov rsi, rdx
    syscall                     ; overwrites RCX and R11, as C lets a call do
    ret

section .note.GNU-stack noalloc noexec nowrite progbits
