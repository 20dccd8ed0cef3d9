; SPDX-License-Identifier: MIT
;
; forkwait.asm - the two processes, in ring 3: the same instructions up to what fork returns.
;
; Without a stack between fork and the end of the child, because they share it.

bits 32

CALL_FORK equ 1
CALL_WAIT equ 2
CALL_EXIT equ 3
HEAP equ 0x40000000
PAGE equ 4096
TOUCHED equ 4

section .text

%macro touch 0                  ; one word in each of the first pages of the heap
    mov edx, HEAP
%%page:
    inc dword [edx]
    add edx, PAGE
    cmp edx, HEAP + TOUCHED * PAGE
    jne %%page
%endmacro

global parent_process           ; (turns)
parent_process:
    mov ecx, [esp + 4]
.turn:
    mov eax, CALL_FORK
    int 0x80
    test eax, eax
    jz child_process
    mov eax, CALL_WAIT
    int 0x80                    ; until the child has ended
    touch
    dec ecx
    jnz .turn
    ret

child_process:
    touch
    mov eax, CALL_EXIT
    int 0x80

section .note.GNU-stack noalloc noexec nowrite progbits
