/* SPDX-License-Identifier: MIT
 *
 * process.c - how a process comes into being and goes.
 *
 * A process has an address space and a kernel stack. The kernel stack of a process that does not
 * run holds, from the top: the trap frame by which it came in, whatever the kernel was doing for
 * it, and the registers that switch_stacks saved. A new process gets the same by hand, as if it had
 * just trapped at its first instruction.
 */
#include "kernel.h"

struct process processes[PROCESSES];
struct process* current;
struct statistics statistics;

extern void process_first_return(void); /* vectors.asm */

void process_create(const char* name, const uint8_t* image) {
  struct process* p = &processes[statistics.created];
  if (statistics.created == PROCESSES) panic("too many processes");
  p->id = ++statistics.created;
  p->name = name;

  p->directory = address_space_create();
  p->kernel_stack = frame_alloc();
  if (p->directory == NULL || p->kernel_stack == 0) panic("no memory for a process");
  uintptr_t entry = program_load(p->directory, image, &p->heap_start);
  if (entry == 0) panic("no memory for a program");
  p->heap_end = p->heap_start;

  struct trap_frame* trap = (struct trap_frame*)(p->kernel_stack + PAGE_SIZE) - 1;
  trap_frame_of_new_process(trap, entry, USER_STACK_TOP); /* its first push will fault */

  struct switch_frame* frame = (struct switch_frame*)trap - 1;
  frame->return_to = process_first_return;
  p->stack_pointer = (uintptr_t*)frame;
  p->state = PROCESS_READY;
}

/* Whether the current process may hand us this stretch of its memory to read. */
bool process_owns(uintptr_t start, uintptr_t length) {
  uintptr_t end = start + length;
  if (end < start) return false;
  if (start >= USER_BASE && end <= current->heap_end) return true;
  return start >= USER_STACK_TOP - USER_STACK_PAGES * PAGE_SIZE && end <= USER_STACK_TOP;
}

/* Ends the current process. It still stands on its kernel stack, in its own address space, so the
 * scheduler has to bury it. To be called with interrupts off once. */
void process_exit(void) {
  turn_pass();
  give_up_cpu(PROCESS_DEAD);
  panic("a dead process ran");
}

void process_reap(struct process* dead) {
  address_space_leave(); /* its page directory may still be the one in use */
  address_space_destroy(dead->directory);
  frame_free(dead->kernel_stack);
  dead->state = PROCESS_FREE;
}
