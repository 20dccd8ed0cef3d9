; SPDX-License-Identifier: MIT
;
; vectors.asm - one door for each interrupt vector, all leading to trap() in traps.c.
;
; The CPU does not say which vector it took, so each door pushes its number. Some exceptions push
; an error code and some do not; the doors without one push a zero, and the frame always looks like
; struct trap_frame in kernel.h.
; Source: Intel SDM volume 3, "Exception and Interrupt Reference".

bits 32

KERNEL_DATA equ 0x10

section .text
global vector_doors
global system_call_door
global trap_return
global switch_stacks
global process_first_return
extern trap
extern interrupts_left

%macro door 1
door_%1:
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17 && %1 != 21
    push dword 0
%endif
    push dword %1
    jmp trap_entry
%endmacro

%assign vector 0
%rep 48                         ; 32 exceptions, then 16 interrupt requests
    door vector
%assign vector vector + 1
%endrep

system_call_door:
    push dword 0
    push dword 0x80

trap_entry:
    pushad
    push ds
    push es
    mov eax, KERNEL_DATA        ; ring 3's segments are not to be trusted
    mov ds, ax
    mov es, ax
    cld
    push esp                    ; struct trap_frame*
    call trap
    add esp, 4
trap_return:
    pop es
    pop ds
    popad
    add esp, 8                  ; vector and error code
    iretd

; void switch_stacks(uint32_t** save, uint32_t* load)
;
; Leaves one thread of control and continues another. To C both look like a call that returns; it
; only returns later, and on another stack. The registers that C may change in a call are already
; saved by the caller.
switch_stacks:
    mov eax, [esp + 4]
    mov edx, [esp + 8]
    push ebp
    push ebx
    push esi
    push edi
    mov [eax], esp
    mov esp, edx
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

; Where a new process "returns" to from its first switch_stacks: its trap frame is already built,
; and the scheduler's switching off of interrupts must be undone. IRET loads IF from the frame.
process_first_return:
    call interrupts_left
    jmp trap_return

section .rodata
align 4
vector_doors:
%assign vector 0
%rep 48
    dd door_ %+ vector
%assign vector vector + 1
%endrep

section .note.GNU-stack noalloc noexec nowrite progbits
