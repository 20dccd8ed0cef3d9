; SPDX-License-Identifier: MIT
;
; entry.asm - from the multiboot loader to kit_start, and the tables at their fixed place.
;
; Source: Multiboot Specification version 0.6.96, "OS image format" and "Machine state".

bits 32

MULTIBOOT_MAGIC equ 0x1badb002
MULTIBOOT_FLAGS equ 3           ; modules on page boundaries, tell us the memory size

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
kit_idt: times 256 dq 0

section .text
global _start
extern kit_start

_start:
    cli
    cld
    mov esp, stack_top
    push ebx                    ; where the multiboot information is
    push eax                    ; the loader's magic
    call kit_start

halt:
    cli
    hlt
    jmp halt

section .bss
align 4096
    resb 16384
stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
