/* SPDX-License-Identifier: MIT
 *
 * say.c - one line of text, handed to the kernel in one piece.
 *
 * The buffer is on the stack: the first call of a program makes the kernel read a page that the
 * program itself had the kernel provide a moment before.
 */
#include "user.h"

enum { LINE = 120 };

static char* append_number(char* at, uint32_t value) {
  char digits[10];
  unsigned count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0) *at++ = digits[--count];
  return at;
}

void write_text(const char* format, uint32_t first, uint32_t second) {
  char line[LINE];
  char* at = line;
  *at++ = '[';
  at = append_number(at, (uint32_t)kernel_call(CALL_GETPID, 0, 0));
  *at++ = ']';
  *at++ = ' ';
  for (; *format != 0 && at < line + LINE - 11; format++) {
    if (format[0] == '%' && format[1] == 'u') {
      at = append_number(at, first);
      first = second;
      format++;
    } else {
      *at++ = *format;
    }
  }
  *at++ = '\n';
  kernel_call(CALL_WRITE, (uintptr_t)line, (uintptr_t)(at - line));
}

void say(const char* format, uint32_t first, uint32_t second) {
  kernel_call(CALL_TURN_TAKE, 0, 0);
  write_text(format, first, second);
  kernel_call(CALL_TURN_PASS, 0, 0);
}
