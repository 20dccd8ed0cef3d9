; Its fault handler faults at the faulting instruction, for ever.
bits 32
org 0x100000
lidt [table]
ud2
handler:
iretd
align 8
idt:
%rep 32
dw (handler - $$) & 0xffff, 8, 0x8e00, 0x10
%endrep
idt_end:
table: dw idt_end - idt - 1
dd idt
