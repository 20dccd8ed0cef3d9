/* SPDX-License-Identifier: MIT
 *
 * option.c - NAME=VALUE words on the multiboot command line.
 *
 * The line is copied at the start: it lies wherever the loader liked, and paging may hide it.
 */
#include "runtime.h"

static char line[256];

void kit_keep_command_line(const struct kit_multiboot* information) {
  if ((information->flags & 4) == 0)
    return;
  const char* from = (const char*)(uintptr_t)information->command_line;
  for (unsigned i = 0; i + 1 < sizeof line && from[i] != 0; i++)
    line[i] = from[i];
}

/* The value if the word at `at` is NAME=..., null otherwise. */
static const char* value_of(const char* at, const char* name) {
  while (*name != 0) {
    if (*at++ != *name++)
      return NULL;
  }
  return *at == '=' ? at + 1 : NULL;
}

bool kit_option(const char* name, char* value, size_t size) {
  const char* at = line;
  while (*at != 0) {
    while (*at == ' ')
      at++;
    const char* from = value_of(at, name);
    if (from != NULL) {
      size_t length = 0;
      while (from[length] != 0 && from[length] != ' ' && length + 1 < size) {
        value[length] = from[length];
        length++;
      }
      value[length] = 0;
      return true;
    }
    while (*at != 0 && *at != ' ')
      at++;
  }
  return false;
}

uint32_t kit_option_number(const char* name, uint32_t otherwise) {
  char text[12];
  if (!kit_option(name, text, sizeof text) || text[0] == 0)
    return otherwise;
  uint32_t number = 0;
  for (const char* digit = text; *digit != 0; digit++) {
    if (*digit < '0' || *digit > '9')
      return otherwise;
    number = number * 10 + (uint32_t)(*digit - '0');
  }
  return number;
}
