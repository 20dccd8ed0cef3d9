; SPDX-License-Identifier: MIT
;
; programs.asm - the three programs, linked on their own, carried inside the kernel's constants.
;
; There is no disk to read them from. Each is a complete ELF file.

section .rodata
global program_primes
global program_matrix
global program_pages

align 4
program_primes:
    incbin "primes.elf"
align 4
program_matrix:
    incbin "matrix.elf"
align 4
program_pages:
    incbin "pages.elf"

section .note.GNU-stack noalloc noexec nowrite progbits
