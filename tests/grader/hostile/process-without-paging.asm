; Ring 3 with paging off: nothing forbids it to any address, and its shadow must not fault for ever.
bits 32
org 0x100000
lgdt [table]
push dword 0x23
push dword 0x6000
push dword 2
push dword 0x1b
push dword process
iretd
process:
inc dword [0x200000]
jmp process
align 8
gdt: dq 0, 0x00cf9b000000ffff, 0x00cf93000000ffff, 0x00cffb000000ffff, 0x00cff3000000ffff
table: dw table - gdt - 1
dd gdt
