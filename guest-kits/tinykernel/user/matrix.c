/* SPDX-License-Identifier: MIT
 *
 * matrix.c - powers of a matrix: memory that is there from the start, read far more than written.
 */
#include "user.h"

enum { N = 32, STEPS = 24 };

typedef uint32_t matrix[N][N];

static matrix base, power, product;

/* product = power * base; arithmetic is modulo 2^32, so the result is exact on every machine. */
static void multiply(void) {
  for (unsigned i = 0; i < N; i++) {
    for (unsigned j = 0; j < N; j++) {
      uint32_t sum = 0;
      for (unsigned k = 0; k < N; k++) sum += power[i][k] * base[k][j];
      product[i][j] = sum;
    }
  }
}

static void keep_product(void) {
  for (unsigned i = 0; i < N; i++) {
    for (unsigned j = 0; j < N; j++) power[i][j] = product[i][j];
  }
}

static uint32_t trace(void) {
  uint32_t sum = 0;
  for (unsigned i = 0; i < N; i++) sum += power[i][i];
  return sum;
}

int main(void) {
  for (unsigned i = 0; i < N; i++) {
    for (unsigned j = 0; j < N; j++) {
      base[i][j] = (i * 7 + j * 13 + 1) % 17;
      power[i][j] = i == j;
    }
  }
  for (uint32_t exponent = STEPS; exponent <= 3 * STEPS; exponent += STEPS) {
    for (unsigned i = 0; i < STEPS; i++) {
      multiply();
      keep_product();
    }
    say("matrix: the trace of its power %u is %u", exponent, trace());
    kernel_call(CALL_YIELD, 0, 0);
  }
  return 0;
}
