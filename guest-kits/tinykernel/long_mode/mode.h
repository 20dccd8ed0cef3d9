/* SPDX-License-Identifier: MIT
 *
 * mode.h - the 64-bit CPU as the rest of the kernel sees it: selectors, frames, gates.
 *
 * Its twin is protected_mode/mode.h. Functions are inline so that each file of the kernel is
 * written once and neither mode pays for the other.
 * Source: Intel SDM volume 3, "64-Bit Mode Stack Frame", "64-Bit Mode IDT".
 */
#ifndef MODE_H
#define MODE_H

#include <stdbool.h>
#include <stdint.h>

/* Selectors. The two low bits are the privilege level that the selector asks for. The order is
 * SYSCALL's: it takes kernel code and the entry after it, SYSRET takes user data and the one after
 * that. */
#define KERNEL_CODE 0x08u
#define KERNEL_DATA 0x10u
#define USER_DATA 0x1bu
#define USER_CODE 0x23u
#define TASK_STATE 0x28u

typedef uint64_t page_entry_t;

/* What vectors.asm leaves on the kernel stack; lowest address first. DS and ES are not in it: long
 * mode does not look at them. */
struct trap_frame {
  uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
  uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
  uint64_t vector, error;
  uint64_t rip, cs, rflags; /* from here on pushed by the CPU */
  uint64_t rsp, ss;         /* always there, also if the trap came from ring 0 */
};

#define TRAP_ADDRESS(frame) ((uint32_t)(frame)->rip)
#define CALL_NUMBER(frame) ((uint32_t)(frame)->rax)
#define CALL_FIRST(frame) ((frame)->rdi)
#define CALL_SECOND(frame) ((frame)->rsi)
#define CALL_RESULT(frame) ((frame)->rax)

static inline void trap_frame_of_new_process(struct trap_frame* frame, uint64_t entry,
                                             uint64_t stack_top) {
  frame->ss = USER_DATA;
  frame->cs = USER_CODE;
  frame->rip = entry;
  frame->rsp = stack_top;
  frame->rflags = 0x202; /* interrupts on; bit 1 is always set; I/O privilege level 0 */
}

/* What switch_stacks finds when it comes to a stack. */
struct switch_frame {
  uint64_t r15, r14, r13, r12, rbx, rbp;
  void (*return_to)(void);
};

/* An entry of the interrupt descriptor table. */
typedef struct {
  uint64_t low, high;
} gate_t;

enum { INTERRUPT_GATE = 0x8e }; /* clears IF on the way in */

static inline gate_t gate(uint64_t handler, uint8_t kind) {
  uint64_t middle = (handler & 0xffff0000) | (uint64_t)kind << 8;
  return (gate_t){middle << 32 | KERNEL_CODE << 16 | (handler & 0xffff), handler >> 32};
}

/* system_call.c: SYSCALL needs no gate, and not every CPU that says so has it. */
void system_calls_init(gate_t* table);
bool is_stray_system_call(struct trap_frame* frame);

#endif
