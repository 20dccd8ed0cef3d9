/* SPDX-License-Identifier: MIT
 *
 * program_file.h - the headers of a 32-bit ELF file.
 */
#ifndef PROGRAM_FILE_H
#define PROGRAM_FILE_H

#include <stdint.h>

struct elf_header {
  uint8_t ident[16];
  uint16_t type, machine;
  uint32_t version, entry, program_offset, section_offset, flags;
  uint16_t header_size, program_size, program_count;
};

struct elf_program {
  uint32_t type, offset, address, physical, file_size, memory_size, flags, align;
};

#endif
