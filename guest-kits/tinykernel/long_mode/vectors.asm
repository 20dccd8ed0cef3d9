; SPDX-License-Identifier: MIT
;
; vectors.asm - one door for each interrupt vector, all leading to trap() in traps.c.
;
; The CPU does not say which vector it took, so each door pushes its number. Some exceptions push
; an error code and some do not; the doors without one push a zero, and the frame always looks like
; struct trap_frame in mode.h. SYSCALL has a door of its own.
; Source: Intel SDM volume 3, "Exception and Interrupt Reference"; volume 2, "SYSCALL", "SYSRET".

bits 64
default rel

USER_DATA equ 0x1b
USER_CODE equ 0x23

section .text
global vector_doors
global system_call_door
global trap_return
global switch_stacks
global process_first_return
extern trap
extern interrupts_left
extern system_call_stack

%macro save_registers 0         ; PUSHAD is gone, and there are eight more to save
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
%endmacro

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

%macro door 1
door_%1:
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17 && %1 != 21
    push 0
%endif
    push %1
    jmp trap_entry
%endmacro

%assign vector 0
%rep 48                         ; 32 exceptions, then 16 interrupt requests
    door vector
%assign vector vector + 1
%endrep

trap_entry:
    save_registers
    cld
    mov rdi, rsp                ; struct trap_frame*
    call trap
trap_return:
    restore_registers
    add rsp, 16                 ; vector and error code
    iretq

; From SYSCALL: RIP is in RCX, RFLAGS in R11, interrupts are off, and the stack is still ring 3's.
system_call_door:
    mov [program_stack], rsp
    mov rsp, [system_call_stack]
    push USER_DATA              ; the frame that an interrupt would have left
    push qword [program_stack]
    push r11
    push USER_CODE
    push rcx
    push 0
    push 0x80
    save_registers
    sti                         ; a system call can take long, and devices should not wait for it
    mov rdi, rsp
    call trap
    cli                         ; from here on with ring 3's stack in ring 0
    restore_registers
    add rsp, 16
    pop rcx                     ; RIP. It is below 2^47: SYSRET with any other would fault in ring 0
    add rsp, 8
    pop r11                     ; RFLAGS
    pop rsp
    o64 sysret

; void switch_stacks(uint64_t** save, uint64_t* load)
;
; Leaves one thread of control and continues another. To C both look like a call that returns; it
; only returns later, and on another stack. The registers that C may change in a call are already
; saved by the caller.
switch_stacks:
    push rbp
    push rbx
    push r12
    push r13
    push r14
    push r15
    mov [rdi], rsp
    mov rsp, rsi
    pop r15
    pop r14
    pop r13
    pop r12
    pop rbx
    pop rbp
    ret

; Where a new process "returns" to from its first switch_stacks: its trap frame is already built,
; and the scheduler's switching off of interrupts must be undone. IRET loads IF from the frame.
process_first_return:
    call interrupts_left
    jmp trap_return

section .rodata
align 8
vector_doors:
%assign vector 0
%rep 48
    dq door_ %+ vector
%assign vector vector + 1
%endrep

section .bss
align 8
program_stack:
    resq 1

section .note.GNU-stack noalloc noexec nowrite progbits
