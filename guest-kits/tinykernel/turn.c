/* SPDX-License-Identifier: MIT
 *
 * turn.c - whose turn it is to speak.
 *
 * Preemption makes the order in which processes get somewhere depend on the speed of the machine.
 * The turn goes round in the order of the process numbers; who waits for it before speaking makes
 * the console text the same on every machine, while the work in between runs in any order.
 */
#include "kernel.h"

static unsigned holder; /* index into processes */

static bool is_alive(const struct process* p) {
  return p->state != PROCESS_FREE && p->state != PROCESS_DEAD;
}

void turn_take(void) {
  interrupts_off();
  while (&processes[holder] != current) give_up_cpu(PROCESS_WAITING);
  interrupts_on();
}

/* To the next living process after the current one, which may be itself. Without effect if the
 * current process does not have the turn. */
void turn_pass(void) {
  interrupts_off();
  if (&processes[holder] == current) {
    for (unsigned i = 0; i < PROCESSES; i++) {
      holder = (holder + 1) % PROCESSES;
      if (is_alive(&processes[holder])) break;
    }
    if (processes[holder].state == PROCESS_WAITING) processes[holder].state = PROCESS_READY;
  }
  interrupts_on();
}
