/* SPDX-License-Identifier: MIT
 *
 * screen.c - the mirror of the console: VGA text memory at 0xB8000, grey on black, scrolling.
 */
#include "runtime.h"

enum { COLUMNS = 80, ROWS = 25, BLANK = 0x0720 };

static volatile uint16_t* const cells = (uint16_t*)0xb8000;
static unsigned row, column;

void kit_screen_init(void) {
  for (unsigned i = 0; i < ROWS * COLUMNS; i++)
    cells[i] = BLANK;
  row = column = 0;
}

static void next_row(void) {
  column = 0;
  if (row + 1 < ROWS) {
    row++;
    return;
  }
  for (unsigned i = 0; i < (ROWS - 1) * COLUMNS; i++)
    cells[i] = cells[i + COLUMNS];
  for (unsigned i = (ROWS - 1) * COLUMNS; i < ROWS * COLUMNS; i++)
    cells[i] = BLANK;
}

void kit_screen_put(char c) {
  if (c == '\n' || column == COLUMNS)
    next_row();
  if (c == '\n')
    return;
  cells[row * COLUMNS + column] = (uint16_t)(0x0700 | (uint8_t)c);
  column++;
}
