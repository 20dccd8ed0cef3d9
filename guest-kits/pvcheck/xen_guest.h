// SPDX-License-Identifier: MIT
//
// xen_guest.h - Xen's interface from a guest's side, for both widths.

#ifndef PVCHECK_XEN_GUEST_H
#define PVCHECK_XEN_GUEST_H

#include <stddef.h>
#include <stdint.h>

#define __XEN_INTERFACE_VERSION__ 0x00040e00
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>

typedef unsigned long word;
typedef unsigned long long u64;

extern char hypercall_page[4096];
extern word traps[256];
extern char on_event_entry[], on_failsafe_entry[], on_syscall_entry[];
void enter_program(word ip, word sp) __attribute__((noreturn));

// What the entries leave on the stack. A word of a 32-bit guest's CS holds the mask above it.
struct frame {
#ifdef __x86_64__
  word r15, r14, r13, r12, r11, r10, r9, r8, di, si, bp, bx, dx, cx, ax;
#else
  word di, si, bp, bx, dx, cx, ax;
#endif
  word vector, error, ip, cs, flags, sp, ss;
};

static inline long hypercall(unsigned number, word a, word b, word c, word d) {
  long result;
  char *slot = hypercall_page + number * 32;
#ifdef __x86_64__
  register word fourth __asm__("r10") = d;
  __asm__ volatile("call *%[slot]"
                   : "=a"(result), "+D"(a), "+S"(b), "+d"(c), "+r"(fourth)
                   : [slot] "b"(slot)
                   : "memory", "rcx", "r11");
#else
  __asm__ volatile("call *%%eax"
                   : "=a"(result), "+b"(a), "+c"(b), "+d"(c), "+S"(d)
                   : "0"(slot)
                   : "memory");
#endif
  return result;
}

#define hypercall0(n) hypercall(__HYPERVISOR_##n, 0, 0, 0, 0)
#define hypercall1(n, a) hypercall(__HYPERVISOR_##n, (word)(a), 0, 0, 0)
#define hypercall2(n, a, b) hypercall(__HYPERVISOR_##n, (word)(a), (word)(b), 0, 0)
#define hypercall3(n, a, b, c) hypercall(__HYPERVISOR_##n, (word)(a), (word)(b), (word)(c), 0)
#define hypercall4(n, a, b, c, d) \
  hypercall(__HYPERVISOR_##n, (word)(a), (word)(b), (word)(c), (word)(d))

static inline long update_va_mapping(word address, u64 entry) {
#ifdef __x86_64__
  return hypercall3(update_va_mapping, address, entry, UVMF_INVLPG);
#else
  return hypercall4(update_va_mapping, address, entry & 0xffffffff, entry >> 32, UVMF_INVLPG);
#endif
}

#endif
