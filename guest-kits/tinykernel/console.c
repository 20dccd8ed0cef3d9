/* SPDX-License-Identifier: MIT
 *
 * console.c - text for people: to the serial line, and mirrored to the screen.
 *
 * A text is written with interrupts off, so that two texts never mix.
 */
#include <stdarg.h>

#include "guest_abi.h"
#include "kernel.h"
#include "port.h"

static void put(char c) {
  serial_put(c);
  vga_put(c);
}

void console_write(const char* text, size_t length) {
  interrupts_off();
  for (size_t i = 0; i < length; i++) put(text[i]);
  vga_show_cursor();
  interrupts_on();
}

static void put_number(uint32_t value, uint32_t base, unsigned least_digits) {
  char digits[10];
  unsigned count = 0;
  do {
    digits[count++] = "0123456789abcdef"[value % base];
    value /= base;
  } while (value != 0 || count < least_digits);
  while (count > 0) put(digits[--count]);
}

/* Knows %s, %u and %x (always eight digits: in a kernel it is nearly always an address). */
void print(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  interrupts_off();
  for (const char* at = format; *at != 0; at++) {
    if (*at != '%') {
      put(*at);
      continue;
    }
    at++;
    if (*at == 's') {
      for (const char* s = va_arg(arguments, const char*); *s != 0; s++) put(*s);
    } else if (*at == 'u') {
      put_number(va_arg(arguments, uint32_t), 10, 1);
    } else if (*at == 'x') {
      put_number(va_arg(arguments, uint32_t), 16, 8);
    }
  }
  vga_show_cursor();
  interrupts_on();
  va_end(arguments);
}

/* Machines with a debug exit stop inside the OUT. On the others it reaches nobody and we halt. */
void machine_exit(uint8_t code) {
  interrupts_off();
  out8(GUEST_DEBUG_EXIT_PORT, code);
  for (;;) __asm__ volatile("cli; hlt");
}

void panic(const char* why) {
  print("panic: %s\n", why);
  machine_exit(GUEST_EXIT_PANIC);
}
