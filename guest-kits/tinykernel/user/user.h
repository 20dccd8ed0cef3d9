/* SPDX-License-Identifier: MIT
 *
 * user.h - what a program of tinykernel can call.
 */
#ifndef USER_H
#define USER_H

#include <stdint.h>

#include "system_call_numbers.h"

/* start.asm. Returns what the kernel left in EAX. */
uintptr_t kernel_call(uint32_t number, uintptr_t first, uintptr_t second);

/* say.c. Text, with each %u replaced by the next of the two values. */
void write_text(const char* format, uint32_t first, uint32_t second);

/* The same, when it is our turn: lines of all programs come in the same order on every machine. */
void say(const char* format, uint32_t first, uint32_t second);

#endif
