; A guest for a list of exits. This one only begins.
; Assemble: nasm -f bin guest.asm -o guest.bin

bits 32
org 0x100000

start:
    lidt [idt_register]         ; before the list: not counted

    ; Your list begins here.

halt:
    cli
    hlt
    jmp halt

; An INT saves the address of the next instruction.
return_from_int:
    iretd

; A gate of the IDT: where the handler of one vector is. Its address is split in two halves, which
; NASM can only do for differences: an address here is 0x100000 + (label - start).
%macro gate 1
    dw ((%1 - start) + 0x100000) & 0xffff
    dw 0x08                     ; code segment
    dw 0x8e00                   ; present, ring 0, 32-bit interrupt gate
    dw ((%1 - start) + 0x100000) >> 16
%endmacro

align 8
idt:
    times 0x80 dq 0             ; replace those that you need by: gate some_handler
idt_end:

idt_register:
    dw idt_end - idt - 1
    dd idt
