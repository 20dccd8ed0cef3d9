; SPDX-License-Identifier: MIT
;
; port_loop.asm - each turn is one exit for a port that nobody answers.
bits 32
org 0x100000
%include "flat.inc"

    head
.turn:
    out 0x80, al
    dec ecx
    jnz .turn
    tail
