/* SPDX-License-Identifier: MIT
 *
 * keyboard.c - the 8042: shows the last key in the corner of the screen.
 *
 * Nothing else happens to a key. The console text must not depend on who leans on the keyboard.
 * Source: IBM PC AT Technical Reference, "Keyboard controller" and "Keyboard scan codes", set 1.
 */
#include "kernel.h"
#include "port.h"

enum { DATA = 0x60, STATUS = 0x64, COMMAND = 0x64 };
enum { OUTPUT_FULL = 1, INPUT_FULL = 2, RELEASED = 0x80 };

static const char keys[] = "??1234567890-=??qwertyuiop[]??asdfghjkl;'`?\\zxcvbnm,./";

static void wait_until_it_listens(void) {
  for (unsigned i = 0; i < 1000 && (in8(STATUS) & INPUT_FULL) != 0; i++) { /* or is not there */
  }
}

void keyboard_init(void) {
  wait_until_it_listens();
  out8(COMMAND, 0xae); /* let the keyboard speak */
  wait_until_it_listens();
  out8(COMMAND, 0x60); /* the next byte is the configuration: */
  wait_until_it_listens();
  out8(DATA, 0x41); /* raise IRQ 1, translate to scan code set 1 */
  for (unsigned i = 0; i < 16 && (in8(STATUS) & OUTPUT_FULL) != 0; i++) (void)in8(DATA);
  pic_allow(IRQ_KEYBOARD);
}

void keyboard_interrupt(void) {
  uint8_t code = in8(DATA); /* reading it also takes the interrupt request away */
  if ((code & RELEASED) == 0) vga_corner(code < sizeof keys - 1 ? keys[code] : '?');
}
