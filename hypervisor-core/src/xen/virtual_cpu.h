// SPDX-License-Identifier: MIT
//
// virtual_cpu.h - one virtual CPU of a domain: what Xen keeps of it beyond its registers.
//
// The registers and traps are the technique's (technique/paravirtual/). Here are its page-table
// roots as references, its timers, and whether it waits. It answers the technique's questions
// with its hypervisor's help.
//
// Control thread only.

#pragma once

#include "gv/device.h"
#include "technique/interrupt_controller.h"
#include "technique/paravirtual/paravirtual_guest.h"
#include "xen/identity.h"
#include "xen/scheduler.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gv::xen {

class Hypervisor;
struct Domain;

class Vcpu final : public HypercallService, public InterruptController {
 public:
  Vcpu(Hypervisor& xen, Domain& domain, std::uint32_t id, const ParavirtualPages& pages)
      : xen_(xen), domain_(domain), id_(id), pages_(pages) {}

  std::uint32_t id() const { return id_; }
  Domain& domain() { return domain_; }
  Hypervisor& hypervisor() { return xen_; }
  const ParavirtualPages& pages() const { return pages_; }
  // The CPU's half. REQUIRES for guest(): attached.
  void attach(ParavirtualGuest& guest) { guest_ = &guest; }
  ParavirtualGuest& guest() { return *guest_; }
  const ParavirtualGuest& guest() const { return *guest_; }
  bool attached() const { return guest_ != nullptr; }
  // Its guest has started it: vCPU 0 from the beginning, others by VCPUOP_up.
  bool up() const { return up_; }
  void set_up(bool up) { up_ = up; }

  Scheduler::Id scheduled_as = 0;
  // Where its vcpu_info lies: in the shared page, or where the guest has registered it.
  Mpa info;
  std::optional<Mfn> registered_info;  // the frame, while it is not the shared page
  std::vector<Mfn> gdt;                // frames of the guest's pages of its descriptor table
  std::optional<Cycles> single_shot;   // VIRQ_TIMER at this instant
  Cycles period = 0;                   // and every so many cycles; 0: not
  Cycles next_period = 0;
  // SCHEDOP_poll: it waits for one of these ports to be pending, or for the instant.
  bool polling = false;
  std::vector<std::uint32_t> polled;
  std::optional<Cycles> poll_until;
  Gva runstate_area;  // 0: none

  bool event_pending() const;
  bool port_pending(std::uint32_t port) const;

  // HypercallService
  void hypercall() override;
  bool load_base_pointer(std::uint64_t value) override;
  std::uint64_t base_pointer() override;
  CpuidReply cpuid(std::uint32_t leaf, std::uint32_t subleaf) override;
  std::uint64_t table_generation() const override;
  void crash(const std::string& why) override;

  // InterruptController
  bool pending() const override { return event_pending(); }
  std::uint8_t acknowledge() override;  // an upcall has no vector: 0
  bool wakes(bool enabled) const override;
  bool can_wake(bool enabled) const override { return enabled || polling; }
  bool ends_wait() override;
  std::optional<Cycles> deadline() const override;
  void advance(Cycles now) override;

  void save(StateWriter& out) const;
  void restore(StateReader& in);

 private:
  bool timer_bound() const;

  Hypervisor& xen_;
  Domain& domain_;
  std::uint32_t id_;
  ParavirtualPages pages_;
  ParavirtualGuest* guest_ = nullptr;
  bool up_ = false;
  Cycles now_ = 0;  // as advance() was told last
};

}  // namespace gv::xen
