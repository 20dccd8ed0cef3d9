// SPDX-License-Identifier: MIT
//
// traps.cpp - where a guest's kernel wants to be entered: its trap table and its callbacks.

#include "x86/descriptor.h"
#include "xen/compat.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

using paravirtual::Callback;
using paravirtual::CallbackKind;
using paravirtual::TrapEntry;

namespace {

bool canonical(std::uint64_t address) {
  return static_cast<std::int64_t>(address << 16) >> 16 == static_cast<std::int64_t>(address);
}

// A handler runs in the guest's kernel, whatever the selector says.
std::uint16_t kernel_selector(Call& call, std::uint64_t selector) {
  return x86::with_rpl(static_cast<std::uint16_t>(selector), call.wide() ? 3 : 1);
}

struct Registration {
  std::uint16_t type = 0, flags = 0, cs = 0;
  std::uint64_t address = 0;
};

std::optional<Registration> registration(Call& call, std::uint64_t from) {
  if (call.wide()) {
    const auto r = call.read<::callback_register>(from);
    return r ? std::optional(
                   Registration{r->type, r->flags, call.vcpu.pages().kernel_cs, r->address})
             : std::nullopt;
  }
  const auto r = call.read<compat::callback_register>(from);
  return r ? std::optional(
                 Registration{r->type, r->flags, static_cast<std::uint16_t>(r->cs), r->eip})
           : std::nullopt;
}

std::optional<CallbackKind> kind_of(Call& call, std::uint16_t type) {
  switch (type) {
    case CALLBACKTYPE_event:
      return CallbackKind::Event;
    case CALLBACKTYPE_failsafe:
      return CallbackKind::Failsafe;
    case CALLBACKTYPE_syscall:
      return call.wide() ? std::optional(CallbackKind::Syscall) : std::nullopt;
    case CALLBACKTYPE_syscall32:
      return CallbackKind::Syscall32;
    case CALLBACKTYPE_sysenter:
      return CallbackKind::Sysenter;
    case CALLBACKTYPE_nmi:
      return CallbackKind::Nmi;
    default:
      return std::nullopt;
  }
}

}  // namespace

Status set_trap_table(Call& call) {
  auto& traps = call.guest().cpu().traps;
  std::uint64_t at = call.args[0];
  if (at == 0) {
    traps = {};
    return 0;
  }
  for (std::size_t i = 0; i < traps.size(); ++i) {
    std::uint8_t vector = 0;
    TrapEntry entry;
    if (call.wide()) {
      const auto info = call.read<::trap_info>(at);
      if (!info) {
        return -XEN_EFAULT;
      }
      vector = info->vector;
      entry = {info->cs, info->flags, info->address};
      at += sizeof *info;
    } else {
      const auto info = call.read<trap_info_x86_32>(at);
      if (!info) {
        return -XEN_EFAULT;
      }
      vector = info->vector;
      entry = {info->cs, info->flags, info->address};
      at += sizeof *info;
    }
    if (entry.address == 0) {
      return 0;
    }
    if (!canonical(entry.address)) {
      return -XEN_EINVAL;
    }
    entry.cs = kernel_selector(call, entry.cs);
    traps[vector] = entry;
  }
  return 0;
}

Status set_callbacks(Call& call) {
  auto& cpu = call.guest().cpu();
  if (call.wide()) {
    const std::uint16_t cs = call.vcpu.pages().kernel_cs;
    if (!canonical(call.args[0]) || !canonical(call.args[1]) || !canonical(call.args[2])) {
      return -XEN_EINVAL;
    }
    cpu[CallbackKind::Event] = {cs, call.args[0], true};
    cpu[CallbackKind::Failsafe] = {cs, call.args[1], false};
    cpu[CallbackKind::Syscall] = {cs, call.args[2], false};
    return 0;
  }
  cpu[CallbackKind::Event] = {kernel_selector(call, call.args[0]), call.args[1], true};
  cpu[CallbackKind::Failsafe] = {kernel_selector(call, call.args[2]), call.args[3], false};
  return 0;
}

Status callback_op(Call& call) {
  auto& cpu = call.guest().cpu();
  switch (call.arg32(0)) {
    case CALLBACKOP_register: {
      const auto wanted = registration(call, call.args[1]);
      if (!wanted) {
        return -XEN_EFAULT;
      }
      const auto kind = kind_of(call, wanted->type);
      if (!kind) {
        return -XEN_ENOSYS;
      }
      if (!canonical(wanted->address)) {
        return -XEN_EINVAL;
      }
      cpu[*kind] = {kernel_selector(call, wanted->cs), wanted->address,
                    (wanted->flags & CALLBACKF_mask_events) != 0};
      return 0;
    }
    case CALLBACKOP_unregister: {
      const auto wanted = call.read<::callback_unregister>(call.args[1]);
      if (!wanted) {
        return -XEN_EFAULT;
      }
      if (wanted->type == CALLBACKTYPE_nmi) {
        cpu[CallbackKind::Nmi] = {};
        return 0;
      }
      return kind_of(call, wanted->type) ? -XEN_EINVAL : -XEN_ENOSYS;
    }
    default:
      return -XEN_ENOSYS;
  }
}

}  // namespace gv::xen
