; SPDX-License-Identifier: MIT
;
; doors.asm - one door for each of the 256 vectors, and the way to ring 3 and back.
;
; Source: Intel SDM volume 3, "Exception and Interrupt Reference", "64-Bit Mode Stack Frame".

bits 64
default rel

USER_CODE equ 0x1b
USER_DATA equ 0x23

section .text
global kit_doors
global kit_run_in_ring3
global kit_ring3_is_done
extern kit_trap_or_stray
extern kit_set_kernel_stack

%macro door 1
door_%1:
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17 && %1 != 21
    push 0                      ; the CPU pushes an error code for the others
%endif
    push %1
    jmp near entry
%endmacro

%assign vector 0
%rep 256
    door vector
%assign vector vector + 1
%endrep

%macro restore_registers 0
    pop r15
    pop r14
    pop r13
    pop r12
    pop r11
    pop r10
    pop r9
    pop r8
    pop rdi
    pop rsi
    pop rbp
    pop rbx
    pop rdx
    pop rcx
    pop rax
%endmacro

ERROR_CODE equ 16 * 8           ; above fifteen registers and the vector

entry:
    push rax
    push rcx
    push rdx
    push rbx
    push rbp
    push rsi
    push rdi
    push r8
    push r9
    push r10
    push r11
    push r12
    push r13
    push r14
    push r15
    cld
    mov rdi, rsp                ; struct kit_frame*
    call kit_trap_or_stray
    test rax, rax
    jnz stray
    restore_registers
    add rsp, 16
    iretq

; On to the door in RAX, with the stack as the CPU would have left it there.
stray:
    mov [rsp + ERROR_CODE], rax
    restore_registers
    add rsp, 8                  ; the vector
    ret

; void kit_run_in_ring3(void (*function)(uint32_t), uint32_t argument)
;
; Traps from ring 3 will use the stack below what is saved here, and kit_ring3_is_done finds it
; again by the same address.
kit_run_in_ring3:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [kernel_stack], rsp
    sub rsp, 8
    push rdi
    push rsi
    mov rdi, [kernel_stack]
    call kit_set_kernel_stack
    pop rdi                     ; its argument
    pop rcx
    lea rax, [ring3_stack_top - 8]
    lea rdx, [ring3_end]
    mov [rax], rdx              ; where the function returns to
    push USER_DATA
    push rax
    push 2                      ; RFLAGS: interrupts off, I/O privilege level 0
    push USER_CODE
    push rcx
    iretq

ring3_end:
    int 0xff

; The gate of vector 0xff leads here.
kit_ring3_is_done:
    mov rsp, [kernel_stack]
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

section .rodata
align 8
kit_doors:
%assign vector 0
%rep 256
    dq door_ %+ vector
%assign vector vector + 1
%endrep

section .bss
align 16
kernel_stack:
    resq 2
    resb 8192
ring3_stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
