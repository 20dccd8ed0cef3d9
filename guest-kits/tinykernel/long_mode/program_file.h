/* SPDX-License-Identifier: MIT
 *
 * program_file.h - the headers of a 64-bit ELF file.
 */
#ifndef PROGRAM_FILE_H
#define PROGRAM_FILE_H

#include <stdint.h>

struct elf_header {
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version;
  uint64_t entry, program_offset, section_offset;
  uint32_t flags;
  uint16_t header_size, program_size, program_count;
};

struct elf_program {
  uint32_t type, flags;
  uint64_t offset, address, physical, file_size, memory_size, align;
};

#endif
