/* SPDX-License-Identifier: MIT
 *
 * system_call.c - SYSCALL: a way into the kernel that reads no descriptor and no stack.
 *
 * Three model-specific registers hold what the gate of INT 0x80 held: where to go (LSTAR), with
 * which selectors (STAR), and which flags to clear (FMASK). The CPU saves RIP in RCX and RFLAGS in
 * R11, and leaves the stack to us.
 *
 * A virtual machine may run ring 3 on the real CPU and ring 0 in an emulator, and then have no way
 * to let SYSCALL change the ring. What arrives instead is a fault, and from it the call can still
 * be answered: is_stray_system_call() makes of it the frame that SYSCALL would have led to.
 * Source: Intel SDM volume 3, "Fast System Calls in 64-Bit Mode"; volume 2, "SYSCALL".
 */
#include "kernel.h"

enum { MSR_EFER = 0xc0000080, MSR_STAR = 0xc0000081, MSR_LSTAR = 0xc0000082 };
enum { MSR_FMASK = 0xc0000084, EFER_SYSCALL_ENABLE = 1, INVALID_OPCODE = 6 };
enum { TRAP_FLAG = 1 << 8, INTERRUPT_FLAG = 1 << 9, DIRECTION_FLAG = 1 << 10 };

extern char system_call_door[]; /* vectors.asm */

static uint64_t read_msr(uint32_t which) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(which));
  return (uint64_t)high << 32 | low;
}

static void write_msr(uint32_t which, uint64_t value) {
  __asm__ volatile("wrmsr" : : "c"(which), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)));
}

void system_calls_init(gate_t* table) {
  (void)table; /* no gate: INT 0x80 is a protection fault here */
  write_msr(MSR_STAR, (uint64_t)KERNEL_CODE << 32 | (uint64_t)KERNEL_DATA << 48);
  write_msr(MSR_LSTAR, (uint64_t)system_call_door);
  write_msr(MSR_FMASK, TRAP_FLAG | INTERRUPT_FLAG | DIRECTION_FLAG);
  write_msr(MSR_EFER, read_msr(MSR_EFER) | EFER_SYSCALL_ENABLE);
}

/* Two ways to go astray: the CPU jumps to the door but stays in ring 3, which may not execute it;
 * or it does not know the instruction at all. */
bool is_stray_system_call(struct trap_frame* frame) {
  if (!trap_from_user(frame)) return false;
  if (frame->rip == (uint64_t)system_call_door) {
    frame->rip = frame->rcx;
    frame->rflags = (frame->r11 & 0xcd5) | 0x202; /* arithmetic flags, DF; IF as it was: on */
  } else if (frame->vector == INVALID_OPCODE && *(const uint16_t*)frame->rip == 0x050f) {
    frame->rip += 2;
  } else {
    return false;
  }
  frame->cs = USER_CODE;
  frame->ss = USER_DATA;
  __asm__ volatile("sti" : : : "memory"); /* the gate has cleared IF, and a system call runs with it */
  return true;
}
