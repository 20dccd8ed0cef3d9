/* SPDX-License-Identifier: MIT
 *
 * start.c - the order in which the runtime comes up, and how a guest ends.
 */
#include "runtime.h"

void kit_exit(uint8_t code) {
  out8(GUEST_DEBUG_EXIT_PORT, code);
  for (;;)
    __asm__ volatile("cli; hlt"); /* a machine without the debug exit */
}

void kit_start(uint32_t magic, const struct kit_multiboot* information) {
  kit_serial_init();
  kit_screen_init();
  if (magic != GUEST_MULTIBOOT_BOOT_MAGIC) {
    kit_say("not started by a multiboot loader\n");
    kit_exit(GUEST_EXIT_PANIC);
  }
  kit_keep_command_line(information);
  kit_load_segments();
  kit_traps_init();
  kit_move_irqs();
  kit_main();
  kit_exit(kit_all_checks_held() ? GUEST_EXIT_SUCCESS : GUEST_EXIT_FAILURE);
}
