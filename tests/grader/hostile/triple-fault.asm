; No IDT, and a fault: the CPU gives up.
bits 32
org 0x100000
lidt [empty]
ud2
empty: dw 0
dd 0
