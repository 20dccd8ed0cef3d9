; A kernel whose one process tries what a process may not do.
;
; The kernel skips each refused instruction and lets the process go on: EBX holds
; the address behind the instruction that is about to be tried. The last INT ends
; the run with code 0.

bits 32
org 0x100000

%define at(label) ((label - start) + 0x100000)

KERNEL_CODE equ 0x08
KERNEL_DATA equ 0x10
USER_CODE   equ 0x1b
USER_DATA   equ 0x23
TASK        equ 0x28

start:
    lgdt [gdt_register]
    lidt [idt_register]
    mov ax, KERNEL_DATA
    mov ss, ax
    mov ax, TASK
    ltr ax
    mov ax, USER_DATA
    mov ds, ax
    mov es, ax
    push dword USER_DATA
    push dword 0x6000               ; the process's stack
    push dword 2                    ; its flags: IOPL 0, interrupts off
    push dword USER_CODE
    push dword process
    iretd

process:
%macro try 1+
    mov ebx, %%behind
    %1
%%behind:
%endmacro
    try cli
    try sti
    try hlt
    try clts
    try mov cr3, eax
    try mov eax, cr0
    try lidt [idt_register]
    try invlpg [process]
    try in al, 0x40
    try out 0x80, al
    mov edx, 0x3f8
    try in al, dx
    try out dx, al
    try int 0x30                    ; a gate for processes
    try ud2
    xor ecx, ecx
    try div ecx
    try cli
    try int 0x30
    try out 0x80, al
    int 0x32

; Faults with an error code on the stack, and without.
refused_with_code:
    add esp, 4
refused:
    mov [esp], ebx
    iretd
served:
    iretd
finished:
    mov al, 0
    out 0xf4, al
    hlt

align 8
gdt:
    dq 0
    dq 0x00cf9b000000ffff           ; kernel code
    dq 0x00cf93000000ffff           ; kernel data
    dq 0x00cffb000000ffff           ; user code
    dq 0x00cff3000000ffff           ; user data
    dw 103, at(task) & 0xffff
    db at(task) >> 16, 0x89, 0, 0   ; task state, for the kernel's stack
gdt_end:
gdt_register:
    dw gdt_end - gdt - 1
    dd gdt

align 4
task:
    dd 0, 0x7000, KERNEL_DATA
    times 22 dd 0
    dw 0, 104                       ; no I/O permission map
task_end:

%macro gate 2                       ; handler, DPL
    dw at(%1) & 0xffff
    dw KERNEL_CODE
    db 0, 0x8e | (%2 << 5)
    dw at(%1) >> 16
%endmacro

align 8
idt:
    gate refused, 0                 ; divide error
    times 5 dq 0
    gate refused, 0                 ; invalid opcode
    times 6 dq 0
    gate refused_with_code, 0       ; general protection
    times 0x30 - 14 dq 0
    gate served, 3
    gate served, 0
    gate finished, 3
idt_end:
idt_register:
    dw idt_end - idt - 1
    dd idt
