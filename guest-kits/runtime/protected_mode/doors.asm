; SPDX-License-Identifier: MIT
;
; doors.asm - one door for each of the 256 vectors, and the way to ring 3 and back.
;
; Source: Intel SDM volume 3, "Exception and Interrupt Reference", "Task-State Segment (TSS)".

bits 32

KERNEL_DATA equ 0x10
USER_CODE equ 0x1b
USER_DATA equ 0x23

section .text
global kit_doors
global kit_run_in_ring3
global kit_ring3_is_done
extern kit_trap
extern kit_set_kernel_stack

%macro door 1
door_%1:
%if %1 != 8 && (%1 < 10 || %1 > 14) && %1 != 17 && %1 != 21
    push dword 0                ; the CPU pushes an error code for the others
%endif
    push dword %1
    jmp near entry
%endmacro

%assign vector 0
%rep 256
    door vector
%assign vector vector + 1
%endrep

entry:
    pushad
    push ds
    push es
    mov eax, KERNEL_DATA
    mov ds, ax
    mov es, ax
    cld
    push esp                    ; struct kit_frame*
    call kit_trap
    add esp, 4
    pop es
    pop ds
    popad
    add esp, 8
    iretd

; void kit_run_in_ring3(void (*function)(uint32_t), uint32_t argument)
;
; Traps from ring 3 will use the stack below what is saved here, and kit_ring3_is_done finds it
; again by the same address.
kit_run_in_ring3:
    mov ecx, [esp + 4]
    mov edx, [esp + 8]
    push ebp
    push ebx
    push esi
    push edi
    mov [kernel_stack], esp
    mov eax, esp
    push edx
    push ecx
    push eax
    call kit_set_kernel_stack
    add esp, 4
    pop ecx
    pop edx
    mov eax, ring3_stack_top - 8
    mov dword [eax], ring3_end  ; where the function returns to
    mov [eax + 4], edx          ; its argument
    push dword USER_DATA
    push eax
    push dword 2                ; EFLAGS: interrupts off, I/O privilege level 0
    push dword USER_CODE
    push ecx
    mov eax, USER_DATA
    mov ds, ax
    mov es, ax
    iretd

ring3_end:
    int 0xff

; The gate of vector 0xff leads here.
kit_ring3_is_done:
    mov eax, KERNEL_DATA
    mov ds, ax
    mov es, ax
    mov esp, [kernel_stack]
    pop edi
    pop esi
    pop ebx
    pop ebp
    ret

section .rodata
align 4
kit_doors:
%assign vector 0
%rep 256
    dd door_ %+ vector
%assign vector vector + 1
%endrep

section .bss
align 16
kernel_stack:
    resd 4
    resb 8192
ring3_stack_top:

section .note.GNU-stack noalloc noexec nowrite progbits
