/* SPDX-License-Identifier: MIT
 *
 * paging.c - page directories and page tables.
 *
 * The page tables of low memory are shared: each address space points to the same two, so the
 * kernel is mapped at the same place whichever process runs, and a change there is seen by all.
 * Source: Intel SDM volume 3, "32-Bit Paging" and "Translation Lookaside Buffers (TLBs)".
 */
#include "kernel.h"

enum { ENTRIES = 1024, KERNEL_TABLES = MANAGED_MEMORY / PAGE_SIZE / ENTRIES };

#define CR0_WRITE_PROTECT (1u << 16) /* without it the kernel could write to read-only pages */
#define CR0_PAGING (1u << 31)
#define FRAME_OF(entry) ((entry) & ~(PAGE_SIZE - 1))

extern char kernel_start[], kernel_constants_end[]; /* kernel.ld */

static uint32_t kernel_directory[ENTRIES] __attribute__((aligned(4096)));
static uint32_t kernel_tables[KERNEL_TABLES][ENTRIES] __attribute__((aligned(4096)));

static uint32_t* active; /* the directory in CR3 */

/* The CPU may hold a copy of an entry that was present; it need not look at memory again unless
 * told to. An entry that was not present is never held. */
static void forget_page(uint32_t address) {
  __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

/* Loading CR3 makes the CPU forget all of the old translations, so we avoid it where we can. */
void address_space_enter(uint32_t* directory) {
  if (directory == active) return;
  active = directory;
  __asm__ volatile("movl %0, %%cr3" : : "r"(directory) : "memory");
}

void address_space_leave(void) { address_space_enter(kernel_directory); }

void paging_init(void) {
  for (uint32_t page = 1; page < MANAGED_MEMORY / PAGE_SIZE; page++) { /* page 0: null pointers */
    kernel_tables[page / ENTRIES][page % ENTRIES] = page * PAGE_SIZE | PAGE_WRITABLE | PAGE_PRESENT;
  }
  for (unsigned i = 0; i < KERNEL_TABLES; i++) {
    kernel_directory[i] = (uint32_t)kernel_tables[i] | PAGE_WRITABLE | PAGE_PRESENT;
  }
  address_space_leave();

  uint32_t cr0;
  __asm__ volatile("movl %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("movl %0, %%cr0" : : "r"(cr0 | CR0_PAGING | CR0_WRITE_PROTECT) : "memory");

  /* Our own code and constants: from now on a stray write to them faults instead of working. */
  uint32_t end = (uint32_t)kernel_constants_end;
  for (uint32_t address = (uint32_t)kernel_start; address < end; address += PAGE_SIZE) {
    *page_entry(kernel_directory, address) &= ~PAGE_WRITABLE;
    forget_page(address);
  }
}

uint32_t* address_space_create(void) {
  uint32_t* directory = (uint32_t*)frame_alloc();
  if (directory == NULL) return NULL;
  for (unsigned i = 0; i < KERNEL_TABLES; i++) directory[i] = kernel_directory[i];
  return directory;
}

/* The entry that maps an address, or null where there is no page table. */
uint32_t* page_entry(uint32_t* directory, uint32_t address) {
  uint32_t entry = directory[address >> 22];
  if ((entry & PAGE_PRESENT) == 0) return NULL;
  uint32_t* table = (uint32_t*)FRAME_OF(entry);
  return &table[address >> 12 & (ENTRIES - 1)];
}

/* Maps a page that was not mapped before: nothing to forget. False: no memory for the table. */
bool page_map(uint32_t* directory, uint32_t address, uint32_t frame, uint32_t flags) {
  uint32_t* slot = &directory[address >> 22];
  if ((*slot & PAGE_PRESENT) == 0) {
    uint32_t table = frame_alloc();
    if (table == 0) return false;
    /* As much as any page below may want: the entry in the table decides. */
    *slot = table | PAGE_USER | PAGE_WRITABLE | PAGE_PRESENT;
  }
  *page_entry(directory, address) = frame | flags | PAGE_PRESENT;
  return true;
}

/* Takes a page away from the address space in use and gives its frame back. */
void page_unmap(uint32_t* directory, uint32_t address) {
  uint32_t* entry = page_entry(directory, address);
  if (entry == NULL || (*entry & PAGE_PRESENT) == 0) return;
  uint32_t frame = FRAME_OF(*entry);
  *entry = 0;
  forget_page(address); /* before the frame can get a new owner */
  frame_free(frame);
}

/* Must not be the one in use. */
void address_space_destroy(uint32_t* directory) {
  for (unsigned i = KERNEL_TABLES; i < ENTRIES; i++) {
    if ((directory[i] & PAGE_PRESENT) == 0) continue;
    uint32_t* table = (uint32_t*)FRAME_OF(directory[i]);
    for (unsigned j = 0; j < ENTRIES; j++) {
      if ((table[j] & PAGE_PRESENT) != 0) frame_free(FRAME_OF(table[j]));
    }
    frame_free((uint32_t)table);
  }
  frame_free((uint32_t)directory);
}
