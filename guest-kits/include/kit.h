/* SPDX-License-Identifier: MIT
 *
 * kit.h - what a small guest gets from the kit: write kit_main, and the rest is there.
 *
 * Before kit_main the runtime has set up a stack, the serial console mirrored to the screen, a GDT
 * with the selectors below, a TSS and an IDT; interrupts are off, every interrupt line is masked,
 * paging is off (in 64-bit code it cannot be: the first 8 MiB are mapped, for ring 0). When
 * kit_main returns, the guest ends with success, or with failure if a kit_check failed. A trap that
 * nobody asked for with kit_on is reported and ends the guest.
 *
 * Not an operating system: one thread of control, no allocator, no drivers beyond the console.
 * Reads like a list; guest-kits/README.md shows how to build.
 */
#ifndef KIT_H
#define KIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guest_abi.h"
#include "port.h"

/* Yours. */
void kit_main(void);

/* Text for people, to COM1 and the screen. Knows %s, %u, %x (8 hexadecimal digits), %h (4). */
void kit_say(const char* format, ...);

/* Says "check ok: what" or "check failed: what"; one failure makes the guest end with failure. */
void kit_check(bool holds, const char* what);

/* Marks for whoever watches from outside, to the debug console; not part of the console text. */
void kit_mark(const char* text);

/* Ends the run here and now. */
void kit_exit(uint8_t code) __attribute__((noreturn));

/* Copies the value of NAME=VALUE on the multiboot command line. False if it is not there. */
bool kit_option(const char* name, char* value, size_t size);

/* The same for a number in decimal; `otherwise` if it is missing or not a number. */
uint32_t kit_option_number(const char* name, uint32_t otherwise);

/* Segments. Selectors as in the table; the entries from KIT_FREE_SELECTOR on are yours. */
#define KIT_KERNEL_CODE 0x08
#define KIT_KERNEL_DATA 0x10
#define KIT_USER_CODE 0x1b
#define KIT_USER_DATA 0x23
#define KIT_TASK_STATE 0x28
#ifdef __x86_64__
#define KIT_FREE_SELECTOR 0x38 /* a TSS descriptor takes two entries */
#define KIT_GATE_WORDS 2
#else
#define KIT_FREE_SELECTOR 0x30
#define KIT_GATE_WORDS 1
#endif

extern uint64_t kit_gdt[16];
extern uint64_t kit_idt[256 * KIT_GATE_WORDS];

/* To be called again after a change to kit_gdt: LGDT, and every segment register anew. */
void kit_load_segments(void);

/* Traps. vectors 0 to 31 are exceptions, 0x20 to 0x2f the interrupt lines after kit_move_irqs, the
 * rest is free. Ring 3 may use INT n for vectors from 0x80 up. Interrupts are off in a handler. */
#ifdef __x86_64__
struct kit_frame {
  uint64_t r15, r14, r13, r12, r11, r10, r9, r8, rdi, rsi, rbp, rbx, rdx, rcx, rax;
  uint64_t vector, error;
  uint64_t ip, cs, flags;
  uint64_t sp, ss;
};
#else
struct kit_frame {
  uint32_t es, ds;
  uint32_t edi, esi, ebp, esp_ignored, ebx, edx, ecx, eax;
  uint32_t vector, error;
  uint32_t ip, cs, flags;
  uint32_t sp, ss; /* only there after a change of ring */
};
#endif

typedef void kit_handler(struct kit_frame* frame);

void kit_on(uint8_t vector, kit_handler* handler);

/* A handler in assembly, which the CPU enters directly. */
void kit_on_raw(uint8_t vector, void (*door)(void));

/* Interrupt lines 0 to 15 to vectors 0x20 to 0x2f, all masked. */
void kit_move_irqs(void);
void kit_allow_irq(unsigned irq);
void kit_end_irq(unsigned irq);

/* Paging: the first 8 MiB mapped to themselves, usable from ring 3 as well. */
void kit_paging_on(void);

#ifdef __x86_64__
typedef uint64_t kit_entry;
#else
typedef uint32_t kit_entry;
#endif
#define KIT_TABLE_ENTRIES (4096 / sizeof(kit_entry))

/* The page table entry of an address, for you to change; makes the tables if there are none. Those
 * of KIT_TABLE_ENTRIES pages, from a multiple of as many, lie side by side. */
kit_entry* kit_page_entry(uintptr_t address);

/* Runs a function in ring 3 on a stack of its own, and comes back when it returns. It may use no
 * privileged instruction. Needs paging on. */
void kit_run_in_ring3(void (*function)(uint32_t argument), uint32_t argument);

#endif
