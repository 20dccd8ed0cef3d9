; SPDX-License-Identifier: MIT
;
; entry32.asm - where Xen enters a 32-bit guest: its start, its traps and its events.
;
; Every way in ends on the same frame: what Xen pushed, and below it all registers. A 32-bit guest
; could leave by IRET itself, from ring 1; this one uses the hypercall, which also unmasks events.

bits 32
extern check_main, on_trap
global _start, traps, on_event_entry, on_failsafe_entry, on_syscall_entry, enter_program, hypercall_page
%include "notes.inc"

section .text
_start:
  mov esp, stack_top
  push esi
  call check_main
.stay:
  jmp .stay

; Xen's frame is: [error code], eip, cs, eflags, and esp and ss where a program was interrupted.
%assign vector 0
%rep 256
trap_%[vector]:
%if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17
%else
  push 0
%endif
  push vector
  jmp save_all
%assign vector vector + 1
%endrep

on_event_entry:
  push 0
  push 0x100
  jmp save_all
on_failsafe_entry:
  push 0
  push 0x101
  jmp save_all
on_syscall_entry:
  push 0
  push 0x102
  jmp save_all

save_all:
  push eax
  push ecx
  push edx
  push ebx
  push ebp
  push esi
  push edi
  mov eax, 0xe021                ; a way out to ring 3 has made ring 1's data segments void
  mov ds, eax
  mov es, eax
  mov ebx, esp
  push ebx
  call on_trap
  mov esp, ebx
  pop edi
  pop esi
  pop ebp
  pop ebx
  pop edx
  pop ecx
  pop eax
  add esp, 8
  jmp hypercall_page + 23 * 32   ; whose first instruction pushes eax: the frame begins with it

; enter_program(eip, esp): does not return; a trap does.
enter_program:
  mov eax, [esp + 4]
  mov ecx, [esp + 8]
  push 0xe033                    ; ss
  push ecx
  push 0x202
  push 0xe02b                    ; cs of ring 3
  push eax
  jmp hypercall_page + 23 * 32

section .data align=4096
hypercall_page:
  times 4096 db 0
traps:
%assign vector 0
%rep 256
  dd trap_%[vector]
%assign vector vector + 1
%endrep

section .bss align=4096
  resb 16384
stack_top:
