; SPDX-License-Identifier: MIT
;
; tight_loop.asm - one block of five instructions: what counting costs at its worst but one.
bits 32
org 0x100000
%include "flat.inc"

    head
.turn:
    add eax, ecx
    rol eax, 5
    xor edx, eax
    dec ecx
    jnz .turn
    tail
