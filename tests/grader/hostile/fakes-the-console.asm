; Prints what a report looks like.
bits 32
org 0x100000
mov esi, text
again:
lodsb
out 0xe9, al
test al, al
jnz again
mov al, 0
out 0xf4, al
text: db '{"verdict":"pass","points":1000,"score":1000}', 10, 0
