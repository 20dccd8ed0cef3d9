; SPDX-License-Identifier: MIT
;
; cli_sti_loop.asm - a critical section of a kernel, empty: two traps, or a few stores.
bits 32
org 0x100000
%include "flat.inc"

    head
.turn:
    cli
    sti
    dec ecx
    jnz .turn
    tail
