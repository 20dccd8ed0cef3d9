/* SPDX-License-Identifier: MIT
 *
 * segments.c - flat segments for rings 0 and 3, the TSS with the way back into ring 0, and gates.
 *
 * Source: Intel SDM volume 3, "Segment Descriptors", "Task-State Segment (TSS)" and "IDT
 * Descriptors".
 */
#include "runtime.h"

static uint32_t task_state[26];

enum { ESP0 = 1, SS0 = 2, IO_MAP = 25 };

void kit_set_kernel_stack(uintptr_t top) { task_state[ESP0] = top; }

void kit_set_gate(uint8_t vector, uintptr_t door) {
  uint64_t kind = vector >= 0x80 ? 0xee00 : 0x8e00; /* interrupt gate, for ring 3 or only ring 0 */
  kit_idt[vector] =
      (uint64_t)(door & 0xffff0000) << 32 | kind << 32 | KIT_KERNEL_CODE << 16 | (door & 0xffff);
}

void kit_load_segments(void) {
  /* Accessed bits are set from the start, so that loading a segment leaves the table alone. */
  kit_gdt[1] = 0x00cf9b000000ffff;
  kit_gdt[2] = 0x00cf93000000ffff;
  kit_gdt[3] = 0x00cffb000000ffff;
  kit_gdt[4] = 0x00cff3000000ffff;
  uint32_t base = (uint32_t)task_state;
  uint64_t low = (uint64_t)(base & 0x00ffffff) << 16 | (sizeof task_state - 1);
  kit_gdt[5] = low | (uint64_t)(base >> 24) << 56 | 0x0000890000000000; /* an available TSS */
  task_state[SS0] = KIT_KERNEL_DATA;
  task_state[IO_MAP] = sizeof task_state << 16; /* beyond the limit: no ports for ring 3 */

  struct {
    uint16_t limit;
    uint32_t base;
  } __attribute__((packed)) pointer = {sizeof kit_gdt - 1, (uint32_t)kit_gdt};
  __asm__ volatile(
      "lgdt %0\n\t"
      "ljmp %1, $1f\n"
      "1:\n\t"
      "movl %2, %%eax\n\t"
      "movw %%ax, %%ds\n\t"
      "movw %%ax, %%es\n\t"
      "movw %%ax, %%fs\n\t"
      "movw %%ax, %%gs\n\t"
      "movw %%ax, %%ss\n\t"
      "movl %3, %%eax\n\t"
      "ltr %%ax"
      :
      : "m"(pointer), "i"(KIT_KERNEL_CODE), "i"(KIT_KERNEL_DATA), "i"(KIT_TASK_STATE)
      : "eax", "memory");
}
