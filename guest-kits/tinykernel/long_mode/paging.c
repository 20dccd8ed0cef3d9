/* SPDX-License-Identifier: MIT
 *
 * paging.c - page tables of four levels, nine bits of the address for each.
 *
 * The directory of an address space is its PML4. The tables that map low memory are shared: below
 * each address space's own two upper tables hangs the same page directory, so the kernel is mapped
 * at the same place whichever process runs, and a change there is seen by all.
 * Source: Intel SDM volume 3, "4-Level Paging" and "Translation Lookaside Buffers (TLBs)".
 */
#include "kernel.h"

enum { ENTRIES = 512, TOP_LEVEL = 3, KERNEL_TABLES = MANAGED_MEMORY / PAGE_SIZE / ENTRIES };

#define CR0_WRITE_PROTECT (1u << 16) /* without it the kernel could write to read-only pages */
#define FRAME_OF(entry) ((page_entry_t*)((entry) & PAGE_MASK))

extern char kernel_start[], kernel_constants_end[]; /* kernel.ld */

static page_entry_t kernel_pml4[ENTRIES] __attribute__((aligned(4096)));
static page_entry_t kernel_pointers[ENTRIES] __attribute__((aligned(4096)));
static page_entry_t kernel_directory[ENTRIES] __attribute__((aligned(4096)));
static page_entry_t kernel_tables[KERNEL_TABLES][ENTRIES] __attribute__((aligned(4096)));

static page_entry_t* active; /* the PML4 in CR3 */

/* The CPU may hold a copy of an entry that was present; it need not look at memory again unless
 * told to. An entry that was not present is never held. */
static void forget_page(uint64_t address) {
  __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* Loading CR3 makes the CPU forget all of the old translations, so we avoid it where we can. */
void address_space_enter(page_entry_t* pml4) {
  if (pml4 == active) return;
  active = pml4;
  __asm__ volatile("movq %0, %%cr3" : : "r"(pml4) : "memory");
}

void address_space_leave(void) { address_space_enter(kernel_pml4); }

void paging_init(void) {
  for (uint32_t page = 1; page < MANAGED_MEMORY / PAGE_SIZE; page++) { /* page 0: null pointers */
    kernel_tables[page / ENTRIES][page % ENTRIES] = page * PAGE_SIZE | PAGE_WRITABLE | PAGE_PRESENT;
  }
  for (unsigned i = 0; i < KERNEL_TABLES; i++) {
    kernel_directory[i] = (uint64_t)kernel_tables[i] | PAGE_WRITABLE | PAGE_PRESENT;
  }
  kernel_pointers[0] = (uint64_t)kernel_directory | PAGE_WRITABLE | PAGE_PRESENT;
  kernel_pml4[0] = (uint64_t)kernel_pointers | PAGE_WRITABLE | PAGE_PRESENT;
  address_space_leave();

  /* Paging is on since entry.asm: there is no long mode without. */
  uint64_t cr0;
  __asm__ volatile("movq %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movq %0, %%cr0" : : "r"(cr0 | CR0_WRITE_PROTECT) : "memory");

  /* Our own code and constants: from now on a stray write to them faults instead of working. */
  uint64_t end = (uint64_t)kernel_constants_end;
  for (uint64_t address = (uint64_t)kernel_start; address < end; address += PAGE_SIZE) {
    *page_entry(kernel_pml4, address) &= ~(uint64_t)PAGE_WRITABLE;
    forget_page(address);
  }
}

static page_entry_t* slot(page_entry_t* table, uint64_t address, unsigned level) {
  return &table[address >> (12 + 9 * level) & (ENTRIES - 1)];
}

page_entry_t* address_space_create(void) {
  page_entry_t* pml4 = (page_entry_t*)frame_alloc();
  page_entry_t* pointers = (page_entry_t*)frame_alloc();
  if (pml4 == NULL || pointers == NULL) return NULL;
  pml4[0] = (uint64_t)pointers | PAGE_USER | PAGE_WRITABLE | PAGE_PRESENT;
  pointers[0] = kernel_pointers[0];
  return pml4;
}

/* The entry that maps an address, or null where there is no page table. */
page_entry_t* page_entry(page_entry_t* pml4, uint64_t address) {
  page_entry_t* table = pml4;
  for (unsigned level = TOP_LEVEL; level > 0; level--) {
    uint64_t entry = *slot(table, address, level);
    if ((entry & PAGE_PRESENT) == 0) return NULL;
    table = FRAME_OF(entry);
  }
  return slot(table, address, 0);
}

/* Maps a page that was not mapped before: nothing to forget. False: no memory for a table. */
bool page_map(page_entry_t* pml4, uint64_t address, uint64_t frame, uint32_t flags) {
  page_entry_t* table = pml4;
  for (unsigned level = TOP_LEVEL; level > 0; level--) {
    page_entry_t* entry = slot(table, address, level);
    if ((*entry & PAGE_PRESENT) == 0) {
      uint64_t below = frame_alloc();
      if (below == 0) return false;
      /* As much as any page below may want: the entry in the last table decides. */
      *entry = below | PAGE_USER | PAGE_WRITABLE | PAGE_PRESENT;
    }
    table = FRAME_OF(*entry);
  }
  *slot(table, address, 0) = frame | flags | PAGE_PRESENT;
  return true;
}

/* Takes a page away from the address space in use and gives its frame back. */
void page_unmap(page_entry_t* pml4, uint64_t address) {
  page_entry_t* entry = page_entry(pml4, address);
  if (entry == NULL || (*entry & PAGE_PRESENT) == 0) return;
  uint64_t frame = (uint64_t)FRAME_OF(*entry);
  *entry = 0;
  forget_page(address); /* before the frame can get a new owner */
  frame_free(frame);
}

/* What belongs to ring 3 belongs to this address space; the rest is the kernel's and shared. */
static void free_below(page_entry_t* table, unsigned level) {
  for (unsigned i = 0; i < ENTRIES; i++) {
    if ((table[i] & PAGE_PRESENT) == 0 || (table[i] & PAGE_USER) == 0) continue;
    if (level > 0) free_below(FRAME_OF(table[i]), level - 1);
    frame_free((uint64_t)FRAME_OF(table[i]));
  }
}

/* Must not be the one in use. */
void address_space_destroy(page_entry_t* pml4) {
  free_below(pml4, TOP_LEVEL);
  frame_free((uint64_t)pml4);
}
