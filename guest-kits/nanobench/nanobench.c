/* SPDX-License-Identifier: MIT
 *
 * nanobench.c - the events that cost a monitor something, each in a loop of N.
 *
 * Measures nothing: a guest cannot trust its clock. It marks the beginning and the end of each loop
 * on the debug console ("B cli", "E cli"), and whoever watches counts and weighs what came between.
 * What it does check is that each loop did what it says: handlers count, reads are summed.
 *
 * Command line: n=1000 turns for each loop; only=NAME runs that loop alone.
 */
#include "kit.h"

/* loops.asm, loops64.asm */
void loop_call(uint32_t turns);
void loop_in(uint32_t turns);
void loop_out(uint32_t turns);
void loop_cli(uint32_t turns);
void loop_mov_cr3(uint32_t turns);
void loop_syscall(uint32_t turns);
void loop_divide(uint32_t turns);
void loop_page_fault(uint32_t turns, uint32_t first_address);
uint32_t loop_pte_change(uint32_t turns, uint32_t address, kit_entry* entry, uint32_t flip);
void door_syscall(void);
void door_divide(void);
void door_page_fault(void);

enum { PAGE = 4096, TABLE_PAGES = KIT_TABLE_ENTRIES, FAULTING = 0x40000000, CHANGING = 0x40400000 };

volatile uint32_t handled;
kit_entry* bench_table;

static uint32_t frames[2][PAGE / 4] __attribute__((aligned(8192)));
static uint32_t sum;

/* Present bits away, so that every page faults once more. Outside the marks. */
static void prepare_page_faults(void) {
  for (unsigned i = 0; i < TABLE_PAGES; i++)
    bench_table[i] = (uintptr_t)frames[0] | 6;
  uintptr_t cr3;
  __asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=&r"(cr3) : : "memory");
}

static void run_syscall(uint32_t turns) { kit_run_in_ring3(loop_syscall, turns); }

/* One table has so many pages to fault on; for more turns it is emptied in between. */
static void run_page_fault(uint32_t turns) {
  while (turns > TABLE_PAGES) {
    loop_page_fault(TABLE_PAGES, FAULTING);
    prepare_page_faults();
    turns -= TABLE_PAGES;
  }
  loop_page_fault(turns, FAULTING);
}

/* The two frames lie side by side at an even place: they differ in one bit of the entry. */
static void run_pte_change(uint32_t turns) {
  kit_entry* entry = kit_page_entry(CHANGING);
  *entry = (uintptr_t)frames[0] | 7;
  sum = loop_pte_change(turns, CHANGING, entry, PAGE);
}

struct bench {
  const char* name;
  void (*run)(uint32_t turns);
  bool counts; /* a handler counts each turn */
};

static const struct bench benches[] = {
    {"call", loop_call, false},
    {"in", loop_in, false},
    {"out", loop_out, false},
    {"cli", loop_cli, false},
    {"mov-cr3", loop_mov_cr3, false},
    {"syscall", run_syscall, true},
    {"divide", loop_divide, true},
    {"page-fault", run_page_fault, true},
    {"pte-change", run_pte_change, false},
};
enum { BENCHES = sizeof benches / sizeof benches[0] };

static bool is_same(const char* a, const char* b) {
  while (*a != 0 && *a == *b)
    a++, b++;
  return *a == *b;
}

static void mark(const char* which, const char* name) {
  kit_mark(which);
  kit_mark(name);
  kit_mark("\n");
}

static void run(const struct bench* bench, uint32_t turns) {
  handled = 0;
  sum = 0;
  mark("B ", bench->name);
  bench->run(turns);
  mark("E ", bench->name);
  kit_say("%s n=%u", bench->name, turns);
  if (bench->counts)
    kit_say(" handled=%u", handled);
  kit_say("\n");
  if (bench->counts)
    kit_check(handled == turns, "every turn was handled");
  if (bench->run == run_pte_change) {
    kit_check(sum == (turns + 1) / 2, "every change was seen"); /* the second frame reads 1 */
  }
}

static void set_up(void) {
  frames[0][0] = 0;
  frames[1][0] = 1;
  kit_paging_on();
  bench_table = kit_page_entry(FAULTING);
  prepare_page_faults();
  kit_on_raw(0x80, door_syscall);
  kit_on_raw(0, door_divide);
  kit_on_raw(14, door_page_fault);
}

void kit_main(void) {
  kit_say("nanobench\n");
  uint32_t turns = kit_option_number("n", 1000);
  char only[16] = "";
  bool one = kit_option("only", only, sizeof only);
  if (turns == 0) {
    kit_check(false, "n is at least 1");
    return;
  }
  set_up();
  unsigned ran = 0;
  for (unsigned i = 0; i < BENCHES; i++) {
    if (one && !is_same(only, benches[i].name))
      continue;
    run(&benches[i], turns);
    ran++;
  }
  if (ran == 0) {
    kit_check(false, "only= names one of these loops:");
    for (unsigned i = 0; i < BENCHES; i++)
      kit_say("  %s\n", benches[i].name);
    return;
  }
  kit_say("nanobench: done\n");
}
