; SPDX-License-Identifier: MIT
;
; loops64.asm - the loops of loops.asm in 64-bit code.
;
; Between the marks runs what is written here: one instruction under test per turn, and DEC and JNZ
; around it. Each loop takes the number of turns in EDI, at least one.

bits 64
default rel

SCRATCH_PORT equ 0x3ff          ; a register of the serial port that does nothing but remember
TABLE_ENTRIES equ 512

section .text

extern handled                  ; uint32_t: how many times a handler below ran
extern bench_table              ; uint64_t*: the page table entries of the pages that fault

%macro turns 1                  ; the argument into ECX; label of the loop
    mov ecx, edi
align 16
%1:
%endmacro

%macro again 1
    dec ecx
    jnz %1
    ret
%endmacro

global loop_call                ; call and return: nothing that a monitor would care about
loop_call:
    turns .turn
    call nothing
    again .turn

nothing:
    ret

global loop_in
loop_in:
    mov edx, SCRATCH_PORT
    turns .turn
    in al, dx
    again .turn

global loop_out
loop_out:
    mov edx, SCRATCH_PORT
    xor eax, eax
    turns .turn
    out dx, al
    again .turn

global loop_cli
loop_cli:
    turns .turn
    cli
    again .turn

global loop_mov_cr3             ; the same value: the translations are forgotten all the same
loop_mov_cr3:
    mov rax, cr3
    turns .turn
    mov cr3, rax
    again .turn

global loop_syscall             ; to be run in ring 3; by INT, as in loops.asm
loop_syscall:
    turns .turn
    int 0x80
    again .turn

global door_syscall
door_syscall:
    inc dword [handled]
    iretq

global loop_divide              ; divides by zero
loop_divide:
    xor esi, esi
    xor edx, edx
    mov eax, 1
    turns .turn
    div esi                     ; two bytes; the handler steps over them
    again .turn

global door_divide
door_divide:
    inc dword [handled]
    add qword [rsp], 2          ; the saved RIP: to the instruction after DIV
    iretq

global loop_page_fault          ; (turns, first address): reads one byte in each of so many pages
loop_page_fault:
    mov esi, esi
    turns .turn
    mov al, [rsi]               ; not present: faults, is made present, and is done again
    add rsi, 4096
    again .turn

global door_page_fault          ; maps the page at CR2 to the frame that all of them share
door_page_fault:
    push rax
    push rdx
    inc dword [handled]
    mov rax, cr2
    shr rax, 12
    and eax, TABLE_ENTRIES - 1
    mov rdx, [bench_table]
    or qword [rdx + rax * 8], 1 ; present; the rest of the entry is already there
    pop rdx
    pop rax
    add rsp, 8                  ; the error code
    iretq

global loop_pte_change          ; (turns, address, entry, bits to flip): returns the sum of reads
loop_pte_change:
    mov r8, rdx
    mov r9d, ecx
    mov esi, esi
    xor eax, eax
    turns .turn
    xor [r8], r9                ; to the other frame
    invlpg [rsi]
    add eax, [rsi]
    again .turn

section .note.GNU-stack noalloc noexec nowrite progbits
