; SPDX-License-Identifier: MIT
;
; cli_loop.asm - in ring 1 each turn is one general-protection fault.
bits 32
org 0x100000
%include "flat.inc"

    head
.turn:
    cli
    dec ecx
    jnz .turn
    tail
