; SPDX-License-Identifier: MIT
;
; entry.asm - from the multiboot loader to kit_start by way of long mode, and the tables at their
; fixed place.
;
; Source: Multiboot Specification version 0.6.96, "OS image format" and "Machine state"; Intel SDM
; volume 3, "Initializing IA-32e Mode".

MULTIBOOT_MAGIC equ 0x1badb002
MULTIBOOT_FLAGS equ 3           ; modules on page boundaries, tell us the memory size

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

; Among the code, as link.ld puts them, but written to: paging.c maps everything writable.
section .tables progbits alloc exec write align=4096
global kit_gdt
global kit_idt
kit_gdt: times 16 dq 0
kit_idt: times 512 dq 0

section .text
global _start
extern kit_start

bits 32
_start:
    cli
    cld
    mov esp, stack_top
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
    mov esp, stack_top          ; writing a 32-bit register clears the upper half
    mov edi, edi
    mov esi, esi
    call kit_start

halt:
    cli
    hlt
    jmp halt

section .rodata
regret:
    db "panic: this CPU has no long mode; boot the 32-bit guest instead", 10
regret_end:

; Until kit_paging_on: the first 8 MiB mapped to themselves, for ring 0.
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
    resb 16384
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
