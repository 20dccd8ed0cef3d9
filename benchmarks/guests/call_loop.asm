; SPDX-License-Identifier: MIT
;
; call_loop.asm - a call and its return: a lookup in the translation cache at each turn.
bits 32
org 0x100000
%include "flat.inc"

    head
    mov esp, 0x180000
.turn:
    call callee
    dec ecx
    jnz .turn
    tail
callee:
    inc eax
    ret
