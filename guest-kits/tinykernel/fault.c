/* SPDX-License-Identifier: MIT
 *
 * fault.c - page faults: most are requests, some are crimes.
 *
 * Heap and stack of a process exist as a promise. The first touch of each page faults, and only
 * then is there a frame of zeroes. Any other fault of a process ends it; a fault of the kernel
 * itself is a bug, and ends everything.
 * Source: Intel SDM volume 3, "Page-Fault Exceptions".
 */
#include "kernel.h"

/* Bits of the error code. */
enum { FAULT_PROTECTION = 1, FAULT_WRITE = 2 };

static uintptr_t fault_address(void) {
  uintptr_t address;
  __asm__ volatile("mov %%cr2, %0" : "=r"(address));
  return address;
}

static bool is_promised(uintptr_t address) {
  const uint32_t stack_bottom = USER_STACK_TOP - USER_STACK_PAGES * PAGE_SIZE;
  if (address >= stack_bottom && address < USER_STACK_TOP) return true;
  return address >= current->heap_start && address < current->heap_end;
}

static bool keep_promise(uintptr_t address) {
  uintptr_t frame = frame_alloc();
  if (frame == 0) return false;
  if (!page_map(current->directory, address & PAGE_MASK, frame, PAGE_USER | PAGE_WRITABLE)) {
    frame_free(frame);
    return false;
  }
  statistics.demand_pages++;
  return true;
}

void page_fault(struct trap_frame* frame) {
  uintptr_t address = fault_address(); /* the next fault would overwrite CR2 */
  bool protection = (frame->error & FAULT_PROTECTION) != 0;

  /* Also taken from ring 0: the kernel reads the buffer of a system call where the user has it. */
  if (current != NULL && !protection && is_promised(address) && keep_promise(address)) return;

  if (!trap_from_user(frame)) {
    print("page fault at 0x%x, instruction at 0x%x\n", (uint32_t)address, TRAP_ADDRESS(frame));
    panic("page fault in the kernel");
  }
  statistics.killed++;
  print("kernel: killed process %u (%s): page fault, %s 0x%x, %s\n", current->id, current->name,
        (frame->error & FAULT_WRITE) != 0 ? "write to" : "read from", (uint32_t)address,
        protection ? "which is protected" : "where nothing is");
  process_exit();
}

void fatal_trap(struct trap_frame* frame, const char* name) {
  if (!trap_from_user(frame)) {
    print("%s, error code 0x%x, instruction at 0x%x\n", name, (uint32_t)frame->error,
          TRAP_ADDRESS(frame));
    panic("exception in the kernel");
  }
  statistics.killed++;
  print("kernel: killed process %u (%s): %s\n", current->id, current->name, name);
  process_exit();
}
