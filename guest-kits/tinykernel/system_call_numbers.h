/* SPDX-License-Identifier: MIT
 *
 * system_call_numbers.h - what a program asks the kernel for; shared by both sides.
 *
 * Protected mode: INT 0x80 with the number in EAX and arguments in EBX and ECX. Long mode: SYSCALL
 * with the number in RAX and arguments in RDI and RSI. The result comes back in EAX, -1 for a
 * refusal.
 */
#ifndef SYSTEM_CALL_NUMBERS_H
#define SYSTEM_CALL_NUMBERS_H

enum {
  CALL_EXIT = 1,      /* does not return */
  CALL_WRITE = 2,     /* text, length: writes to the console */
  CALL_GETPID = 3,    /* the number of the process */
  CALL_YIELD = 4,     /* lets others run first */
  CALL_SLEEP = 5,     /* milliseconds, at least */
  CALL_SBRK = 6,      /* bytes, whole pages, also negative: moves the heap's end, gives the old */
  CALL_TURN_TAKE = 7, /* waits until it is this process's turn to speak */
  CALL_TURN_PASS = 8, /* gives the turn to the next process */
  CALL_DIRTY = 9,     /* how many heap pages were written to since they were mapped */
};

#endif
