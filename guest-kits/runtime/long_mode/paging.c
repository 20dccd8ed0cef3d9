/* SPDX-License-Identifier: MIT
 *
 * paging.c - one address space: low memory mapped to itself, further tables on request.
 *
 * Source: Intel SDM volume 3, "4-Level Paging".
 */
#include "runtime.h"

enum { PRESENT_WRITABLE_USER = 7, PAGE = 4096, TOP_LEVEL = 3, TABLES = 16 };
enum { IDENTITY_PAGES = 2048 };

static kit_entry top[KIT_TABLE_ENTRIES] __attribute__((aligned(4096)));
static kit_entry tables[TABLES][KIT_TABLE_ENTRIES] __attribute__((aligned(4096)));
static unsigned tables_used;

kit_entry* kit_page_entry(uintptr_t address) {
  kit_entry* table = top;
  for (unsigned level = TOP_LEVEL; level > 0; level--) {
    kit_entry* slot = &table[address >> (12 + 9 * level) & (KIT_TABLE_ENTRIES - 1)];
    if ((*slot & 1) == 0) {
      if (tables_used == TABLES) {
        kit_say("no page table left for address %x\n", (uint32_t)address);
        kit_exit(GUEST_EXIT_PANIC);
      }
      *slot = (uintptr_t)tables[tables_used++] | PRESENT_WRITABLE_USER;
    }
    table = (kit_entry*)(*slot & ~(uint64_t)(PAGE - 1));
  }
  return &table[address >> 12 & (KIT_TABLE_ENTRIES - 1)];
}

void kit_paging_on(void) {
  for (uintptr_t page = 0; page < IDENTITY_PAGES; page++) {
    *kit_page_entry(page * PAGE) = page * PAGE | PRESENT_WRITABLE_USER;
  }
  uint64_t cr0;
  __asm__ volatile("movq %0, %%cr3" : : "r"(top) : "memory");
  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  cr0 |= 1u << 16; /* write protection for the kernel too */
  __asm__ volatile("movq %0, %%cr0" : : "r"(cr0) : "memory");
}
