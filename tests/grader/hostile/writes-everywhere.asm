; Stores through the whole address space, the hypervisor's part included.
bits 32
org 0x100000
mov edi, 0x200000
again:
mov dword [edi], 0xdeadbeef
add edi, 4096
jmp again
