/* SPDX-License-Identifier: MIT
 *
 * serial.c - text out through the 16550 at COM1, byte by byte, without interrupts.
 *
 * Source: National Semiconductor PC16550D data sheet, "Registers".
 */
#include "runtime.h"

void kit_serial_init(void) {
  out8(GUEST_SERIAL_PORT + 1, 0x00); /* no interrupts */
  out8(GUEST_SERIAL_PORT + 3, 0x80); /* divisor latch: */
  out8(GUEST_SERIAL_PORT + 0, 1);    /* 115200 baud */
  out8(GUEST_SERIAL_PORT + 1, 0);
  out8(GUEST_SERIAL_PORT + 3, 0x03); /* 8 data bits, no parity, 1 stop bit */
  out8(GUEST_SERIAL_PORT + 2, 0x07); /* FIFOs on and emptied */
}

void kit_serial_put(char c) {
  while ((in8(GUEST_SERIAL_PORT + 5) & 0x20) == 0) { /* still full */
  }
  out8(GUEST_SERIAL_PORT, (uint8_t)c);
}
