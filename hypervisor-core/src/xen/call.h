// SPDX-License-Identifier: MIT
//
// call.h - one hypercall under way: who makes it, its arguments, and the guest's memory.
//
// Pointers are the guest's virtual addresses. They are followed with the rights of the guest's
// kernel and never into Xen's part: what cannot be read or written is -EFAULT, and nobody's
// crash. A call that has much to do stops after a share of it and asks to be made again with
// what is left, so that no guest can hold the host up.
//
// Control thread only.

#pragma once

#include "xen/hypervisor.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace gv::xen {

// Entries that one stay in the hypervisor works off: some hundred microseconds of virtual time.
inline constexpr std::uint32_t kMostEntriesAtOnce = 1024;

// In a count: the call goes on where it stopped, and what was done before is counted already.
inline constexpr std::uint32_t kContinued = 1u << 31;

struct Call {
  Vcpu& vcpu;
  std::array<std::uint64_t, 6> args{};
  // Handlers set these:
  bool again = false;           // not done: `args` are what is left, the guest calls once more
  bool sets_registers = false;  // iret: the registers are the result
  bool within_multicall = false;

  Domain& domain() { return vcpu.domain(); }
  Hypervisor& xen() { return vcpu.hypervisor(); }
  ParavirtualGuest& guest() { return vcpu.guest(); }
  bool wide() { return domain().wide(); }
  std::uint32_t arg32(std::size_t i) const { return static_cast<std::uint32_t>(args[i]); }
  // DOMID_SELF and the caller's own number. Null: no such domain.
  Domain* domain_named(DomainId id);
  bool is_self(DomainId id);

  // False: the guest may not reach those bytes.
  bool read_bytes(std::uint64_t from, void* out, std::size_t bytes);
  bool write_bytes(std::uint64_t to, const void* from, std::size_t bytes);
  template <class T>
  std::optional<T> read(std::uint64_t from) {
    T value{};
    return read_bytes(from, &value, sizeof value) ? std::optional<T>(value) : std::nullopt;
  }
  template <class T>
  bool write(std::uint64_t to, const T& value) {
    return write_bytes(to, &value, sizeof value);
  }
  // A word of the guest's size.
  bool write_word(std::uint64_t to, std::uint64_t value);
  std::optional<std::uint64_t> read_word(std::uint64_t from);
  std::size_t word_bytes() { return wide() ? 8 : 4; }
};

using Handler = Status (*)(Call&);
// Null: Xen does not have it, or not for this guest.
Handler handler_of(std::uint64_t number);
Status run_call(Call& call, std::uint64_t number);

}  // namespace gv::xen
