/* SPDX-License-Identifier: MIT
 *
 * runtime.h - what the files of the runtime offer to each other, and not to a guest.
 */
#ifndef RUNTIME_H
#define RUNTIME_H

#include "kit.h"

struct kit_multiboot {
  uint32_t flags, kib_below_1_mib, kib_above_1_mib, boot_device, command_line;
};

void kit_serial_init(void);
void kit_serial_put(char c);
void kit_screen_init(void);
void kit_screen_put(char c);
void kit_keep_command_line(const struct kit_multiboot* information);
/* The mode's own. */
void kit_set_kernel_stack(uintptr_t top);
void kit_set_gate(uint8_t vector, uintptr_t door);

void kit_trap(struct kit_frame* frame);
void kit_traps_init(void);
bool kit_all_checks_held(void);

#endif
