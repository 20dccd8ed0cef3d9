/* SPDX-License-Identifier: MIT
 *
 * pic.c - the two 8259 interrupt controllers, one behind the other.
 *
 * After reset the first one uses vectors 8 to 15, which are the CPU's own exceptions; both are
 * moved to 32 and up. Every line starts masked.
 * Source: Intel 8259A data sheet, "Initialization command words".
 */
#include "kernel.h"
#include "port.h"

enum { FIRST_COMMAND = 0x20, FIRST_DATA = 0x21, SECOND_COMMAND = 0xa0, SECOND_DATA = 0xa1 };
enum { CASCADE_LINE = 2, END_OF_INTERRUPT = 0x20, READ_IN_SERVICE = 0x0b };

void pic_init(void) {
  out8(FIRST_COMMAND, 0x11); /* ICW1: start, four words follow */
  out8(SECOND_COMMAND, 0x11);
  out8(FIRST_DATA, IRQ_BASE); /* ICW2: the first vector */
  out8(SECOND_DATA, IRQ_BASE + 8);
  out8(FIRST_DATA, 1 << CASCADE_LINE); /* ICW3: where the second one is attached */
  out8(SECOND_DATA, CASCADE_LINE);
  out8(FIRST_DATA, 0x01); /* ICW4: 8086 mode, the end of an interrupt is told by hand */
  out8(SECOND_DATA, 0x01);
  out8(FIRST_DATA, 0xff); /* mask everything */
  out8(SECOND_DATA, 0xff);
}

void pic_allow(unsigned irq) { out8(FIRST_DATA, (uint8_t)(in8(FIRST_DATA) & ~(1u << irq))); }

/* A line that drops before the CPU asks which one it was is reported as the lowest one, 7 or 15,
 * without being in service. */
bool pic_is_spurious(unsigned irq) {
  if (irq != 7 && irq != 15) return false;
  uint16_t command = irq == 7 ? FIRST_COMMAND : SECOND_COMMAND;
  out8(command, READ_IN_SERVICE);
  if ((in8(command) & 0x80) != 0) return false;
  if (irq == 15) out8(FIRST_COMMAND, END_OF_INTERRUPT); /* the first one did have an interrupt */
  return true;
}

void pic_done(unsigned irq) {
  if (irq >= 8) out8(SECOND_COMMAND, END_OF_INTERRUPT);
  out8(FIRST_COMMAND, END_OF_INTERRUPT);
}
