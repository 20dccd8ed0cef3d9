; SPDX-License-Identifier: MIT
;
; entry64.asm - where Xen enters a 64-bit guest: its start, its traps, its events, its system calls.
;
; Every way in ends on the same frame: what Xen pushed, and below it all registers. Every way out
; is hypercall iret, which takes the guest's kernel or its program up again.

bits 64
extern check_main, on_trap
global _start, traps, on_event_entry, on_failsafe_entry, on_syscall_entry, enter_program, hypercall_page
%include "notes.inc"

section .text
_start:
  mov rsp, stack_top
  mov rdi, rsi
  call check_main
.stay:
  jmp .stay

; Xen's frame is: rcx, r11, [error code], rip, cs, rflags, rsp, ss.
%assign vector 0
%rep 256
trap_%[vector]:
  pop rcx
  pop r11
%if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
%else
  push 0
%endif
  push vector
  jmp save_all
%assign vector vector + 1
%endrep

on_event_entry:
  pop rcx
  pop r11
  push 0
  push 0x100
  jmp save_all
on_failsafe_entry:
  pop rcx
  pop r11
  push 0
  push 0x101
  jmp save_all
on_syscall_entry:
  pop rcx
  pop r11
  push 0
  push 0x102
  jmp save_all

save_all:
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
  mov rdi, rsp
  mov rbx, rsp
  and rsp, ~15
  call on_trap
  mov rsp, rbx
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
  add rsp, 8
  mov qword [rsp], 0             ; over the error code: the frame's flags
  jmp hypercall_page + 23 * 32

; enter_program(rip, rsp): does not return; a trap does.
enter_program:
  push 0xe02b                    ; ss
  push rsi
  push 0x202
  push 0xe033                    ; cs: ring 3 means a program
  push rdi
  push 0
  jmp hypercall_page + 23 * 32

section .data align=4096
hypercall_page:
  times 4096 db 0
traps:
%assign vector 0
%rep 256
  dq trap_%[vector]
%assign vector vector + 1
%endrep

section .bss align=4096
  resb 16384
stack_top:
