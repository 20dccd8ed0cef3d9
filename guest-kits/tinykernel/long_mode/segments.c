/* SPDX-License-Identifier: MIT
 *
 * segments.c - the global descriptor table and the one task state segment.
 *
 * Long mode ignores base and limit of code and data segments: there is nothing left of them but
 * the privilege level, and one bit that says 64-bit code. The TSS holds no registers any more, only
 * stacks; its descriptor is twice as long, because its base has 64 bits.
 * Source: Intel SDM volume 3, "Segmentation in IA-32e Mode" and "Task Management in 64-bit Mode".
 */
#include "kernel.h"

struct task_state {
  uint32_t reserved;
  uint64_t rsp0, rsp1, rsp2;
  uint64_t reserved_too, interrupt_stacks[7], reserved_again;
  uint16_t still_reserved, io_map_base;
} __attribute__((packed));

uint64_t system_call_stack; /* vectors.asm: SYSCALL does not look into the TSS */

static struct task_state task_state;
static uint64_t table[7];

/* kind is the access byte: present, privilege level, type. */
static uint64_t descriptor(uint32_t base, uint32_t limit, uint8_t kind, uint8_t flags) {
  uint32_t low = (base & 0xffff) << 16 | (limit & 0xffff);
  uint32_t high = (base & 0xff000000) | (uint32_t)flags << 20 | (limit & 0xf0000) |
                  (uint32_t)kind << 8 | (base >> 16 & 0xff);
  return (uint64_t)high << 32 | low;
}

void segments_init(void) {
  enum { FLAT = 0xfffff, PAGES_64_BIT = 0xa, PAGES = 0xc };
  uint64_t base = (uint64_t)&task_state;
  table[KERNEL_CODE / 8] = descriptor(0, FLAT, 0x9a, PAGES_64_BIT);
  table[KERNEL_DATA / 8] = descriptor(0, FLAT, 0x92, PAGES);
  table[USER_DATA / 8] = descriptor(0, FLAT, 0xf2, PAGES); /* 0x92 with privilege level 3 */
  table[USER_CODE / 8] = descriptor(0, FLAT, 0xfa, PAGES_64_BIT);
  table[TASK_STATE / 8] = descriptor((uint32_t)base, sizeof task_state - 1, 0x89, 0);
  table[TASK_STATE / 8 + 1] = base >> 32;

  task_state.io_map_base = sizeof task_state; /* beyond the limit: ring 3 may use no port */

  struct {
    uint16_t limit;
    uint64_t base;
  } __attribute__((packed)) pointer = {sizeof table - 1, (uint64_t)table};

  /* CS can only be loaded by a far transfer, and there is no far jump to an immediate address in
   * 64-bit code: we return to where we are. */
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
      : "m"(pointer), "i"(KERNEL_CODE), "i"(KERNEL_DATA), "i"(TASK_STATE)
      : "rax", "memory");
}

void segments_set_kernel_stack(uintptr_t top) {
  task_state.rsp0 = top;
  system_call_stack = top;
}
