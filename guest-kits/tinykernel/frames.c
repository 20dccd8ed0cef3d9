/* SPDX-License-Identifier: MIT
 *
 * frames.c - the physical page allocator: one bit for each page frame.
 *
 * A list threaded through the free frames would need no bitmap, but would write to every frame of
 * the machine at boot. With a bitmap a frame that nobody needs is never touched.
 */
#include "kernel.h"

enum { FRAMES = MANAGED_MEMORY / PAGE_SIZE };

extern char kernel_end[]; /* kernel.ld */

static uint32_t used[FRAMES / 32];
static uint32_t free_count;
static uint32_t search_from;

static bool is_used(uint32_t number) { return (used[number / 32] >> (number % 32) & 1) != 0; }

void frames_init(uint32_t memory_bytes) {
  uint32_t first = (uint32_t)(uintptr_t)kernel_end / PAGE_SIZE;
  uint32_t end = (memory_bytes < MANAGED_MEMORY ? memory_bytes : MANAGED_MEMORY) / PAGE_SIZE;
  for (uint32_t i = 0; i < FRAMES; i++) {
    /* Below the kernel lie the BIOS, the screen and the loader's notes: not ours to give away. */
    if (i < first || i >= end) used[i / 32] |= 1u << (i % 32);
  }
  free_count = end - first;
  search_from = first;
}

/* A frame full of zeroes: what the last owner wrote is nobody else's business. */
uintptr_t frame_alloc(void) {
  interrupts_off();
  uintptr_t frame = 0;
  for (uint32_t i = search_from; i < FRAMES; i++) {
    if (is_used(i)) continue;
    used[i / 32] |= 1u << (i % 32);
    free_count--;
    search_from = i + 1;
    frame = i * PAGE_SIZE;
    break;
  }
  interrupts_on();
  if (frame != 0) {
    uintptr_t* words = (uintptr_t*)frame; /* identity map */
    for (uint32_t i = 0; i < PAGE_SIZE / sizeof *words; i++) words[i] = 0;
  }
  return frame;
}

void frame_free(uintptr_t frame) {
  uint32_t number = (uint32_t)(frame / PAGE_SIZE);
  interrupts_off();
  if (number >= FRAMES || !is_used(number)) panic("frame freed that nobody had");
  used[number / 32] &= ~(1u << (number % 32));
  free_count++;
  if (number < search_from) search_from = number; /* no free frame lies below search_from */
  interrupts_on();
}

uint32_t frames_free(void) { return free_count; }
