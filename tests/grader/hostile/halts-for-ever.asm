bits 32
org 0x100000
sti
again: hlt
jmp again
