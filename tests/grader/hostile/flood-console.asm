; Writes to both consoles without end.
bits 32
org 0x100000
again:
mov al, 'x'
out 0xe9, al
mov dx, 0x3f8
out dx, al
jmp again
