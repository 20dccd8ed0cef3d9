/* SPDX-License-Identifier: MIT
 *
 * port.h - IN and OUT, the two instructions by which a guest reaches its devices.
 *
 * Source: Intel SDM volume 1, chapter "Input/Output".
 */
#ifndef PORT_H
#define PORT_H

#include <stdint.h>

static inline void out8(uint16_t port, uint8_t value) {
  __asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

static inline uint8_t in8(uint16_t port) {
  uint8_t value;
  __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
  return value;
}

#endif
