/* SPDX-License-Identifier: MIT
 *
 * program.c - from a linked program to pages: an ELF file is a list of segments to be mapped.
 *
 * The images are part of the kernel (programs.asm) and trusted to be well-formed.
 * Source: Tool Interface Standard, Executable and Linking Format, "Program header".
 */
#include "kernel.h"

struct elf_header {
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version, entry, program_offset, section_offset, flags;
  uint16_t header_size, program_size, program_count;
};

struct elf_program {
  uint32_t type, offset, address, physical, file_size, memory_size, flags, align;
};

enum { SEGMENT_LOAD = 1, SEGMENT_WRITABLE = 2 };

/* The page is not mapped where we could write to it: it is filled through the identity map. */
static void fill(uint8_t* frame, uint32_t page, const uint8_t* image, const struct elf_program* p) {
  for (uint32_t i = 0; i < PAGE_SIZE; i++) {
    uint32_t at = page + i - p->address;
    if (page + i >= p->address && at < p->file_size) frame[i] = image[p->offset + at];
  }
}

static bool load_segment(uint32_t* directory, const uint8_t* image, const struct elf_program* p) {
  uint32_t flags = PAGE_USER | ((p->flags & SEGMENT_WRITABLE) != 0 ? PAGE_WRITABLE : 0);
  uint32_t first = p->address & ~(PAGE_SIZE - 1);
  for (uint32_t page = first; page < p->address + p->memory_size; page += PAGE_SIZE) {
    uint32_t frame = frame_alloc();
    if (frame == 0 || !page_map(directory, page, frame, flags)) return false;
    fill((uint8_t*)frame, page, image, p);
  }
  return true;
}

uint32_t program_load(uint32_t* directory, const uint8_t* image, uint32_t* end) {
  const struct elf_header* header = (const struct elf_header*)image;
  *end = USER_BASE;
  for (unsigned i = 0; i < header->program_count; i++) {
    const struct elf_program* p = (const struct elf_program*)(image + header->program_offset) + i;
    if (p->type != SEGMENT_LOAD || p->memory_size == 0) continue;
    if (!load_segment(directory, image, p)) return 0;
    uint32_t stop = (p->address + p->memory_size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (stop > *end) *end = stop;
  }
  return header->entry;
}
