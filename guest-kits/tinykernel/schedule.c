/* SPDX-License-Identifier: MIT
 *
 * schedule.c - round-robin: who runs next, and for how long.
 *
 * The scheduler is a thread of control of its own, on the stack on which the kernel booted. A
 * process that gives up the CPU switches to it, and it switches to the next one. Ring 3 is
 * preempted at the first tick at which somebody else is ready; the kernel itself is interrupted
 * but never preempted.
 *
 * Interrupts are off, once, during every switch.
 */
#include "kernel.h"

extern void switch_stacks(uintptr_t** save, uintptr_t* load); /* vectors.asm */

static uintptr_t* scheduler_stack_pointer;
static unsigned last_run; /* index into processes */

/* The first ready one after the one that ran last; null if nobody is ready. */
static struct process* next_ready(void) {
  for (unsigned i = 1; i <= PROCESSES; i++) {
    struct process* p = &processes[(last_run + i) % PROCESSES];
    if (p->state == PROCESS_READY) return p;
  }
  return NULL;
}

static bool anybody_lives(void) {
  for (unsigned i = 0; i < PROCESSES; i++) {
    if (processes[i].state != PROCESS_FREE) return true;
  }
  return false;
}

static void run(struct process* p) {
  last_run = (unsigned)(p - processes);
  p->state = PROCESS_RUNNING;
  statistics.switches++;
  address_space_enter(p->directory);
  segments_set_kernel_stack(p->kernel_stack + PAGE_SIZE); /* it is empty while ring 3 runs */
  current = p;
  switch_stacks(&scheduler_stack_pointer, p->stack_pointer);
  current = NULL;
  if (p->state == PROCESS_DEAD) process_reap(p);
}

void schedule_until_all_are_dead(void) {
  while (anybody_lives()) {
    struct process* p = next_ready();
    if (p != NULL) {
      run(p);
    } else {
      statistics.idle_waits++;
      interrupts_wait();
    }
  }
}

/* Returns when the current process is chosen again. */
void give_up_cpu(enum process_state state) {
  if (!interrupts_off_once()) panic("CPU given up with interrupts not off once");
  current->state = state;
  switch_stacks(&current->stack_pointer, scheduler_stack_pointer);
}

void timer_tick(bool from_user) {
  statistics.ticks++;
  for (unsigned i = 0; i < PROCESSES; i++) {
    struct process* p = &processes[i];
    /* As a difference, so that the counter may wrap. */
    if (p->state == PROCESS_SLEEPING && (int32_t)(statistics.ticks - p->wake_tick) >= 0) {
      p->state = PROCESS_READY;
    }
  }
  if (from_user && next_ready() != NULL) {
    statistics.preemptions++;
    give_up_cpu(PROCESS_READY);
  }
}

void sleep_ticks(uint32_t ticks) {
  interrupts_off();
  current->wake_tick = statistics.ticks + ticks;
  give_up_cpu(PROCESS_SLEEPING);
  interrupts_on();
}
