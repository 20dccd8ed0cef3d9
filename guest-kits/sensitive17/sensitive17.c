/* SPDX-License-Identifier: MIT
 *
 * sensitive17.c - what a guest kernel sees through the instructions that do not trap.
 *
 * One line for each: the name, then KEY=VALUE words. Run on the bare machine the answers describe
 * the machine that this kernel set up. Run by a monitor that deprivileged the kernel and relies on
 * traps, some of them describe the monitor's machine: those are why the Pentium could not be
 * virtualized by trap and emulate alone. Nothing here knows which of the two it is.
 *
 * The list has eighteen names; the paper, and everybody after it, counts seventeen.
 */
#include "kit.h"

struct table {
  uint16_t limit;
  uintptr_t base;
} __attribute__((packed));

/* probes.asm, probes64.asm */
void probe_sgdt(struct table* out);
void probe_sidt(struct table* out);
uint32_t probe_sldt(void);
uint32_t probe_smsw(void);
uint32_t probe_pushf(void);
void probe_popf(uint32_t eflags);
uint32_t probe_lar(uint32_t selector);
bool probe_lsl(uint32_t selector, uint32_t* limit);
bool probe_verr(uint32_t selector);
bool probe_verw(uint32_t selector);
uint32_t probe_pop(void);
uint32_t probe_push(void);
uint32_t probe_call(void);
uint32_t probe_jmp(void);
void probe_int(void);
uint32_t probe_ret(void);
uint32_t probe_str(void);
uint32_t probe_mov(void);

#ifdef __x86_64__
enum { LOCAL_TABLE = KIT_FREE_SELECTOR, SMALL_DATA = KIT_FREE_SELECTOR + 16 };
/* 64-bit code can push and pop FS and GS alone. */
static const char popped[] = "gs", pushed[] = "gs";
#else
enum { LOCAL_TABLE = KIT_FREE_SELECTOR, SMALL_DATA = KIT_FREE_SELECTOR + 8 };
static const char popped[] = "ss", pushed[] = "cs";
#endif

enum { INTERRUPT_FLAG = 0x200, ALWAYS_ONE = 2 };

uintptr_t probe_resume; /* where to go on if the probe faults; 0: no probe is running */
static uint32_t fault_vector;

static void on_fault(struct kit_frame* frame) {
  if (probe_resume == 0) {
    kit_say("fault outside a probe: vector %u at %x\n", (uint32_t)frame->vector,
            (uint32_t)frame->ip);
    kit_exit(GUEST_EXIT_PANIC);
  }
  fault_vector = (uint32_t)frame->vector;
  frame->ip = probe_resume;
}

static volatile uint32_t timer_interrupts;

static void on_timer(struct kit_frame* frame) {
  (void)frame;
  timer_interrupts++;
  kit_end_irq(0);
}

static uint32_t saved_cs, saved_flags;

static void on_software_interrupt(struct kit_frame* frame) {
  saved_cs = frame->cs & 0xffff;
  saved_flags = (uint32_t)frame->flags;
}

static const char* yes_or_no(bool yes) { return yes ? "yes" : "no"; }

/* State of our own to be recognised: an LDT, and a small segment of privilege level 0 that is in no
 * segment register. */
static void set_up_machine(void) {
  static uint64_t local_table[1];
  kit_gdt[LOCAL_TABLE / 8] = 0x0000820000000007 | (uint64_t)((uintptr_t)local_table & 0x00ffffff)
                                                      << 16;
  kit_gdt[SMALL_DATA / 8] = 0x0040930000000fff;
  kit_load_segments();
  __asm__ volatile("lldt %%ax" : : "a"(LOCAL_TABLE));

  kit_on(0x20, on_timer);
  kit_on(0x41, on_software_interrupt);
  static const uint8_t faults[] = {6, 10, 11, 12, 13};
  for (unsigned i = 0; i < sizeof faults; i++)
    kit_on(faults[i], on_fault);
}

static void report_table(const char* name, void (*probe)(struct table*)) {
  struct table table = {0, 0};
  probe(&table);
  kit_say("%s base=%x limit=%h\n", name, (uint32_t)table.base, table.limit);
}

/* The task-switched flag of CR0 is set by a privileged MOV; SMSW then reads it without one. */
static void report_smsw(void) {
  uintptr_t cr0;
  __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
  __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | 8));
  kit_say("smsw word=%h\n", probe_smsw());
  __asm__ volatile("mov %0, %%cr0" : : "r"(cr0));
}

static void report_pushf(void) {
  uint32_t flags = probe_pushf();
  kit_say("pushf if=%u iopl=%u\n", flags >> 9 & 1, flags >> 12 & 3);
}

/* One interrupt request, a millisecond from now. */
static void start_timer(void) {
  enum { COUNT = 1193 };
  out8(0x43, 0x30); /* channel 0, low byte then high byte, mode 0: once */
  out8(0x40, COUNT & 0xff);
  out8(0x40, COUNT >> 8);
}

static bool timer_is_requesting(void) {
  out8(0x20, 0x0a); /* the next read gives the requests */
  return (in8(0x20) & 1) != 0;
}

/* Whether the request that is due gets through. IF cannot be asked for without one of the
 * instructions under test, so we watch what it does. */
static bool interrupt_gets_through(uint32_t before) {
  while (timer_interrupts == before && !timer_is_requesting()) {
  }
  for (volatile unsigned i = 0; i < 20000 && timer_interrupts == before; i++) {
  }
  return timer_interrupts != before;
}

static void let_it_through(uint32_t before) {
  __asm__ volatile("sti" : : : "memory");
  while (timer_interrupts == before) {
  }
  __asm__ volatile("cli" : : : "memory");
}

/* POPF is asked to switch interrupts on after CLI, and to switch them off after STI. */
static void report_popf(void) {
  kit_allow_irq(0);
  uint32_t before = timer_interrupts;
  __asm__ volatile("cli" : : : "memory");
  start_timer();
  while (!timer_is_requesting()) {
  }
  probe_popf(ALWAYS_ONE | INTERRUPT_FLAG);
  bool set = interrupt_gets_through(before);
  let_it_through(before);

  before = timer_interrupts;
  __asm__ volatile("sti" : : : "memory");
  probe_popf(ALWAYS_ONE);
  start_timer();
  bool clear = interrupt_gets_through(before);
  let_it_through(before);
  kit_say("popf set=%s clear=%s\n", set ? "delivered" : "held", clear ? "delivered" : "held");
}

static void report_lsl(void) {
  static const struct {
    const char* name;
    uint32_t selector;
  } cases[] = {{"code", KIT_KERNEL_CODE}, {"data", SMALL_DATA}, {"tss", KIT_TASK_STATE}};
  kit_say("lsl");
  for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
    uint32_t limit;
    if (probe_lsl(cases[i].selector, &limit)) {
      kit_say(" %s=%x", cases[i].name, limit);
    } else {
      kit_say(" %s=refused", cases[i].name);
    }
  }
  kit_say("\n");
}

/* For the probes that can fault: which vector, 0 for none, and the selector they saw. */
static void report_guarded(const char* name, const char* key, uint32_t (*probe)(void)) {
  fault_vector = 0;
  uint32_t selector = probe();
  kit_say("%s fault=%u %s=%h\n", name, fault_vector, key, selector);
}

static void report_int(void) {
  fault_vector = 0;
  saved_cs = 0;
  __asm__ volatile("cli");
  probe_int();
  kit_say("int fault=%u cs=%h if=%u\n", fault_vector, saved_cs, saved_flags >> 9 & 1);
}

void kit_main(void) {
  kit_say("sensitive17\n");
  set_up_machine();

  report_table("sgdt", probe_sgdt);
  report_table("sidt", probe_sidt);
  kit_say("sldt selector=%h\n", probe_sldt());
  report_smsw();
  report_pushf();
  report_popf();

  kit_say("lar code=%x data=%x tss=%x\n", probe_lar(KIT_KERNEL_CODE), probe_lar(SMALL_DATA),
          probe_lar(KIT_TASK_STATE));
  report_lsl();
  kit_say("verr code=%s data=%s\n", yes_or_no(probe_verr(KIT_KERNEL_CODE)),
          yes_or_no(probe_verr(SMALL_DATA)));
  kit_say("verw code=%s data=%s\n", yes_or_no(probe_verw(KIT_KERNEL_CODE)),
          yes_or_no(probe_verw(SMALL_DATA)));
  report_guarded("pop", popped, probe_pop);
  kit_say("push %s=%h\n", pushed, probe_push());
  report_guarded("call", "cs", probe_call);
  report_guarded("jmp", "cs", probe_jmp);
  report_int();
  report_guarded("ret", "cs", probe_ret);
  kit_say("str selector=%h\n", probe_str());
  kit_say("mov cs=%h\n", probe_mov());
  kit_say("sensitive17: done\n");
}
