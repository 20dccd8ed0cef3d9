/* SPDX-License-Identifier: MIT
 *
 * pit.c - the 8254 timer: one tick each millisecond.
 *
 * Source: Intel 8254 data sheet, "Mode 2: rate generator".
 */
#include "kernel.h"
#include "port.h"

enum { CHANNEL_0 = 0x40, COMMAND = 0x43, OSCILLATOR_HZ = 1193182 };

void pit_init(void) {
  uint32_t divisor = OSCILLATOR_HZ / TICKS_PER_SECOND;
  out8(COMMAND, 0x34); /* channel 0, low byte then high byte, mode 2, binary */
  out8(CHANNEL_0, (uint8_t)divisor);
  out8(CHANNEL_0, (uint8_t)(divisor >> 8));
  pic_allow(IRQ_TIMER);
}
