/* SPDX-License-Identifier: MIT
 *
 * kernel.c - the kernel's life from beginning to end. Start reading here.
 *
 * Tinykernel boots, runs three programs side by side until each has ended, says how it went, and
 * stops. Its console text is the same on every machine: nothing printed depends on speed, on the
 * amount of memory or on the compiler.
 */
#include "guest_abi.h"
#include "kernel.h"

/* Source: Multiboot Specification, "Boot information format"; only what we read. */
struct multiboot_information {
  uint32_t flags; /* bit 0: the two sizes are valid */
  uint32_t kib_below_1_mib, kib_above_1_mib;
};

extern const uint8_t program_primes[], program_matrix[], program_pages[]; /* programs.asm */

static uint32_t memory_size(uint32_t magic, const struct multiboot_information* information) {
  if (magic != GUEST_MULTIBOOT_BOOT_MAGIC) panic("not started by a multiboot loader");
  if ((information->flags & 1) == 0) panic("the loader does not say how much memory there is");
  uint32_t size = (1u << 20) + information->kib_above_1_mib * 1024;
  if (size < MANAGED_MEMORY) panic("less than 8 MiB of memory");
  return size;
}

static const char* yes_or_no(bool yes) { return yes ? "yes" : "no"; }

static bool summarise(uint32_t frames_before) {
  bool preempted = statistics.preemptions > 0;
  bool idled = statistics.idle_waits > 0;
  bool demanded = statistics.demand_pages > 0;
  bool returned = frames_free() == frames_before;
  print("summary: %u processes, %u exited, %u killed\n", statistics.created, statistics.exited,
        statistics.killed);
  print("preemption: %s\n", yes_or_no(preempted));
  print("idle: %s\n", yes_or_no(idled));
  print("pages on demand: %s\n", yes_or_no(demanded));
  print("all frames returned: %s\n", yes_or_no(returned));
  return preempted && idled && demanded && returned;
}

void kernel_main(uint32_t magic, const struct multiboot_information* information) {
  serial_init();
  vga_init();
  print("tinykernel\n");

  frames_init(memory_size(magic, information)); /* reads low memory: before paging hides page 0 */
  print("memory: %u MiB in frames of %u bytes\n", MANAGED_MEMORY >> 20, PAGE_SIZE);
  segments_init();
  traps_init();
  print("segments and traps: GDT, TSS and IDT loaded\n");
  paging_init();
  print("paging: on, the kernel's code is read-only\n");
  pic_init();
  pit_init();
  keyboard_init();
  print("timer: %u ticks per second\n", TICKS_PER_SECOND);

  uint32_t frames_before = frames_free();
  process_create("primes", program_primes);
  process_create("matrix", program_matrix);
  process_create("pages", program_pages);
  print("processes: %u created\n", statistics.created);

  schedule_until_all_are_dead(); /* ring 3 switches interrupts on, by its first IRET */

  bool good = summarise(frames_before);
  print("tinykernel: %s\n", good ? "done" : "failed");
  machine_exit(good ? GUEST_EXIT_SUCCESS : GUEST_EXIT_FAILURE);
}
