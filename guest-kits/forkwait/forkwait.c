/* SPDX-License-Identifier: MIT
 *
 * forkwait.c - a process makes a child and waits for it, N times.
 *
 * What a shell does all day, and the hardest thing for a monitor that keeps page tables: a table is
 * copied and made read-only, the address space changes twice, and whoever writes first gets a page
 * of its own. After the workload "forkwait" of Adams and Agesen (ASPLOS 2006), in small. Tells no
 * times.
 *
 * Not a kernel: one parent, one child at a time, no scheduler. Both run the same code at the same
 * addresses; only their heap is theirs, so neither touches its stack while the child lives.
 *
 * Command line: n=100 turns.
 */
#include "kit.h"

enum { HEAP = 0x40000000, PAGE = 4096, PAGES = 32, ENTRIES = 1024, TOUCHED = 4 };
enum { PRESENT = 1, WRITABLE = 2, USER = 4 };
enum { FORK = 1, WAIT = 2, EXIT = 3, CHILD = 7 }; /* as forkwait.asm calls them */
enum { SYSTEM_CALL = 0x80, PAGE_FAULT = 14, WRITE_TO_READ_ONLY = 3 };

void parent_process(uint32_t turns); /* forkwait.asm */

static uint32_t heap[PAGES][ENTRIES] __attribute__((aligned(PAGE)));
static uint32_t copies[TOUCHED][ENTRIES] __attribute__((aligned(PAGE)));
static uint32_t child_directory[ENTRIES] __attribute__((aligned(PAGE)));
static uint32_t child_table[ENTRIES] __attribute__((aligned(PAGE)));
static uint32_t *parent_directory, *parent_table;

static struct kit_frame parent, child; /* of whoever does not run */
static bool in_child;
static unsigned copies_in_use;
static uint32_t forks, pages_copied;

static void use_address_space(uint32_t* directory) {
  __asm__ volatile("movl %0, %%cr3" : : "r"(directory) : "memory");
}

static void copy_page(uint32_t* to, const uint32_t* from) {
  uint32_t words = ENTRIES;
  __asm__ volatile("rep movsl" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
}

/* The heap is shared until one of the two writes. */
static void fork(struct kit_frame* frame) {
  for (unsigned page = 0; page < PAGES; page++) {
    parent_table[page] &= ~(uint32_t)WRITABLE;
    child_table[page] = parent_table[page];
  }
  use_address_space(parent_directory); /* translations that still allow a write are forgotten */
  child = *frame;
  child.eax = 0;
  frame->eax = CHILD;
  forks++;
}

static void wait(struct kit_frame* frame) {
  parent = *frame;
  *frame = child;
  in_child = true;
  use_address_space(child_directory);
}

static void leave(struct kit_frame* frame) {
  for (unsigned page = 0; page < PAGES; page++) child_table[page] = 0;
  copies_in_use = 0;
  *frame = parent;
  in_child = false;
  use_address_space(parent_directory);
}

static void on_system_call(struct kit_frame* frame) {
  switch (frame->eax) {
    case FORK:
      fork(frame);
      return;
    case WAIT:
      wait(frame);
      return;
    case EXIT:
      leave(frame);
      return;
  }
  kit_say("no such system call: %u\n", frame->eax);
  kit_exit(GUEST_EXIT_PANIC);
}

/* A write to a shared page. The child gets a copy; the parent has outlived it and keeps its own. */
static void on_page_fault(struct kit_frame* frame) {
  uint32_t address;
  __asm__ volatile("movl %%cr2, %0" : "=r"(address));
  uint32_t page = (address - HEAP) / PAGE;
  if (page >= PAGES || (frame->error & WRITE_TO_READ_ONLY) != WRITE_TO_READ_ONLY) {
    kit_say("page fault at %x, error code %x\n", address, frame->error);
    kit_exit(GUEST_EXIT_PANIC);
  }
  if (in_child) {
    uint32_t* copy = copies[copies_in_use++];
    copy_page(copy, heap[page]);
    child_table[page] = (uint32_t)copy | PRESENT | WRITABLE | USER;
    pages_copied++;
  } else {
    parent_table[page] |= WRITABLE;
  }
  __asm__ volatile("invlpg (%0)" : : "r"(address) : "memory");
}

static void set_up(void) {
  kit_paging_on();
  __asm__ volatile("movl %%cr3, %0" : "=r"(parent_directory));
  parent_table = kit_page_entry(HEAP);
  for (unsigned page = 0; page < PAGES; page++) {
    parent_table[page] = (uint32_t)heap[page] | PRESENT | WRITABLE | USER;
  }
  for (unsigned i = 0; i < ENTRIES; i++) child_directory[i] = parent_directory[i];
  child_directory[(uint32_t)HEAP >> 22] = (uint32_t)child_table | PRESENT | WRITABLE | USER;
  kit_on(SYSTEM_CALL, on_system_call);
  kit_on(PAGE_FAULT, on_page_fault);
}

void kit_main(void) {
  kit_say("forkwait\n");
  uint32_t turns = kit_option_number("n", 100);
  if (turns == 0) {
    kit_check(false, "n is at least 1");
    return;
  }
  set_up();
  kit_mark("B forkwait\n");
  kit_run_in_ring3(parent_process, turns);
  kit_mark("E forkwait\n");
  kit_say("forkwait n=%u forks=%u copies=%u\n", turns, forks, pages_copied);
  bool kept_apart = true;
  for (unsigned page = 0; page < TOUCHED; page++) {
    if (heap[page][0] != turns) kept_apart = false;
  }
  kit_check(forks == turns, "every fork had its child");
  kit_check(kept_apart, "what the child wrote stayed the child's");
}
