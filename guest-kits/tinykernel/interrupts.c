/* SPDX-License-Identifier: MIT
 *
 * interrupts.c - who has switched interrupts off, and how many times.
 *
 * Functions that need interrupts off call each other, so the inner one must not switch them back
 * on for the outer one. We count. Saving EFLAGS with PUSHF and restoring it with POPF would do as
 * well, but a counter says what is meant, and it can be asserted: whoever gives up the CPU must
 * have switched interrupts off exactly once.
 *
 * Interrupts are on exactly when the count is zero. The count belongs to the CPU, not to a process.
 * Source: Intel SDM volume 3, "Masking Maskable Hardware Interrupts".
 */
#include "kernel.h"

static unsigned depth = 1; /* the boot loader hands over with interrupts off */

void interrupts_off(void) {
  __asm__ volatile("cli" : : : "memory"); /* first: counting must not be interrupted */
  depth++;
}

void interrupts_on(void) {
  depth--;
  if (depth == 0) __asm__ volatile("sti" : : : "memory");
}

/* An interrupt gate has cleared IF for us, and IRET will restore it: only the count is missing. */
void interrupts_entered(void) { depth++; }

void interrupts_left(void) { depth--; }

bool interrupts_off_once(void) { return depth == 1; }

/* Sleeps until an interrupt came. STI takes effect after the instruction that follows it, so no
 * interrupt can slip in between STI and HLT and leave us asleep with nobody to wake us. */
void interrupts_wait(void) {
  depth--;
  __asm__ volatile("sti; hlt; cli" : : : "memory");
  depth++;
}
