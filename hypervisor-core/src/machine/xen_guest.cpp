// SPDX-License-Identifier: MIT
//
// xen_guest.cpp - a machine whose guest is a paravirtual domain of Xen's, and what Xen asks of it.

#include "loader/image.h"
#include "machine/engines.h"
#include "machine/machine.h"
#include "technique/paravirtual/paravirtual_guest.h"
#include "xen/domain_builder.h"
#include "xen/kernel_image.h"
#include "xen/store_records.h"

namespace gv {

namespace {

constexpr std::uint64_t kMiB = 1u << 20;
// Dom0 would be 0; a domain that is booted alone is none.
constexpr xen::DomainId kBootedDomain = 1;
constexpr const char* kBootedName = "guest";
constexpr const char* kNoPvh =
    ": asks for a PVH guest, and this version starts paravirtual ones alone";

}  // namespace

Result<void> Machine::check_not_xens(const MachineConfig& config) {
  const auto refuse = [&](ErrorCode code, const std::string& why) {
    return Error{code, config.image_path + why};
  };
  if (config.guest_type == GuestType::Pvh) {
    return refuse(ErrorCode::NotAvailable, kNoPvh);
  }
  const bool as_xens =
      config.image_kind == ImageKind::Auto && detect_image_kind(config.image) == ImageKind::Elf32;
  const auto kernel = as_xens ? xen::find_xen_kernel(config.image) : std::nullopt;
  if (!kernel) {
    return {};
  }
  if (kernel->can_be_pv()) {
    return refuse(ErrorCode::InvalidInput,
                  ": is a paravirtual kernel for Xen, which runs on no machine of its own; use "
                  "--technique paravirtual");
  }
  return refuse(ErrorCode::NotAvailable, kNoPvh);
}

TechniqueKind default_technique(const MachineConfig& config) {
  const auto kernel = xen::find_xen_kernel(config.image);
  if (config.guest_type == GuestType::Pv) {
    return TechniqueKind::Paravirtual;
  }
  if (!kernel) {
    return TechniqueKind::TrapAndEmulate;
  }
  // A 32-bit ELF file may have notes for Xen and be something else as well: a kernel for anybody.
  return kernel->can_be_pv() || kernel->wide ? TechniqueKind::Paravirtual
                                             : TechniqueKind::HardwareAssisted;
}

Result<std::unique_ptr<Machine>> Machine::create_under_xen(const MachineConfig& config) {
  if (config.memory_mib < 1 || config.memory_mib > 2048) {
    return Error{ErrorCode::InvalidInput, "memory of " + std::to_string(config.memory_mib) +
                                              " MiB is outside 1 to 2048; change --memory"};
  }
  const auto kernel = xen::parse_xen_kernel(config);
  if (!kernel) {
    return kernel.error();
  }
  const bool pvh = config.guest_type == GuestType::Pvh ||
                   (config.guest_type == GuestType::Auto && !kernel->can_be_pv());
  if (pvh) {
    return Error{ErrorCode::NotAvailable, config.image_path + kNoPvh};
  }
  if (!kernel->can_be_pv()) {
    return Error{ErrorCode::InvalidInput,
                 config.image_path + ": its notes are a PVH kernel's; leave --type pv away"};
  }
  const auto guest_frames = static_cast<std::uint32_t>(config.memory_mib * kMiB / kPageSize);
  const std::uint32_t about = guest_frames + xen::Hypervisor::own_frames(guest_frames);
  const std::uint32_t host_frames = guest_frames + xen::Hypervisor::own_frames(about);
  auto host = MachineMemory::create(std::uint64_t{host_frames} * kPageSize);
  if (!host) {
    return host.error();
  }
  std::unique_ptr<Machine> machine(new Machine(std::move(*host), config));
  Machine& m = *machine;
  // A paravirtual guest's tables hold machine frames: what it calls physical is the machine's.
  m.memory_ = std::make_unique<GuestMemory>(m.machine_memory_, P2m::identity(host_frames));
  xen::HypervisorHost& own_host = m;
  m.xen_ = std::make_unique<xen::Hypervisor>(m.machine_memory_, own_host, m.ledger_, m.cost_);
  auto built = xen::build_pv_domain(*m.xen_, kBootedDomain, config, *kernel);
  if (!built) {
    return built.error();
  }
  m.domain_ = built->domain;
  m.xenstore_ = std::make_unique<xenstore::Store>();
  m.xen_->attach_store(*m.xenstore_);
  xen::introduce(*m.xenstore_, *m.domain_, kBootedName);
  auto engine = create_engine(config, *m.memory_);
  if (!engine) {
    return engine.error();
  }
  m.engine_ = std::move(*engine);
  m.context_ = std::make_unique<RunContext>(
      RunContext{*m.engine_, *m.memory_, m, m.recorder_, m.ledger_, m.cost_, 1u});
  xen::Vcpu& vcpu = *m.domain_->vcpus[0];
  auto guest = std::make_unique<ParavirtualGuest>(*m.context_, vcpu, vcpu.pages(), built->cpu);
  vcpu.attach(*guest);
  m.technique_ = std::move(guest);
  GV_TRY(m.technique_->start(built->entry));
  m.platform_.bus = std::make_unique<IoBus>();
  m.interrupts_ = &vcpu;
  return machine;
}

// What the domain builder does is before the run: no event, no cost.
void Machine::record(const EventBody& body) {
  if (technique_ != nullptr) {
    context_->record(technique_->linear_rip(), body);
  }
}

void Machine::charge(std::uint32_t cycles) {
  if (technique_ != nullptr) {
    ledger_[ExitReason::Hypercall].cycles += cycles;
    context_->time += cycles;
  }
}

void Machine::console_byte(xen::DomainId, std::uint8_t byte) { console_byte(byte, false); }

void Machine::domain_shut_down(xen::DomainId, ShutdownReason reason, const std::string& why) {
  if (reason == ShutdownReason::Crash || reason == ShutdownReason::Watchdog) {
    end_text_ = "The domain crashed: " + why + ".";
    end_guest(GuestEnd::Crashed, 0);
  } else {
    end_text_ = "The domain shut itself down: " + std::string(name_of(reason)) + ".";
    end_guest(GuestEnd::Exited, 0);
  }
}

void Machine::memory_written(Mpa from, std::uint64_t bytes) {
  if (engine_ != nullptr) {
    engine_->memory_written(from, bytes);
  }
}

}  // namespace gv
