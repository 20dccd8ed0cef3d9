; SPDX-License-Identifier: MIT
;
; entry.asm - the first instructions: from the boot loader's world into C, by way of long mode.
;
; A multiboot loader (GRUB, QEMU's -kernel) finds the header below, puts the kernel at 1 MiB and
; jumps to _start in 32-bit protected mode, paging off, flat segments of its own, no stack. Long
; mode has no other entrance: PAE, page tables, EFER.LME, then paging on, then a jump to 64-bit code.
; Source: Multiboot Specification version 0.6.96, "OS image format" and "Machine state"; Intel SDM
; volume 3, "Initializing IA-32e Mode".

MULTIBOOT_MAGIC equ 0x1badb002
MULTIBOOT_FLAGS equ 3           ; bit 0: modules on page boundaries, bit 1: tell us the memory size

PRESENT_WRITABLE equ 0x03
LARGE_PAGE equ 0x83             ; present, writable, 2 MiB
CR0_PAGING equ 1 << 31
CR4_PAE equ 1 << 5
MSR_EFER equ 0xc0000080
EFER_LONG_MODE_ENABLE equ 1 << 8
LONG_MODE_BIT equ 1 << 29       ; of EDX, CPUID leaf 0x80000001
SERIAL_PORT equ 0x3f8
DEBUG_EXIT_PORT equ 0xf4

section .multiboot
align 4
    dd MULTIBOOT_MAGIC
    dd MULTIBOOT_FLAGS
    dd -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

section .text
global _start
extern kernel_main

bits 32
_start:
    cli                         ; no IDT yet: an interrupt now would end in a triple fault
    cld                         ; the C calling convention wants the direction flag clear
    mov esp, boot_stack_top
    mov edi, eax                ; the loader's magic; CPUID and RDMSR overwrite EAX to EDX
    mov esi, ebx                ; where the multiboot information is

    mov eax, 0x80000000         ; how far do the extended leaves go?
    cpuid
    cmp eax, 0x80000001
    jb no_long_mode
    mov eax, 0x80000001
    cpuid
    test edx, LONG_MODE_BIT
    jz no_long_mode

    mov eax, cr4
    or eax, CR4_PAE
    mov cr4, eax
    mov eax, boot_pml4
    mov cr3, eax
    mov ecx, MSR_EFER
    rdmsr
    or eax, EFER_LONG_MODE_ENABLE
    wrmsr
    mov eax, cr0
    or eax, CR0_PAGING
    mov cr0, eax                ; long mode is on; this is still 32-bit code in it
    lgdt [boot_table_pointer]
    jmp 0x08:long_mode

no_long_mode:
    mov esi, regret
    mov edx, SERIAL_PORT
    mov ecx, regret_end - regret
    rep outsb
    mov dx, DEBUG_EXIT_PORT
    mov al, 0x12                ; GUEST_EXIT_PANIC
    out dx, al
halt_32:
    cli
    hlt
    jmp halt_32

bits 64
long_mode:
    mov eax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax
    mov esp, boot_stack_top     ; writing a 32-bit register clears the upper half
    mov edi, edi
    mov esi, esi
    call kernel_main

halt:
    cli
    hlt
    jmp halt                    ; a non-maskable interrupt can wake even this

section .rodata
regret:
    db "panic: this CPU has no long mode; boot tinykernel instead", 10
regret_end:

; Long mode before there is C: the first 8 MiB mapped to themselves.
section .data
align 4096
boot_pml4:
    dq boot_pointers + PRESENT_WRITABLE
    times 511 dq 0
boot_pointers:
    dq boot_directory + PRESENT_WRITABLE
    times 511 dq 0
boot_directory:
%assign address 0
%rep 4
    dq address + LARGE_PAGE
%assign address address + 0x200000
%endrep
    times 508 dq 0

boot_table:
    dq 0
    dq 0x00af9b000000ffff       ; 0x08: code, 64-bit
    dq 0x00cf93000000ffff       ; 0x10: data
boot_table_pointer:
    dw $ - boot_table - 1
    dd boot_table

section .bss
align 4096
    resb 4096
boot_stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
