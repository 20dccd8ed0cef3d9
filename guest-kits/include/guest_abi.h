/* SPDX-License-Identifier: MIT
 *
 * guest_abi.h - the numbers a guest and its machine agree on.
 *
 * The only header shared by guests and the hypervisor core: plain macros, so that C, C++ and a
 * reader who writes NASM see the same values. Both ports exist in QEMU as well (isa-debug-exit at
 * iobase 0xf4, and -debugcon), so a guest that uses them runs there unchanged.
 */
#ifndef GUEST_ABI_H
#define GUEST_ABI_H

/* Writing V here ends the run. QEMU's process then exits with status (V << 1) | 1. */
#define GUEST_DEBUG_EXIT_PORT 0xf4

#define GUEST_EXIT_SUCCESS 0x10 /* the guest did what it was written to do; QEMU status 33 */
#define GUEST_EXIT_FAILURE 0x11 /* one of the guest's own checks failed; QEMU status 35 */
#define GUEST_EXIT_PANIC 0x12   /* the guest met a fault it has no answer for; QEMU status 37 */

/* Every byte written here goes to the debug console, which is not the guest's own console. */
#define GUEST_DEBUG_CONSOLE_PORT 0xe9

/* The first serial port: the console of every kit. */
#define GUEST_SERIAL_PORT 0x3f8

/* Multiboot 1: the header's magic, and what EAX holds on entry. */
#define GUEST_MULTIBOOT_HEADER_MAGIC 0x1badb002
#define GUEST_MULTIBOOT_BOOT_MAGIC 0x2badb002

#endif
