; SPDX-License-Identifier: MIT
;
; probes64.asm - the probes of probes.asm in 64-bit code.
;
; Some forms are gone in 64-bit mode: PUSH and POP know only FS and GS, far CALL and JMP take their
; target from memory. The instructions are the same ones, and in the same order.

bits 64
default rel

KERNEL_CODE equ 0x08
KERNEL_DATA equ 0x10

section .text

; --- Sensitive register instructions ----------------------------------------------------------

global probe_sgdt               ; void (struct table*): where is the GDT of this CPU?
probe_sgdt:
    sgdt [rdi]
    ret

global probe_sidt               ; void (struct table*): where is the IDT?
probe_sidt:
    sidt [rdi]
    ret

global probe_sldt               ; uint32_t (void): which LDT?
probe_sldt:
    xor eax, eax
    sldt ax
    ret

global probe_smsw               ; uint32_t (void): the lower half of CR0
probe_smsw:
    xor eax, eax
    smsw ax
    ret

global probe_pushf              ; uint32_t (void): RFLAGS, just after CLI
probe_pushf:
    cli                         ; privileged: traps where it must
    pushfq                      ; not privileged: tells what IF really is
    pop rax
    ret

global probe_popf               ; void (uint32_t rflags)
probe_popf:
    mov edi, edi
    push rdi
    popfq                       ; outside ring 0 it leaves IF as it is, and says nothing
    ret

; --- Protection system references -------------------------------------------------------------

global probe_lar                ; uint32_t (uint32_t selector): access rights; 0 if refused
probe_lar:
    lar eax, edi
    jz .seen
    xor eax, eax
.seen:
    and eax, 0x00f0ff00         ; the other bits are undefined
    ret

global probe_lsl                ; bool (uint32_t selector, uint32_t* limit)
probe_lsl:
    xor edx, edx
    lsl edx, edi
    setz al
    movzx eax, al
    mov [rsi], edx
    ret

global probe_verr               ; bool (uint32_t selector): may I read there?
probe_verr:
    verr di
    setz al
    movzx eax, al
    ret

global probe_verw               ; bool (uint32_t selector): may I write there?
probe_verw:
    verw di
    setz al
    movzx eax, al
    ret

; From here on some may fault where the privilege level is not 0. The C side then sets RIP to the
; address in probe_resume and notes the vector; the stack pointer is put right again from RBP.

extern probe_resume

%macro guard 1
    push rbp
    mov rbp, rsp
    mov qword [probe_resume], %1
%endmacro

%macro unguard 0
    mov rsp, rbp
    mov qword [probe_resume], 0
    pop rbp
    ret
%endmacro

global probe_pop                ; uint32_t (void): GS after it was loaded with privilege level 0
probe_pop:
    xor eax, eax
    guard .resume
    push KERNEL_DATA
    pop gs
    mov eax, gs
.resume:
    unguard

global probe_push               ; uint32_t (void): the low bits of GS are a privilege level
probe_push:
    mov eax, KERNEL_DATA
    mov gs, eax
    push gs
    pop rax
    and eax, 0xffff
    ret

global probe_call               ; uint32_t (void): the CS that a far call saves
probe_call:
    xor eax, eax
    guard .resume
    call far dword [call_target]
.resume:
    unguard
call_seen:
    mov eax, [rsp + 4]
    and eax, 0xffff
    retf

global probe_jmp                ; uint32_t (void): CS after a far jump to privilege level 0
probe_jmp:
    xor eax, eax
    guard jmp_resume
    jmp far dword [jmp_target]
jmp_seen:
    mov eax, cs
jmp_resume:
    unguard

global probe_int                ; void (void): the handler looks at the CS and RFLAGS saved for it
probe_int:
    guard .resume
    int 0x41
.resume:
    unguard

global probe_ret                ; uint32_t (void): CS after a far return to privilege level 0
probe_ret:
    xor eax, eax
    guard .resume
    push KERNEL_CODE
    push .far
    o64 retf
.far:
    mov eax, cs
.resume:
    unguard

global probe_str                ; uint32_t (void): which task register?
probe_str:
    xor eax, eax
    str ax
    ret

global probe_mov                ; uint32_t (void): reading CS
probe_mov:
    mov eax, cs
    ret

section .rodata
call_target:
    dd call_seen
    dw KERNEL_CODE
jmp_target:
    dd jmp_seen
    dw KERNEL_CODE

section .note.GNU-stack noalloc noexec nowrite progbits
