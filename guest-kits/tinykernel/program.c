/* SPDX-License-Identifier: MIT
 *
 * program.c - from a linked program to pages: an ELF file is a list of segments to be mapped.
 *
 * The images are part of the kernel (programs.asm) and trusted to be well-formed.
 * Source: Tool Interface Standard, Executable and Linking Format, "Program header".
 */
#include "program_file.h"

#include "kernel.h"

enum { SEGMENT_LOAD = 1, SEGMENT_WRITABLE = 2 };

/* The page is not mapped where we could write to it: it is filled through the identity map. */
static void fill(uint8_t* frame, uintptr_t page, const uint8_t* image, const struct elf_program* p) {
  for (uint32_t i = 0; i < PAGE_SIZE; i++) {
    uintptr_t at = page + i - p->address;
    if (page + i >= p->address && at < p->file_size) frame[i] = image[p->offset + at];
  }
}

static bool load_segment(page_entry_t* directory, const uint8_t* image, const struct elf_program* p) {
  uint32_t flags = PAGE_USER | ((p->flags & SEGMENT_WRITABLE) != 0 ? PAGE_WRITABLE : 0);
  uintptr_t first = p->address & PAGE_MASK;
  for (uintptr_t page = first; page < p->address + p->memory_size; page += PAGE_SIZE) {
    uintptr_t frame = frame_alloc();
    if (frame == 0 || !page_map(directory, page, frame, flags)) return false;
    fill((uint8_t*)frame, page, image, p);
  }
  return true;
}

uintptr_t program_load(page_entry_t* directory, const uint8_t* image, uintptr_t* end) {
  const struct elf_header* header = (const struct elf_header*)image;
  *end = USER_BASE;
  for (unsigned i = 0; i < header->program_count; i++) {
    const struct elf_program* p = (const struct elf_program*)(image + header->program_offset) + i;
    if (p->type != SEGMENT_LOAD || p->memory_size == 0) continue;
    if (!load_segment(directory, image, p)) return 0;
    uintptr_t stop = (p->address + p->memory_size + PAGE_SIZE - 1) & PAGE_MASK;
    if (stop > *end) *end = stop;
  }
  return header->entry;
}
