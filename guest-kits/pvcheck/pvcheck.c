// SPDX-License-Identifier: MIT
//
// pvcheck.c - a paravirtual guest that uses Xen's interface and checks what it gets.
//
// One line for each check on Xen's own console, then poweroff; a failed check ends in a crash.
// With the command line "spin" it only uses up CPU time, and with "nap" it waits for a timer again
// and again and says how late it was woken at worst: two neighbours for a scheduler.
// Both widths from one source: what differs is in the entries and in xen_guest.h.

#include "xen_guest.h"

static volatile unsigned last_vector, events, system_calls;
static volatile word last_error, last_address, last_ip, resume_at, program_vector, program_cs;
static unsigned checks, failed;
static struct start_info *start;
static struct shared_info *shared = (struct shared_info *)0x300000;  // a page that is mapped there
static volatile unsigned pending_seen[8];

static size_t length(const char *text) {
  size_t n = 0;
  while (text[n] != 0) {
    ++n;
  }
  return n;
}

static void say(const char *text) { hypercall3(console_io, CONSOLEIO_write, length(text), text); }

static void check(const char *what, int holds) {
  ++checks;
  failed += !holds;
  say(holds ? "ok " : "FAILED ");
  say(what);
  say("\n");
}

static void end(unsigned reason) {
  struct sched_shutdown shutdown = {reason};
  hypercall2(sched_op, SCHEDOP_shutdown, &shutdown);
  for (;;) {
  }
}

static word fault_address(void) {
  word address;
  __asm__ volatile("mov %%cr2, %0" : "=r"(address));
  return address;
}

// The events that are pending: noted by port, then cleared.
static void serve_events(void) {
  struct vcpu_info *info = &shared->vcpu_info[0];
  info->evtchn_upcall_pending = 0;
  info->evtchn_pending_sel = 0;
  for (unsigned port = 0; port < 8; ++port) {
    if (shared->evtchn_pending[0] >> port & 1) {
      shared->evtchn_pending[0] &= ~((word)1 << port);
      ++pending_seen[port];
      ++events;
    }
  }
}

static void program_ended(void);

void on_trap(struct frame *frame) {
  last_vector = (unsigned)frame->vector;
  last_error = frame->error;
  last_ip = frame->ip;
  if (frame->vector == 0x100) {
    serve_events();
    return;
  }
  if (frame->vector == 14) {
    last_address = fault_address();
  }
  if (frame->vector == 0x102) {
    ++system_calls;
    return;
  }
  if (frame->vector == 0x81) {  // the program has done its part
    program_vector = frame->vector;
    program_cs = frame->cs & 0xffff;
    program_ended();
  }
  if (resume_at != 0) {
    frame->ip = resume_at;
    resume_at = 0;
  }
}

// Runs an instruction that traps; the handler goes on behind it.
#define TRAPS(instruction)                                               \
  do {                                                                   \
    last_vector = 0xffff;                                                \
    __asm__ volatile("mov $1f, %%" SHORT_AX "\n mov %%" SHORT_AX         \
                     ", %0\n" instruction "\n1:"                         \
                     : "=m"(resume_at)                                   \
                     :                                                   \
                     : WIDE_AX, WIDE_CX, WIDE_DX, "memory");             \
  } while (0)
#ifdef __x86_64__
#define SHORT_AX "rax"
#define WIDE_AX "rax"
#define WIDE_CX "rcx"
#define WIDE_DX "rdx"
#else
#define SHORT_AX "eax"
#define WIDE_AX "eax"
#define WIDE_CX "ecx"
#define WIDE_DX "edx"
#endif

static void set_up_traps(void) {
  static struct trap_info table[257];
  for (unsigned i = 0; i < 256; ++i) {
    table[i].vector = (unsigned char)i;
    table[i].flags = i == 0x80 || i == 0x81 || i == 3 ? 3 : 0;
    table[i].cs = FLAT_KERNEL_CS;
    table[i].address = traps[i];
  }
  check("set_trap_table", hypercall1(set_trap_table, table) == 0);
#ifdef __x86_64__
  check("set_callbacks",
        hypercall3(set_callbacks, on_event_entry, on_failsafe_entry, on_syscall_entry) == 0);
#else
  check("set_callbacks", hypercall4(set_callbacks, FLAT_KERNEL_CS, on_event_entry, FLAT_KERNEL_CS,
                                    on_failsafe_entry) == 0);
#endif
}

static void check_traps(void) {
  TRAPS("ud2");
  check("UD2 reaches the handler of #UD", last_vector == 6);
  TRAPS("int3");
  check("INT3 reaches the handler of #BP", last_vector == 3);
  TRAPS("int $0x80");
  check("INT 0x80 reaches its handler", last_vector == 0x80);
  TRAPS("int $0x30");
  check("INT without the right to it is #GP", last_vector == 13 && last_error == 0x30 * 8 + 2);
  TRAPS("xor %%edx, %%edx\n xor %%ecx, %%ecx\n div %%ecx");
  check("a division by zero reaches the handler of #DE", last_vector == 0);
  TRAPS("hlt");
  check("HLT is #GP", last_vector == 13 && last_error == 0);
  TRAPS("mov 0x7f000000, %%eax");
  check("a read of nothing is #PF with its address",
        last_vector == 14 && last_address == 0x7f000000 && last_error == 0);
  TRAPS("movl $1, 0x7f000004");
  check("a write of nothing says so", last_vector == 14 && last_error == 2);
  unsigned a = 0x40000000, b, c, d;
  __asm__ volatile("ud2; .ascii \"xen\"; cpuid" : "+a"(a), "=b"(b), "=c"(c), "=d"(d));
  check("the forced CPUID shows Xen", b == 0x566e6558 && c == 0x65584d4d && d == 0x4d4d566e);
  word cr3;
  __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
  check("CR3 can be read", cr3 != 0);
}

static void check_memory(void) {
  check("the shared page maps",
        update_va_mapping((word)shared, (u64)start->shared_info | 7) == 0);
  check("events are masked at first", shared->vcpu_info[0].evtchn_upcall_mask == 1);
  check("the tables are read-only", ({
          last_vector = 0xffff;
          word root = start->pt_base;
          __asm__ volatile("mov $1f, %%" SHORT_AX "\n mov %%" SHORT_AX
                           ", %0\n movl $0, (%1)\n1:"
                           : "=m"(resume_at)
                           : "r"(root)
                           : WIDE_AX, "memory");
          last_vector == 14 && last_error == 3;
        }));
  const word *list = (const word *)start->mfn_list;
  const u64 root = (u64)list[start->pt_base >> 12] << 12;
  check("a table cannot be made writable", update_va_mapping(0x301000, root | 7) < 0);
  check("Xen's frames cannot be mapped", update_va_mapping(0x301000, 7) < 0);
}

static u64 clock(void) {
  unsigned low, high;
  __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
  return (u64)high << 32 | low;
}

static void wait_until(u64 at, unsigned timer_port) {
#ifdef __x86_64__
  hypercall1(set_timer_op, at);
#else
  hypercall2(set_timer_op, at & 0xffffffff, at >> 32);
#endif
  shared->vcpu_info[0].evtchn_upcall_mask = 1;
  while (pending_seen[timer_port] == 0) {
    hypercall2(sched_op, SCHEDOP_block, 0);
  }
}

static void check_events(void) {
  struct evtchn_bind_ipi bind = {0, 0};
  check("an IPI port is bound", hypercall2(event_channel_op, EVTCHNOP_bind_ipi, &bind) == 0);
  struct evtchn_send send = {bind.port};
  hypercall2(event_channel_op, EVTCHNOP_send, &send);
  check("a masked event waits", events == 0 && shared->vcpu_info[0].evtchn_upcall_pending == 1);
  shared->vcpu_info[0].evtchn_upcall_mask = 0;
  hypercall2(xen_version, 0, 0);  // any way out of Xen delivers it
  check("an unmasked event comes", events == 1 && pending_seen[bind.port] == 1);
  check("the mask is open again after it", shared->vcpu_info[0].evtchn_upcall_mask == 0);

  struct evtchn_bind_virq timer = {VIRQ_TIMER, 0, 0};
  check("the timer is bound", hypercall2(event_channel_op, EVTCHNOP_bind_virq, &timer) == 0);
  hypercall3(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
  const u64 at = clock() + 3000000;
  wait_until(at, timer.port);
  const u64 after = clock();
  check("the timer ends a wait on time", after >= at && after < at + 1000000);

  struct sched_poll poll;
  evtchn_port_t port = bind.port;
  set_xen_guest_handle(poll.ports, &port);
  poll.nr_ports = 1;
  poll.timeout = after + 2000000;
  shared->vcpu_info[0].evtchn_upcall_mask = 1;
  check("a poll without news times out", hypercall2(sched_op, SCHEDOP_poll, &poll) == 0);
  check("and not before", clock() >= after + 2000000);
}

static void check_multicall(void) {
  static struct multicall_entry list[3];
  list[0].op = __HYPERVISOR_xen_version;
  list[0].args[0] = XENVER_pagesize;
  list[1].op = 11;
  list[2].op = __HYPERVISOR_xen_version;
  check("multicall", hypercall2(multicall, list, 3) == 0);
  check("each has its result",
        list[0].result == 4096 && (long)list[1].result == -38 && list[2].result == (4 << 16 | 17));
}

// --- a program: ring 3, told apart from the kernel by Xen
static char program_stack[4096] __attribute__((aligned(4096)));
static char kernel_stack[8192];  // of the traps that interrupt it

static void program(void) {
#ifdef __x86_64__
  word result;
  __asm__ volatile("syscall" : "=a"(result) : "0"(7) : "rcx", "r11", "memory");
#endif
  __asm__ volatile("int $0x81");
  for (;;) {
  }
}

static void finish(void) __attribute__((noreturn));
static void finish(void) {
  say(failed == 0 ? "pvcheck: all passed\n" : "pvcheck: FAILED\n");
  end(failed == 0 ? SHUTDOWN_poweroff : SHUTDOWN_crash);
  for (;;) {
  }
}

static void program_ended(void) {
  check("a program runs and its INT reaches the kernel", program_vector == 0x81);
  check("in ring 3", (program_cs & 3) == 3);
#ifdef __x86_64__
  check("its SYSCALL reaches the kernel and returns", system_calls == 1);
#endif
  finish();
}

static void run_program(void) {
#ifdef __x86_64__
  struct mmuext_op op = {.cmd = MMUEXT_NEW_USER_BASEPTR};
  const word *list = (const word *)start->mfn_list;
  op.arg1.mfn = list[start->pt_base >> 12];
  check("programs get page tables", hypercall4(mmuext_op, &op, 1, 0, DOMID_SELF) == 0);
  check("the kernel gets a stack", hypercall2(stack_switch, 0xe02b, kernel_stack + sizeof kernel_stack) == 0);
#else
  // Ring 1's pages are supervisor pages: what the program needs is opened to ring 3.
  const word *list = (const word *)start->mfn_list;
  const word code = (word)&program & ~(word)4095, stack = (word)program_stack;
  check("its code is opened",
        update_va_mapping(code, (u64)list[code >> 12] << 12 | 7) == 0 &&
            update_va_mapping(code + 4096, (u64)list[(code >> 12) + 1] << 12 | 7) == 0 &&
            update_va_mapping(stack, (u64)list[stack >> 12] << 12 | 7) == 0);
  check("the kernel gets a stack", hypercall2(stack_switch, 0xe021, kernel_stack + sizeof kernel_stack) == 0);
#endif
  enter_program((word)&program, (word)(program_stack + sizeof program_stack - 64));
}

static void nap(void) {
  struct evtchn_bind_virq timer = {VIRQ_TIMER, 0, 0};
  hypercall2(event_channel_op, EVTCHNOP_bind_virq, &timer);
  hypercall3(vcpu_op, VCPUOP_stop_periodic_timer, 0, 0);
  u64 worst = 0;
  for (unsigned i = 0; i < 100; ++i) {
    pending_seen[timer.port] = 0;
    const u64 due = clock() + 1000000;
    wait_until(due, timer.port);
    const u64 late = clock() - due;
    worst = late > worst ? late : worst;
  }
  char digits[24];
  char *at = digits + sizeof digits - 1;
  *at = 0;
  for (unsigned ns = (unsigned)worst; *at == 0 || ns != 0; ns /= 10) {
    *--at = (char)('0' + ns % 10);
  }
  say("nap: woken late by ");
  say(at);
  say(" ns at worst\n");
  end(SHUTDOWN_poweroff);
}

static void spin(void) {
  for (volatile word turns = 0;; ++turns) {
  }
}

void check_main(struct start_info *given) {
  start = given;
  say("pvcheck\n");
  if (start->cmd_line[0] == 's') {
    spin();
  }
  if (start->cmd_line[0] == 'n') {
    set_up_traps();
    update_va_mapping((word)shared, (u64)start->shared_info | 7);
    nap();
  }
  check("start_info has its magic", start->magic[0] == 'x' && start->magic[4] == '3');
  check("xen_version", hypercall2(xen_version, XENVER_version, 0) == (4 << 16 | 17));
  set_up_traps();
  check_memory();
  check_traps();
  check_events();
  check_multicall();
  run_program();
}
