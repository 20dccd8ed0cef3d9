/* SPDX-License-Identifier: MIT
 *
 * syscall.c - what processes may ask for.
 *
 * Runs with interrupts on, on the kernel stack of the process that asks.
 */
#include "kernel.h"
#include "system_call_numbers.h"

enum { REFUSED = 0xffffffff };

static uint32_t call_write(uintptr_t text, uintptr_t length) {
  /* Checked, because the kernel can read everything and the process cannot. */
  if (!process_owns(text, length)) return REFUSED;
  console_write((const char*)text, length);
  return (uint32_t)length;
}

/* Growing is a promise that fault.c keeps; shrinking takes effect at once. */
static uint32_t call_sbrk(int32_t bytes) {
  uintptr_t old_end = current->heap_end;
  uintptr_t new_end = old_end + (uintptr_t)bytes;
  uint32_t limit = USER_STACK_TOP - USER_STACK_PAGES * PAGE_SIZE;
  if (bytes % (int32_t)PAGE_SIZE != 0) return REFUSED;
  if (new_end < current->heap_start || new_end > limit) return REFUSED;
  if ((bytes < 0) != (new_end < old_end)) return REFUSED; /* wrapped around */
  current->heap_end = new_end;
  for (uintptr_t page = new_end; page < old_end; page += PAGE_SIZE) {
    page_unmap(current->directory, page);
  }
  return (uint32_t)old_end;
}

/* The CPU itself sets the dirty bit in the entry at the first write through it. */
static uint32_t call_dirty(void) {
  uint32_t count = 0;
  for (uintptr_t page = current->heap_start; page < current->heap_end; page += PAGE_SIZE) {
    const page_entry_t* entry = page_entry(current->directory, page);
    if (entry != NULL && (*entry & PAGE_PRESENT) != 0 && (*entry & PAGE_DIRTY) != 0) count++;
  }
  return count;
}

static void call_exit(void) {
  interrupts_off();
  statistics.exited++;
  process_exit();
}

static uint32_t call_yield(void) {
  interrupts_off();
  give_up_cpu(PROCESS_READY);
  interrupts_on();
  return 0;
}

static uint32_t perform(uint32_t number, uintptr_t first, uintptr_t second) {
  switch (number) {
    case CALL_EXIT:
      call_exit();
      return 0;
    case CALL_WRITE:
      return call_write(first, second);
    case CALL_GETPID:
      return current->id;
    case CALL_YIELD:
      return call_yield();
    case CALL_SLEEP:
      sleep_ticks((uint32_t)first * TICKS_PER_SECOND / 1000);
      return 0;
    case CALL_SBRK:
      return call_sbrk((int32_t)first);
    case CALL_TURN_TAKE:
      turn_take();
      return 0;
    case CALL_TURN_PASS:
      turn_pass();
      return 0;
    case CALL_DIRTY:
      return call_dirty();
    default:
      return REFUSED;
  }
}

void system_call(struct trap_frame* frame) {
  statistics.system_calls++;
  CALL_RESULT(frame) = perform(CALL_NUMBER(frame), CALL_FIRST(frame), CALL_SECOND(frame));
}
