/* SPDX-License-Identifier: MIT
 *
 * kernel.h - what each file of the kernel offers to the others, in the order in which it starts.
 *
 * The linear address space of every process:
 *
 *   0x00000000  one page that is never present, so that a null pointer faults
 *   0x00001000  identity map of low memory, supervisor only: the same page tables in all processes
 *   0x00800000  nothing
 *   0x40000000  the program: code (read-only), data; then the heap, growing upwards
 *   0x4fff0000  the stack, at most sixteen pages, growing downwards
 *   0x50000000  nothing
 */
#ifndef KERNEL_H
#define KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAGE_SIZE 4096u
#define PAGE_MASK (~(uintptr_t)(PAGE_SIZE - 1))
#define MANAGED_MEMORY (8u << 20) /* bytes; all of it is identity-mapped */

#define USER_BASE 0x40000000u
#define USER_STACK_TOP 0x50000000u
#define USER_STACK_PAGES 16u

/* What depends on the CPU's mode: selectors, frames, gates, the width of a page-table entry. Of
 * protected_mode/ or long_mode/; `diff -u protected_mode long_mode` shows what long mode changes. */
#include "mode.h"

/* serial.c, vga.c: the two places where text goes. */
void serial_init(void);
void serial_put(char c);
void vga_init(void);
void vga_put(char c);
void vga_show_cursor(void);
void vga_corner(char c);

/* console.c */
void console_write(const char* text, size_t length);
void print(const char* format, ...) __attribute__((format(printf, 1, 2)));
void panic(const char* why) __attribute__((noreturn));
void machine_exit(uint8_t code) __attribute__((noreturn));

/* interrupts.c */
void interrupts_off(void);
void interrupts_on(void);
void interrupts_entered(void);
void interrupts_left(void);
void interrupts_wait(void);
bool interrupts_off_once(void);

/* frames.c: physical memory, page by page. Zero means that none is left. */
void frames_init(uint32_t memory_bytes);
uintptr_t frame_alloc(void);
void frame_free(uintptr_t frame);
uint32_t frames_free(void);

/* segments.c */
void segments_init(void);
void segments_set_kernel_stack(uintptr_t top);

/* traps.c */
void traps_init(void);
bool trap_from_user(const struct trap_frame* frame);

/* paging.c: an address space is named by its directory, the page table that goes into CR3. */
#define PAGE_PRESENT 0x001u
#define PAGE_WRITABLE 0x002u
#define PAGE_USER 0x004u
#define PAGE_ACCESSED 0x020u
#define PAGE_DIRTY 0x040u

void paging_init(void);
page_entry_t* address_space_create(void);
void address_space_enter(page_entry_t* directory);
void address_space_leave(void);
void address_space_destroy(page_entry_t* directory);
bool page_map(page_entry_t* directory, uintptr_t address, uintptr_t frame, uint32_t flags);
page_entry_t* page_entry(page_entry_t* directory, uintptr_t address);
void page_unmap(page_entry_t* directory, uintptr_t address);

/* fault.c */
void page_fault(struct trap_frame* frame);
void fatal_trap(struct trap_frame* frame, const char* name);

/* pic.c, pit.c, keyboard.c: interrupt controller, timer, keyboard. */
#define IRQ_BASE 32u
#define IRQ_TIMER 0u
#define IRQ_KEYBOARD 1u
#define TICKS_PER_SECOND 1000u

void pic_init(void);
void pic_allow(unsigned irq);
bool pic_is_spurious(unsigned irq);
void pic_done(unsigned irq);
void pit_init(void);
void keyboard_init(void);
void keyboard_interrupt(void);

/* process.c */
#define PROCESSES 4

enum process_state {
  PROCESS_FREE,
  PROCESS_READY,
  PROCESS_RUNNING,
  PROCESS_SLEEPING, /* until wake_tick */
  PROCESS_WAITING,  /* for its turn to speak */
  PROCESS_DEAD,     /* finished; its memory is not yet given back */
};

struct process {
  unsigned id;
  const char* name;
  enum process_state state;
  page_entry_t* directory;  /* its address is also what goes into CR3 */
  uintptr_t kernel_stack;   /* one page */
  uintptr_t* stack_pointer; /* where switch_stacks left off */
  uintptr_t heap_start, heap_end;
  uint32_t wake_tick;
};

extern struct process processes[PROCESSES];
extern struct process* current; /* null while the scheduler itself runs */

void process_create(const char* name, const uint8_t* image);
bool process_owns(uintptr_t start, uintptr_t length);
void process_exit(void) __attribute__((noreturn));
void process_reap(struct process* dead);

/* program.c: puts a linked program into an address space; returns its entry, 0 for no memory. */
uintptr_t program_load(page_entry_t* directory, const uint8_t* image, uintptr_t* end);

/* schedule.c */
void schedule_until_all_are_dead(void);
void give_up_cpu(enum process_state state);
void timer_tick(bool from_user);
void sleep_ticks(uint32_t ticks);

/* turn.c */
void turn_take(void);
void turn_pass(void);

/* syscall.c */
#define SYSCALL_VECTOR 0x80u
void system_call(struct trap_frame* frame);

/* What happened so far. Read by the summary at the end, and by whoever looks with a debugger. */
struct statistics {
  uint32_t ticks, switches, preemptions, idle_waits;
  uint32_t system_calls, demand_pages, created, exited, killed;
};
extern struct statistics statistics;

#endif
