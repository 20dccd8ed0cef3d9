; SPDX-License-Identifier: MIT
;
; shortest_loop.asm - one block of two instructions: what counting costs at its worst.
bits 32
org 0x100000
%include "flat.inc"

    head
.turn:
    dec ecx
    jnz .turn
    tail
