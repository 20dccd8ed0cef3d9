/* SPDX-License-Identifier: MIT
 *
 * serial.c - the 16550 UART at COM1, written to byte by byte.
 *
 * Output only, and by asking: a kernel that is about to die must still be able to speak, so the
 * console may not depend on interrupts.
 * Source: National Semiconductor PC16550D data sheet, "Registers".
 */
#include "guest_abi.h"
#include "kernel.h"
#include "port.h"

enum {
  DATA = GUEST_SERIAL_PORT + 0,
  INTERRUPT_ENABLE = GUEST_SERIAL_PORT + 1,
  FIFO_CONTROL = GUEST_SERIAL_PORT + 2,
  LINE_CONTROL = GUEST_SERIAL_PORT + 3,
  MODEM_CONTROL = GUEST_SERIAL_PORT + 4,
  LINE_STATUS = GUEST_SERIAL_PORT + 5,
};

void serial_init(void) {
  out8(INTERRUPT_ENABLE, 0x00);
  out8(LINE_CONTROL, 0x80); /* divisor latch: the first two ports now hold the baud rate */
  out8(DATA, 1);            /* 115200 baud divided by 1 */
  out8(INTERRUPT_ENABLE, 0);
  out8(LINE_CONTROL, 0x03);  /* 8 data bits, no parity, 1 stop bit; latch closed */
  out8(FIFO_CONTROL, 0x07);  /* FIFOs on and emptied */
  out8(MODEM_CONTROL, 0x03); /* tell the other end that we are here */
}

void serial_put(char c) {
  while ((in8(LINE_STATUS) & 0x20) == 0) { /* transmit holding register still full */
  }
  out8(DATA, (uint8_t)c);
}
