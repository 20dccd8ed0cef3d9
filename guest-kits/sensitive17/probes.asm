; SPDX-License-Identifier: MIT
;
; probes.asm - each of the sensitive, unprivileged instructions, executed once and observed.
;
; Sensitive: the result shows, or the effect depends on, state that belongs to the machine and not
; to the program. Unprivileged: no trap outside ring 0, so a monitor that waits for traps never
; hears of it. In the order of Robin and Irvine, "Analysis of the Intel Pentium's Ability to
; Support a Secure Virtual Machine Monitor", USENIX Security 2000, section 3; what each does is in
; the Intel SDM volume 2 under its name.

bits 32

KERNEL_CODE equ 0x08
KERNEL_DATA equ 0x10

section .text

; --- Sensitive register instructions ----------------------------------------------------------

global probe_sgdt               ; void (struct table*): where is the GDT of this CPU?
probe_sgdt:
    mov eax, [esp + 4]
    sgdt [eax]
    ret

global probe_sidt               ; void (struct table*): where is the IDT?
probe_sidt:
    mov eax, [esp + 4]
    sidt [eax]
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

global probe_pushf              ; uint32_t (void): EFLAGS, just after CLI
probe_pushf:
    cli                         ; privileged: traps where it must
    pushfd                      ; not privileged: tells what IF really is
    pop eax
    ret

global probe_popf               ; void (uint32_t eflags)
probe_popf:
    push dword [esp + 4]
    popfd                       ; outside ring 0 it leaves IF as it is, and says nothing
    ret

; --- Protection system references -------------------------------------------------------------

global probe_lar                ; uint32_t (uint32_t selector): access rights; 0 if refused
probe_lar:
    mov ecx, [esp + 4]
    lar eax, ecx
    jz .seen
    xor eax, eax
.seen:
    and eax, 0x00f0ff00         ; the other bits are undefined
    ret

global probe_lsl                ; bool (uint32_t selector, uint32_t* limit)
probe_lsl:
    mov ecx, [esp + 4]
    xor edx, edx
    lsl edx, ecx
    setz al
    movzx eax, al
    mov ecx, [esp + 8]
    mov [ecx], edx
    ret

global probe_verr               ; bool (uint32_t selector): may I read there?
probe_verr:
    mov ecx, [esp + 4]
    verr cx
    setz al
    movzx eax, al
    ret

global probe_verw               ; bool (uint32_t selector): may I write there?
probe_verw:
    mov ecx, [esp + 4]
    verw cx
    setz al
    movzx eax, al
    ret

; From here on some may fault where the privilege level is not 0. The C side then sets EIP to the
; address in probe_resume and notes the vector; the stack pointer is put right again from EBP.

extern probe_resume

%macro guard 1
    push ebp
    mov ebp, esp
    mov dword [probe_resume], %1
%endmacro

%macro unguard 0
    mov esp, ebp
    mov dword [probe_resume], 0
    pop ebp
    ret
%endmacro

global probe_pop                ; uint32_t (void): SS after it was loaded with privilege level 0
probe_pop:
    xor eax, eax
    guard .resume
    push dword KERNEL_DATA
    pop ss
    mov eax, ss
.resume:
    unguard

global probe_push               ; uint32_t (void): the low bits of CS are the privilege level
probe_push:
    push cs
    pop eax
    and eax, 0xffff
    ret

global probe_call               ; uint32_t (void): the CS that a far call saves
probe_call:
    xor eax, eax
    guard .resume
    call KERNEL_CODE:.far
    jmp .resume
.far:
    mov eax, [esp + 4]
    and eax, 0xffff
    retf
.resume:
    unguard

global probe_jmp                ; uint32_t (void): CS after a far jump to privilege level 0
probe_jmp:
    xor eax, eax
    guard .resume
    jmp KERNEL_CODE:.far
.far:
    mov eax, cs
.resume:
    unguard

global probe_int                ; void (void): the handler looks at the CS and EFLAGS saved for it
probe_int:
    guard .resume
    int 0x41
.resume:
    unguard

global probe_ret                ; uint32_t (void): CS after a far return to privilege level 0
probe_ret:
    xor eax, eax
    guard .resume
    push dword KERNEL_CODE
    push dword .far
    retf
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

section .note.GNU-stack noalloc noexec nowrite progbits
