/* SPDX-License-Identifier: MIT
 *
 * paging.c - one address space: low memory mapped to itself, further tables on request.
 *
 * Source: Intel SDM volume 3, "32-Bit Paging".
 */
#include "runtime.h"

enum { PRESENT_WRITABLE_USER = 7, ENTRIES = 1024, IDENTITY_TABLES = 2, TABLES = 8 };

static uint32_t directory[ENTRIES] __attribute__((aligned(4096)));
static uint32_t tables[TABLES][ENTRIES] __attribute__((aligned(4096)));
static unsigned tables_used;

kit_entry* kit_page_entry(uintptr_t address) {
  uint32_t* slot = &directory[address >> 22];
  if ((*slot & 1) == 0) {
    if (tables_used == TABLES) {
      kit_say("no page table left for address %x\n", address);
      kit_exit(GUEST_EXIT_PANIC);
    }
    *slot = (uint32_t)tables[tables_used++] | PRESENT_WRITABLE_USER;
  }
  uint32_t* table = (uint32_t*)(*slot & 0xfffff000);
  return &table[address >> 12 & (ENTRIES - 1)];
}

void kit_paging_on(void) {
  for (uint32_t page = 0; page < IDENTITY_TABLES * ENTRIES; page++) {
    *kit_page_entry(page << 12) = page << 12 | PRESENT_WRITABLE_USER;
  }
  uint32_t cr0;
  __asm__ volatile("movl %0, %%cr3" : : "r"(directory) : "memory");
  __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
  cr0 |= 1u << 31 | 1u << 16; /* paging, write protection for the kernel too */
  __asm__ volatile("movl %0, %%cr0" : : "r"(cr0) : "memory");
}
