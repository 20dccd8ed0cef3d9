/* SPDX-License-Identifier: MIT
 *
 * mode.h - the 32-bit CPU as the rest of the kernel sees it: selectors, frames, gates.
 *
 * Its twin is long_mode/mode.h. Functions are inline so that each file of the kernel is written
 * once and neither mode pays for the other.
 * Source: Intel SDM volume 3, "Stack Switching", "IDT Descriptors".
 */
#ifndef MODE_H
#define MODE_H

#include <stdbool.h>
#include <stdint.h>

/* Selectors. The two low bits are the privilege level that the selector asks for. */
#define KERNEL_CODE 0x08u
#define KERNEL_DATA 0x10u
#define USER_CODE 0x1bu
#define USER_DATA 0x23u
#define TASK_STATE 0x28u

typedef uint32_t page_entry_t;

/* What vectors.asm leaves on the kernel stack; lowest address first. */
struct trap_frame {
  uint32_t es, ds;
  uint32_t edi, esi, ebp, esp_ignored, ebx, edx, ecx, eax;
  uint32_t vector, error;
  uint32_t eip, cs, eflags; /* from here on pushed by the CPU */
  uint32_t esp, ss;         /* only there if the trap came from ring 3 */
};

#define TRAP_ADDRESS(frame) ((frame)->eip)
#define CALL_NUMBER(frame) ((frame)->eax)
#define CALL_FIRST(frame) ((frame)->ebx)
#define CALL_SECOND(frame) ((frame)->ecx)
#define CALL_RESULT(frame) ((frame)->eax)

static inline void trap_frame_of_new_process(struct trap_frame* frame, uint32_t entry,
                                             uint32_t stack_top) {
  frame->ds = frame->es = frame->ss = USER_DATA;
  frame->cs = USER_CODE;
  frame->eip = entry;
  frame->esp = stack_top;
  frame->eflags = 0x202; /* interrupts on; bit 1 is always set; I/O privilege level 0 */
}

/* What switch_stacks finds when it comes to a stack. */
struct switch_frame {
  uint32_t edi, esi, ebx, ebp;
  void (*return_to)(void);
};

/* An entry of the interrupt descriptor table. */
typedef uint64_t gate_t;

enum {
  INTERRUPT_GATE = 0x8e,     /* clears IF on the way in */
  TRAP_GATE_FOR_USER = 0xef, /* leaves IF alone; privilege level 3, so that INT n may use it */
};

static inline gate_t gate(uint32_t handler, uint8_t kind) {
  uint32_t low = KERNEL_CODE << 16 | (handler & 0xffff);
  uint32_t high = (handler & 0xffff0000) | (uint32_t)kind << 8;
  return (uint64_t)high << 32 | low;
}

/* A system call can take long, and devices should not wait for it: interrupts stay on. */
static inline void system_calls_init(gate_t* table) {
  extern char system_call_door[]; /* vectors.asm */
  table[0x80] = gate((uint32_t)system_call_door, TRAP_GATE_FOR_USER);
}

/* INT n either arrives through its gate or it does not arrive. */
static inline bool is_stray_system_call(struct trap_frame* frame) {
  (void)frame;
  return false;
}

#endif
