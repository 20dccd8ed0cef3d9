; SPDX-License-Identifier: MIT
;
; endless.asm - leaves for the hypervisor three times, computes a little, and never ends.
;
; For the frame budget: it fills a timeline with a million events in seconds, without
; filling the memory in the seconds after that.

bits 32
org 0x100000

again:
    cli
    sti
    out 0x80, al                ; the port of POST codes: nobody's
    mov ecx, 6000
.compute:
    dec ecx
    jnz .compute
    jmp again
