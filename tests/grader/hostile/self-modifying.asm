bits 32
org 0x100000
again:
inc byte [target + 1]
target:
mov al, 0
jmp again
