/* SPDX-License-Identifier: MIT
 *
 * pages.c - asks for memory, uses it page by page, gives it back, and ends badly on purpose.
 */
#include "user.h"

enum { PAGE_BYTES = 4096, PAGES = 64, WORDS = PAGE_BYTES / 4, PASSES = 12 };

static uint32_t sum_of(const volatile uint32_t* words, unsigned count) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < count; i++) sum += words[i];
  return sum;
}

int main(void) {
  uint32_t* heap = (uint32_t*)kernel_call(CALL_SBRK, PAGES * PAGE_BYTES, 0);

  /* Each first touch faults, whether it reads or writes. Only a write makes the page dirty. */
  for (unsigned page = 0; page < PAGES / 2; page++) heap[page * WORDS] = page + 1;
  uint32_t sum = sum_of(heap, PAGES * WORDS);
  say("pages: of %u pages read, %u are dirty", PAGES, (uint32_t)kernel_call(CALL_DIRTY, 0, 0));
  say("pages: they add up to %u", sum, 0);

  /* Given back and taken again, the pages are new ones, whatever the CPU remembers of the old. */
  kernel_call(CALL_SBRK, (uint32_t)(-PAGES * PAGE_BYTES), 0);
  kernel_call(CALL_SBRK, PAGES * PAGE_BYTES, 0);
  sum = 0;
  for (unsigned pass = 0; pass < PASSES; pass++) sum += sum_of(heap, PAGES * WORDS);

  kernel_call(CALL_TURN_TAKE, 0, 0);
  write_text("pages: taken anew they add up to %u; now writing to the kernel", sum, 0);
  *(volatile uint32_t*)0x00100000 = 0; /* the kernel's first page: mapped, but not for ring 3 */
  write_text("pages: this line must never appear", 0, 0);
  return 0;
}
