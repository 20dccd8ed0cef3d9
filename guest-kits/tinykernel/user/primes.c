/* SPDX-License-Identifier: MIT
 *
 * primes.c - counts primes by trial division: all registers, hardly any memory.
 *
 * It outlives the others, and sleeps when it is alone: then the kernel has nothing to run.
 */
#include <stdbool.h>

#include "user.h"

static bool is_prime(uint32_t n) {
  if (n < 4) return n >= 2;
  if (n % 2 == 0) return false;
  for (uint32_t d = 3; d * d <= n; d += 2) {
    if (n % d == 0) return false;
  }
  return true;
}

int main(void) {
  uint32_t count = 0;
  uint32_t n = 0;
  for (uint32_t limit = 30000; limit <= 90000; limit += 30000) {
    for (; n < limit; n++) count += is_prime(n);
    say("primes: %u of them below %u", count, limit);
  }
  kernel_call(CALL_TURN_TAKE, 0, 0); /* comes round again when the other two are gone */
  kernel_call(CALL_SLEEP, 5, 0);
  write_text("primes: slept while nobody else was there", 0, 0);
  return 0;
}
