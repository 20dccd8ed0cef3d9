// SPDX-License-Identifier: MIT
//
// public_headers.h - Xen's own description of its guest interface, as Debian ships it.
//
// Included by source files of this layer only; the layer's headers do not need it. Structures
// that differ in size for a 32-bit guest and are missing there are in compat.h.
//
// <xen/…> is looked for in our own sources first: no file of this layer may bear the name of one
// of Xen's.

#pragma once

#include <cstdint>

#ifndef __XEN_INTERFACE_VERSION__
#define __XEN_INTERFACE_VERSION__ 0x00040e00
#endif

#include <xen/callback.h>
#include <xen/elfnote.h>
#include <xen/errno.h>
#include <xen/event_channel.h>
#include <xen/features.h>
#include <xen/foreign/x86_32.h>
#include <xen/grant_table.h>
#include <xen/io/console.h>
#include <xen/io/xs_wire.h>
#include <xen/memory.h>
#include <xen/physdev.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>
#include <xen/xen.h>
