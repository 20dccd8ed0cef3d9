/* SPDX-License-Identifier: MIT
 *
 * segments.c - segments for rings 0 and 3, the TSS with the way back into ring 0, and gates.
 *
 * Source: Intel SDM volume 3, "Segmentation in IA-32e Mode", "Task Management in 64-bit Mode" and
 * "64-Bit Mode IDT".
 */
#include "runtime.h"

static struct {
  uint32_t reserved;
  uint64_t rsp0, rsp1, rsp2;
  uint64_t reserved_too, interrupt_stacks[7], reserved_again;
  uint16_t still_reserved, io_map_base;
} __attribute__((packed)) task_state;

void kit_set_kernel_stack(uintptr_t top) { task_state.rsp0 = top; }

void kit_set_gate(uint8_t vector, uintptr_t door) {
  uint64_t kind = vector >= 0x80 ? 0xee00 : 0x8e00; /* interrupt gate, for ring 3 or only ring 0 */
  kit_idt[2 * vector] =
      (uint64_t)(door & 0xffff0000) << 32 | kind << 32 | KIT_KERNEL_CODE << 16 | (door & 0xffff);
  kit_idt[2 * vector + 1] = door >> 32;
}

void kit_load_segments(void) {
  /* Accessed bits are set from the start, so that loading a segment leaves the table alone. */
  kit_gdt[1] = 0x00af9b000000ffff;
  kit_gdt[2] = 0x00cf93000000ffff;
  kit_gdt[3] = 0x00affb000000ffff;
  kit_gdt[4] = 0x00cff3000000ffff;
  uint64_t base = (uintptr_t)&task_state;
  uint64_t low = (base & 0x00ffffff) << 16 | (sizeof task_state - 1);
  kit_gdt[5] = low | (base >> 24 & 0xff) << 56 | 0x0000890000000000; /* an available TSS */
  kit_gdt[6] = base >> 32;
  task_state.io_map_base = sizeof task_state; /* beyond the limit: no ports for ring 3 */

  struct {
    uint16_t limit;
    uint64_t base;
  } __attribute__((packed)) pointer = {sizeof kit_gdt - 1, (uintptr_t)kit_gdt};
  __asm__ volatile(
      "lgdt %0\n\t"
      "pushq %1\n\t"
      "leaq 1f(%%rip), %%rax\n\t"
      "pushq %%rax\n\t"
      "lretq\n"
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
      : "rax", "memory");
}
