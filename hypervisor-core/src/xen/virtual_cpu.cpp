// SPDX-License-Identifier: MIT

#include "xen/virtual_cpu.h"

#include "xen/cpuid_policy.h"
#include "xen/event_delivery.h"
#include "xen/hypercall_table.h"
#include "xen/hypervisor.h"
#include "xen/public_headers.h"

#include <algorithm>

namespace gv::xen {

namespace {

// A 32-bit guest's CR3 holds frame numbers beyond 20 bits in its low bits.
std::uint64_t cr3_of(Width width, std::uint64_t mfn) {
  return width == Width::Bits64 ? mfn << 12 : (mfn << 12 | mfn >> 20) & 0xffffffff;
}
std::uint64_t mfn_of(Width width, std::uint64_t cr3) {
  return width == Width::Bits64 ? cr3 >> 12 : (cr3 & 0xffffffff) >> 12 | (cr3 & 0xfff) << 20;
}

}  // namespace

bool Vcpu::event_pending() const { return xen_.memory().load<std::uint8_t>(info) != 0; }

bool Vcpu::port_pending(std::uint32_t port) const {
  return is_pending(xen_.memory(), domain_, port);
}

void Vcpu::hypercall() { dispatch_hypercall(*this); }

bool Vcpu::load_base_pointer(std::uint64_t value) {
  const Status status = xen_.set_root(*this, mfn_of(domain_.width, value));
  xen_.flush_if_changed(*this);
  return status == 0;
}

std::uint64_t Vcpu::base_pointer() {
  return cr3_of(domain_.width, guest().cpu().kernel_root.frame_number());
}

CpuidReply Vcpu::cpuid(std::uint32_t leaf, std::uint32_t subleaf) {
  return cpuid_policy(domain_, leaf, subleaf);
}

std::uint64_t Vcpu::table_generation() const { return domain_.table_generation; }

void Vcpu::crash(const std::string& why) { xen_.shut_down(domain_, ShutdownReason::Crash, why); }

bool Vcpu::wakes(bool enabled) const {
  if (polling) {
    return (poll_until && *poll_until <= now_) ||
           std::any_of(polled.begin(), polled.end(),
                       [&](std::uint32_t port) { return port_pending(port); }) ||
           (enabled && event_pending());
  }
  return enabled && event_pending();
}

bool Vcpu::ends_wait() {
  polling = false;
  polled.clear();
  poll_until.reset();
  return true;
}

std::uint8_t Vcpu::acknowledge() {
  ends_wait();
  return 0;
}

// Without somebody to tell, timers are only bookkeeping.
bool Vcpu::timer_bound() const {
  return domain_.channels.bound_to_virq(VIRQ_TIMER, id_).has_value();
}

std::optional<Cycles> Vcpu::deadline() const {
  std::optional<Cycles> first;
  const auto consider = [&](Cycles at) { first = first ? std::min(*first, at) : at; };
  if (single_shot) {
    consider(*single_shot);
  }
  if (period != 0 && timer_bound()) {
    consider(next_period);
  }
  if (polling && poll_until) {
    consider(*poll_until);
  }
  return first;
}

void Vcpu::advance(Cycles now) {
  now_ = now;
  bool due = false;
  if (single_shot && *single_shot <= now) {
    single_shot.reset();
    due = true;
  }
  if (period != 0 && next_period <= now) {
    next_period += (now - next_period) / period * period + period;
    due = true;
  }
  if (due) {
    xen_.raise_virq(domain_, VIRQ_TIMER, id_);
  }
}

void Vcpu::save(StateWriter& out) const {
  out.u64(info.value);
  out.u64(registered_info ? registered_info->number : UINT64_MAX);
  out.u32(static_cast<std::uint32_t>(gdt.size()));
  for (const Mfn frame : gdt) {
    out.u32(frame.number);
  }
  out.u64(single_shot.value_or(UINT64_MAX));
  out.u64(period);
  out.u64(next_period);
  out.flag(polling);
  out.u32(static_cast<std::uint32_t>(polled.size()));
  for (const std::uint32_t port : polled) {
    out.u32(port);
  }
  out.u64(poll_until.value_or(UINT64_MAX));
  out.u64(runstate_area.value);
  out.u64(now_);
  out.flag(up_);
}

void Vcpu::restore(StateReader& in) {
  const auto optional_of = [](std::uint64_t word) {
    return word == UINT64_MAX ? std::nullopt : std::optional(word);
  };
  info = Mpa(in.u64());
  const std::uint64_t frame = in.u64();
  registered_info =
      frame == UINT64_MAX ? std::nullopt : std::optional(Mfn(static_cast<std::uint32_t>(frame)));
  gdt.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    gdt.emplace_back(in.u32());
  }
  single_shot = optional_of(in.u64());
  period = in.u64();
  next_period = in.u64();
  polling = in.flag();
  polled.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    polled.push_back(in.u32());
  }
  poll_until = optional_of(in.u64());
  runstate_area = Gva(in.u64());
  now_ = in.u64();
  up_ = in.flag();
}

}  // namespace gv::xen
