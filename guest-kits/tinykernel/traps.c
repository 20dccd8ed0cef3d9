/* SPDX-License-Identifier: MIT
 *
 * traps.c - the interrupt descriptor table, and what to do with each vector.
 *
 * Source: Intel SDM volume 3, "Interrupt Descriptor Table (IDT)" and "IDT Descriptors".
 */
#include "kernel.h"

extern uintptr_t vector_doors[48]; /* vectors.asm */

static gate_t table[SYSCALL_VECTOR + 1];

void traps_init(void) {
  for (unsigned i = 0; i < 48; i++) table[i] = gate(vector_doors[i], INTERRUPT_GATE);
  system_calls_init(table);

  struct {
    uint16_t limit;
    uintptr_t base;
  } __attribute__((packed)) pointer = {sizeof table - 1, (uintptr_t)table};
  __asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

/* The low bits of the saved CS are the privilege level of the code that was interrupted. */
bool trap_from_user(const struct trap_frame* frame) { return (frame->cs & 3) == 3; }

static void device_interrupt(struct trap_frame* frame) {
  unsigned irq = (unsigned)frame->vector - IRQ_BASE;
  if (pic_is_spurious(irq)) return;
  if (irq == IRQ_KEYBOARD) keyboard_interrupt();
  pic_done(irq); /* before the tick: it may switch to a process that does not come back here soon */
  if (irq == IRQ_TIMER) timer_tick(trap_from_user(frame));
}

static const char* exception_name(uint32_t vector) {
  static const char* const names[] = {
      "divide error",
      "debug exception",
      "non-maskable interrupt",
      "breakpoint",
      "overflow",
      "bound exceeded",
      "invalid opcode",
      "no coprocessor",
      "double fault",
      "",
      "invalid TSS",
      "segment not present",
      "stack fault",
      "protection",
      "page fault",
      "",
      "x87 error",
      "alignment check",
  };
  bool known = vector < sizeof names / sizeof names[0] && names[vector][0] != 0;
  return known ? names[vector] : "unknown exception";
}

void trap(struct trap_frame* frame) {
  if (frame->vector == SYSCALL_VECTOR || is_stray_system_call(frame)) {
    system_call(frame);
    return;
  }
  interrupts_entered();
  if (frame->vector >= IRQ_BASE) {
    device_interrupt(frame);
  } else if (frame->vector == 14) {
    page_fault(frame);
  } else {
    fatal_trap(frame, exception_name((uint32_t)frame->vector));
  }
  interrupts_left();
}
