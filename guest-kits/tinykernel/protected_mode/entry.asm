; SPDX-License-Identifier: MIT
;
; entry.asm - the first instructions: from the boot loader's world into C.
;
; A multiboot loader (GRUB, QEMU's -kernel) finds the header below, puts the kernel at 1 MiB and
; jumps to _start in 32-bit protected mode, paging off, flat segments of its own, no stack.
; Source: Multiboot Specification version 0.6.96, "OS image format" and "Machine state".

bits 32

MULTIBOOT_MAGIC equ 0x1badb002
MULTIBOOT_FLAGS equ 3           ; bit 0: modules on page boundaries, bit 1: tell us the memory size

section .multiboot
align 4
    dd MULTIBOOT_MAGIC
    dd MULTIBOOT_FLAGS
    dd -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

section .text
global _start
extern kernel_main

_start:
    cli                         ; no IDT yet: an interrupt now would end in a triple fault
    cld                         ; the C calling convention wants the direction flag clear
    mov esp, boot_stack_top
    push ebx                    ; where the multiboot information is
    push eax                    ; the loader's magic
    call kernel_main

halt:
    cli
    hlt
    jmp halt                    ; a non-maskable interrupt can wake even this

section .bss
align 4096
    resb 4096
boot_stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
