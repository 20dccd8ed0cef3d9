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
#define MANAGED_MEMORY (8u << 20) /* bytes; all of it is identity-mapped */

#define USER_BASE 0x40000000u
#define USER_STACK_TOP 0x50000000u
#define USER_STACK_PAGES 16u

/* Selectors. The two low bits are the privilege level that the selector asks for. */
#define KERNEL_CODE 0x08u
#define KERNEL_DATA 0x10u
#define USER_CODE 0x1bu
#define USER_DATA 0x23u
#define TASK_STATE 0x28u

/* What vectors.asm leaves on the kernel stack; lowest address first. */
struct trap_frame {
  uint32_t es, ds;
  uint32_t edi, esi, ebp, esp_ignored, ebx, edx, ecx, eax;
  uint32_t vector, error;
  uint32_t eip, cs, eflags; /* from here on pushed by the CPU */
  uint32_t esp, ss;         /* only there if the trap came from ring 3 */
};

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
uint32_t frame_alloc(void);
void frame_free(uint32_t frame);
uint32_t frames_free(void);

/* segments.c */
void segments_init(void);
void segments_set_kernel_stack(uint32_t top);

/* traps.c */
void traps_init(void);
bool trap_from_user(const struct trap_frame* frame);

/* paging.c: an address space is named by its page directory. */
#define PAGE_PRESENT 0x001u
#define PAGE_WRITABLE 0x002u
#define PAGE_USER 0x004u
#define PAGE_ACCESSED 0x020u
#define PAGE_DIRTY 0x040u

void paging_init(void);
uint32_t* address_space_create(void);
void address_space_enter(uint32_t* directory);
void address_space_leave(void);
void address_space_destroy(uint32_t* directory);
bool page_map(uint32_t* directory, uint32_t address, uint32_t frame, uint32_t flags);
uint32_t* page_entry(uint32_t* directory, uint32_t address);
void page_unmap(uint32_t* directory, uint32_t address);

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
  uint32_t* directory;     /* page directory; its address is also what goes into CR3 */
  uint32_t kernel_stack;   /* one page */
  uint32_t* stack_pointer; /* where switch_stacks left off */
  uint32_t heap_start, heap_end;
  uint32_t wake_tick;
};

extern struct process processes[PROCESSES];
extern struct process* current; /* null while the scheduler itself runs */

void process_create(const char* name, const uint8_t* image);
bool process_owns(uint32_t start, uint32_t length);
void process_exit(void) __attribute__((noreturn));
void process_reap(struct process* dead);

/* program.c: puts a linked program into an address space; returns its entry, 0 for no memory. */
uint32_t program_load(uint32_t* directory, const uint8_t* image, uint32_t* end);

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
