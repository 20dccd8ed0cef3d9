/* SPDX-License-Identifier: MIT
 *
 * say.c - text, checks and marks: how a guest tells what it saw.
 */
#include <stdarg.h>

#include "runtime.h"

static bool a_check_failed;

static void put(char c) {
  kit_serial_put(c);
  kit_screen_put(c);
}

static void put_text(const char* text) {
  for (; *text != 0; text++)
    put(*text);
}

static void put_decimal(uint32_t value) {
  char digits[10];
  unsigned count = 0;
  do {
    digits[count++] = (char)('0' + value % 10);
    value /= 10;
  } while (value != 0);
  while (count > 0)
    put(digits[--count]);
}

static void put_hexadecimal(uint32_t value, int digits) {
  while (--digits >= 0)
    put("0123456789abcdef"[value >> (4 * digits) & 15]);
}

void kit_say(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  for (; *format != 0; format++) {
    if (*format != '%' || format[1] == 0) {
      put(*format);
      continue;
    }
    format++;
    switch (*format) {
      case 's':
        put_text(va_arg(arguments, const char*));
        break;
      case 'u':
        put_decimal(va_arg(arguments, uint32_t));
        break;
      case 'x':
        put_hexadecimal(va_arg(arguments, uint32_t), 8);
        break;
      case 'h':
        put_hexadecimal(va_arg(arguments, uint32_t), 4);
        break;
      default:
        put(*format);
        break;
    }
  }
  va_end(arguments);
}

void kit_check(bool holds, const char* what) {
  kit_say("check %s: %s\n", holds ? "ok" : "failed", what);
  if (!holds)
    a_check_failed = true;
}

bool kit_all_checks_held(void) { return !a_check_failed; }

void kit_mark(const char* text) {
  for (; *text != 0; text++)
    out8(GUEST_DEBUG_CONSOLE_PORT, (uint8_t)*text);
}
