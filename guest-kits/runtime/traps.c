/* SPDX-License-Identifier: MIT
 *
 * traps.c - who handles which vector, and the interrupt controllers.
 *
 * Source: Intel 8259A data sheet.
 */
#include "runtime.h"

extern uintptr_t kit_doors[256]; /* doors.asm */
extern void kit_ring3_is_done(void);

static kit_handler* handlers[256];

void kit_on(uint8_t vector, kit_handler* handler) {
  handlers[vector] = handler;
  kit_set_gate(vector, kit_doors[vector]);
}

void kit_on_raw(uint8_t vector, void (*door)(void)) { kit_set_gate(vector, (uintptr_t)door); }

void kit_traps_init(void) {
  for (unsigned i = 0; i < 256; i++)
    kit_set_gate((uint8_t)i, kit_doors[i]);
  kit_on_raw(0xff, kit_ring3_is_done);
  struct {
    uint16_t limit;
    uintptr_t base;
  } __attribute__((packed)) pointer = {sizeof kit_idt - 1, (uintptr_t)kit_idt};
  __asm__ volatile("lidt %0" : : "m"(pointer) : "memory");
}

void kit_trap(struct kit_frame* frame) {
  kit_handler* handler = handlers[frame->vector];
  if (handler != NULL) {
    handler(frame);
    return;
  }
  kit_say("unexpected trap: vector %u, error code %x, instruction at %x\n", (uint32_t)frame->vector,
          (uint32_t)frame->error, (uint32_t)frame->ip);
  kit_exit(GUEST_EXIT_PANIC);
}

void kit_move_irqs(void) {
  out8(0x20, 0x11); /* ICW1 */
  out8(0xa0, 0x11);
  out8(0x21, 0x20); /* ICW2: first vectors */
  out8(0xa1, 0x28);
  out8(0x21, 0x04); /* ICW3: the second controller is on line 2 */
  out8(0xa1, 0x02);
  out8(0x21, 0x01); /* ICW4: 8086 mode */
  out8(0xa1, 0x01);
  out8(0x21, 0xff);
  out8(0xa1, 0xff);
}

void kit_allow_irq(unsigned irq) {
  uint16_t port = irq < 8 ? 0x21 : 0xa1;
  out8(port, (uint8_t)(in8(port) & ~(1u << (irq & 7))));
  if (irq >= 8)
    kit_allow_irq(2);
}

void kit_end_irq(unsigned irq) {
  if (irq >= 8)
    out8(0xa0, 0x20);
  out8(0x20, 0x20);
}
