/* SPDX-License-Identifier: MIT
 *
 * vga.c - the text screen: 80 by 25 cells of two bytes at 0xB8000.
 *
 * The screen is plain memory, so writing to it needs no privileged instruction at all; only the
 * cursor lives behind ports.
 * Source: IBM VGA, "CRT controller registers", index 0x0e and 0x0f.
 */
#include "kernel.h"
#include "port.h"

enum { COLUMNS = 80, ROWS = 25, GREY_ON_BLACK = 0x0700, WHITE_ON_BLUE = 0x1f00 };
enum { CRT_INDEX = 0x3d4, CRT_DATA = 0x3d5 };

static volatile uint16_t* const screen = (uint16_t*)0xb8000;
static unsigned row, column;

static void clear_row(unsigned which) {
  for (unsigned i = 0; i < COLUMNS; i++) screen[which * COLUMNS + i] = GREY_ON_BLACK | ' ';
}

void vga_init(void) {
  for (unsigned i = 0; i < ROWS; i++) clear_row(i);
  row = column = 0;
}

static void next_row(void) {
  column = 0;
  if (row + 1 < ROWS) {
    row++;
    return;
  }
  for (unsigned i = 0; i < (ROWS - 1) * COLUMNS; i++) screen[i] = screen[i + COLUMNS];
  clear_row(ROWS - 1);
}

void vga_put(char c) {
  if (c == '\n') {
    next_row();
    return;
  }
  if (column == COLUMNS) next_row();
  screen[row * COLUMNS + column] = (uint16_t)(GREY_ON_BLACK | (uint8_t)c);
  column++;
}

/* Four port writes, so once per text and not once per character. */
void vga_show_cursor(void) {
  unsigned cell = row * COLUMNS + (column < COLUMNS ? column : COLUMNS - 1);
  out8(CRT_INDEX, 0x0e);
  out8(CRT_DATA, (uint8_t)(cell >> 8));
  out8(CRT_INDEX, 0x0f);
  out8(CRT_DATA, (uint8_t)cell);
}

/* The top right cell belongs to the keyboard: it shows the last key and nothing else writes there
 * until the text scrolls. */
void vga_corner(char c) { screen[COLUMNS - 1] = (uint16_t)(WHITE_ON_BLUE | (uint8_t)c); }
