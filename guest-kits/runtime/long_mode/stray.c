/* SPDX-License-Identifier: MIT
 *
 * stray.c - INT n of ring 3 where the CPU does not know it.
 *
 * A virtual machine may run ring 3 on the real CPU and ring 0 in an emulator, and then have no
 * gate for INT n to go through. What arrives is an undefined opcode at the instruction; from there
 * we go on to the door where it was to lead.
 */
#include "runtime.h"

enum { UNDEFINED_OPCODE = 6, INT_OPCODE = 0xcd, FIRST_FOR_RING_3 = 0x80 };

/* The door to go on to; null: the trap has been handled. Called by doors.asm alone. */
uintptr_t kit_trap_or_stray(struct kit_frame* frame);

static uintptr_t door_of(uint8_t vector) {
  uint64_t low = kit_idt[2 * vector];
  return kit_idt[2 * vector + 1] << 32 | (low >> 32 & 0xffff0000) | (low & 0xffff);
}

uintptr_t kit_trap_or_stray(struct kit_frame* frame) {
  if (frame->vector == UNDEFINED_OPCODE && (frame->cs & 3) == 3) {
    const uint8_t* bytes = (const uint8_t*)frame->ip;
    if (bytes[0] == INT_OPCODE && bytes[1] >= FIRST_FOR_RING_3) {
      frame->ip += 2;
      return door_of(bytes[1]);
    }
  }
  kit_trap(frame);
  return 0;
}
