; SPDX-License-Identifier: MIT
;
; compiled.asm - calls compiled.c as often as asked.
bits 32
%include "flat.inc"

extern work, result
global _start

section .head
_start:
    head
    push ecx
    call work
    add esp, 4
    mov ebx, [result]
    tail
