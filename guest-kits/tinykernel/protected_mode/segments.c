/* SPDX-License-Identifier: MIT
 *
 * segments.c - the global descriptor table and the one task state segment.
 *
 * Every segment covers all 4 GiB from zero: protection is the business of paging. What segments
 * still decide is the privilege level, and the TSS says which stack the CPU takes on the way in
 * from ring 3.
 * Source: Intel SDM volume 3, "Segment Descriptors" and "Task-State Segment (TSS)".
 */
#include "kernel.h"

struct task_state {
  uint32_t back_link, esp0, ss0, esp1, ss1, esp2, ss2, cr3, eip, eflags;
  uint32_t eax, ecx, edx, ebx, esp, ebp, esi, edi, es, cs, ss, ds, fs, gs, ldt;
  uint16_t trap, io_map_base;
};

static struct task_state task_state;
static uint64_t table[6];

/* kind is the access byte: present, privilege level, type. granularity counts pages, not bytes. */
static uint64_t descriptor(uint32_t base, uint32_t limit, uint8_t kind, uint8_t flags) {
  uint32_t low = (base & 0xffff) << 16 | (limit & 0xffff);
  uint32_t high = (base & 0xff000000) | (uint32_t)flags << 20 | (limit & 0xf0000) |
                  (uint32_t)kind << 8 | (base >> 16 & 0xff);
  return (uint64_t)high << 32 | low;
}

void segments_init(void) {
  enum { FLAT = 0xfffff, PAGES_32_BIT = 0xc };
  table[KERNEL_CODE / 8] = descriptor(0, FLAT, 0x9a, PAGES_32_BIT);
  table[KERNEL_DATA / 8] = descriptor(0, FLAT, 0x92, PAGES_32_BIT);
  table[USER_CODE / 8] = descriptor(0, FLAT, 0xfa, PAGES_32_BIT); /* 0x9a with privilege level 3 */
  table[USER_DATA / 8] = descriptor(0, FLAT, 0xf2, PAGES_32_BIT);
  table[TASK_STATE / 8] = descriptor((uint32_t)&task_state, sizeof task_state - 1, 0x89, 0);

  task_state.ss0 = KERNEL_DATA;
  task_state.io_map_base = sizeof task_state; /* beyond the limit: ring 3 may use no port */

  struct {
    uint16_t limit;
    uint32_t base;
  } __attribute__((packed)) pointer = {sizeof table - 1, (uint32_t)table};

  /* CS can only be loaded by a far transfer; until then it still means the loader's descriptor. */
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
      : "m"(pointer), "i"(KERNEL_CODE), "i"(KERNEL_DATA), "i"(TASK_STATE)
      : "eax", "memory");
}

void segments_set_kernel_stack(uintptr_t top) { task_state.esp0 = top; }
