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

#include <algorithm>

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

// One domain to be: as it was given by itself, or as its host's configuration says.
struct Machine::GuestPlan {
  xen::DomainId id = 0;
  std::string name;
  MachineConfig config;  // image, initrd, command line and memory are this domain's
  xen::KernelImage kernel;
  xen::DomainRole role;
  xen::Scheduler::Share share;
};

namespace {

Result<xen::KernelImage> pv_kernel_of(const MachineConfig& config) {
  if (config.memory_mib < 1 || config.memory_mib > 2048) {
    return Error{ErrorCode::InvalidInput, "memory of " + std::to_string(config.memory_mib) +
                                              " MiB is outside 1 to 2048; change --memory"};
  }
  auto kernel = xen::parse_xen_kernel(config);
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
  return kernel;
}

MachineConfig config_of(const HostDomain& domain) {
  MachineConfig config;
  config.image_path = domain.config.kernel;
  config.image = domain.kernel;
  config.initrd = domain.ramdisk;
  config.command_line = domain.config.command_line;
  config.memory_mib = domain.config.memory_mib;
  config.guest_type = domain.config.type == DomainType::Pv ? GuestType::Pv : GuestType::Pvh;
  return config;
}

}  // namespace

// Builds the domain, introduces it to XenStore and gives each of its vCPUs its CPU half.
Result<void> Machine::add_guest(const GuestPlan& plan) {
  auto built = xen::build_pv_domain(*xen_, plan.id, plan.config, plan.kernel, plan.role);
  if (!built) {
    return built.error();
  }
  xen_->scheduler().set_share(plan.id, plan.share);
  xen::introduce(*xenstore_, *built->domain, plan.name);
  domain_names_.push_back(plan.name);
  domain_consoles_.emplace_back();
  for (const auto& vcpu : built->domain->vcpus) {
    HostedVcpu hosted;
    hosted.vcpu = vcpu.get();
    hosted.entry = built->entry;
    paravirtual::VirtualCpuState cpu = built->cpu;
    cpu.vcpu_info = vcpu->info;
    hosted.guest = std::make_unique<ParavirtualGuest>(*context_, *vcpu, vcpu->pages(), cpu);
    vcpu->attach(*hosted.guest);
    hosted_.push_back(std::move(hosted));
  }
  return {};
}

Result<std::unique_ptr<Machine>> Machine::create_under_xen(const MachineConfig& config) {
  std::vector<GuestPlan> plans;
  const auto plan = [&](GuestPlan what) -> Result<void> {
    auto kernel = pv_kernel_of(what.config);
    if (!kernel) {
      return kernel.error();
    }
    what.kernel = std::move(*kernel);
    plans.push_back(std::move(what));
    return {};
  };
  if (config.domains.empty()) {
    GuestPlan alone;
    alone.id = kBootedDomain;
    alone.name = kBootedName;
    alone.config = config;
    GV_TRY(plan(std::move(alone)));
  }
  xen::DomainId next_id = kBootedDomain;
  for (const HostDomain& domain : config.domains) {
    GuestPlan one;
    one.id = domain.privileged ? xen::DomainId{0} : next_id++;
    one.name = domain.config.name;
    one.config = config_of(domain);
    one.role = {domain.privileged, domain.config.vcpus};
    one.share = {domain.config.cpu_weight, domain.config.cap_percent};
    GV_TRY(plan(std::move(one)));
  }
  const auto domains = static_cast<std::uint32_t>(plans.size());
  std::uint32_t guest_frames = 0;
  for (const GuestPlan& each : plans) {
    guest_frames += static_cast<std::uint32_t>(each.config.memory_mib * kMiB / kPageSize);
  }
  const std::uint32_t about = guest_frames + xen::Hypervisor::own_frames(guest_frames, domains);
  const std::uint32_t host_frames = guest_frames + xen::Hypervisor::own_frames(about, domains);
  auto host = MachineMemory::create(std::uint64_t{host_frames} * kPageSize);
  if (!host) {
    return host.error();
  }
  std::unique_ptr<Machine> machine(new Machine(std::move(*host), config));
  Machine& m = *machine;
  // A paravirtual guest's tables hold machine frames: what it calls physical is the machine's.
  m.memory_ = std::make_unique<GuestMemory>(m.machine_memory_, P2m::identity(host_frames));
  xen::HypervisorHost& own_host = m;
  m.xen_ = std::make_unique<xen::Hypervisor>(m.machine_memory_, own_host, m.ledger_, m.cost_,
                                             config.scheduler);
  m.xenstore_ = std::make_unique<xenstore::Store>();
  m.xen_->attach_store(*m.xenstore_);
  auto engine = create_engine(config, *m.memory_);
  if (!engine) {
    return engine.error();
  }
  m.engine_ = std::move(*engine);
  m.context_ = std::make_unique<RunContext>(
      RunContext{*m.engine_, *m.memory_, m, m.recorder_, m.ledger_, m.cost_, 1u});
  for (const GuestPlan& each : plans) {
    GV_TRY(m.add_guest(each));
  }
  m.is_host_ = !config.domains.empty();
  m.domain_ = &m.hosted_[0].vcpu->domain();
  m.reset_state_ = m.engine_->save();
  HostedVcpu& first = m.hosted_[0];
  m.technique_ = first.guest.get();
  m.interrupts_ = first.vcpu;
  first.started = true;
  GV_TRY(m.technique_->start(first.entry));
  m.platform_.bus = std::make_unique<IoBus>();
  return machine;
}

std::vector<DomainView> Machine::domains() const {
  std::vector<DomainView> views;
  if (xen_ == nullptr) {
    return views;
  }
  const xen::Scheduler& scheduler = xen_->scheduler();
  for (std::size_t i = 0; i < xen_->domains().size(); ++i) {
    xen::Domain& domain = *xen_->domains()[i];
    DomainView view;
    view.id = domain.id;
    view.name = domain_names_[i];
    view.privileged = domain.privileged;
    view.width = domain.wide() ? 64 : 32;
    view.pages = domain.pages;
    view.most_pages = domain.most_pages;
    view.weight = scheduler.share(domain.id).weight;
    view.cap = scheduler.share(domain.id).cap;
    view.paused = domain.paused;
    view.shutdown = domain.shutdown;
    for (const auto& vcpu : domain.vcpus) {
      const xen::Scheduler::Id id = vcpu->scheduled_as;
      VcpuView one;
      one.index = static_cast<std::uint16_t>(id);
      one.state = !vcpu->up() || !domain.runs() ? VcpuView::State::Down
                  : id == current_ && !halted_  ? VcpuView::State::Running
                  : scheduler.runnable(id)      ? VcpuView::State::Runnable
                                                : VcpuView::State::Blocked;
      // What the scheduler has not been told yet.
      const Cycles since = id == current_ && !halted_ ? context_->now() - charged_until_ : 0;
      one.ran = scheduler.ran(id) + since;
      one.credit = (scheduler.credit(id) - static_cast<std::int64_t>(since)) / 1000;
      one.parked = scheduler.parked(id);
      view.vcpus.push_back(one);
    }
    views.push_back(std::move(view));
  }
  return views;
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

// The machine's own console is the booted domain's.
void Machine::console_byte(xen::DomainId id, std::uint8_t byte) {
  if (id == domain_->id) {
    console_byte(byte, false);
  }
  for (std::size_t i = 0; i < xen_->domains().size(); ++i) {
    if (xen_->domains()[i]->id == id) {
      const std::lock_guard lock(console_mutex_);
      domain_consoles_[i].push_back(static_cast<char>(byte));
    }
  }
}

std::string Machine::domain_console(xen::DomainId id, std::uint64_t from) const {
  for (std::size_t i = 0; xen_ != nullptr && i < xen_->domains().size(); ++i) {
    if (xen_->domains()[i]->id == id) {
      const std::lock_guard lock(console_mutex_);
      return from < domain_consoles_[i].size() ? domain_consoles_[i].substr(from) : std::string();
    }
  }
  return {};
}

void Machine::control_domain(xen::DomainId id, DomainAction action) {
  reschedule_ = true;
  xen::Domain& domain = *xen_->find(id);
  switch (action) {
    case DomainAction::Pause:
      domain.paused = true;
      break;
    case DomainAction::Unpause:
      domain.paused = false;
      break;
    case DomainAction::AskToPowerOff:
    case DomainAction::AskToReboot:
      xen::ask_to_shut_down(*xenstore_, domain,
                            action == DomainAction::AskToReboot ? "reboot" : "poweroff");
      xen_->serve_store();
      break;
    case DomainAction::Destroy:
      xen_->shut_down(domain, ShutdownReason::PowerOff, "");
      xenstore_->release(id);
      break;
  }
}

void Machine::set_share(xen::DomainId id, xen::Scheduler::Share share) {
  xen_->scheduler().set_share(id, share);
}

bool Machine::type(xen::DomainId id, std::uint8_t byte) {
  xen::Domain* domain = xen_ != nullptr ? xen_->find(id) : nullptr;
  if (domain == nullptr) {
    return false;
  }
  context_->record(technique_->linear_rip(), InputArrived{byte, false});
  xen_->type(*domain, byte);
  reschedule_ = is_host();
  return true;
}

void Machine::domain_shut_down(xen::DomainId id, ShutdownReason reason, const std::string& why) {
  const auto& domains = xen_->domains();
  const bool others_run =
      id != 0 && std::any_of(domains.begin(), domains.end(),
                             [](const auto& domain) { return !domain->shutdown.has_value(); });
  if (others_run) {
    // Its vCPUs do not get the CPU again; the one that has it loses it at the next boundary.
    halted_ = halted_ || hosted_[current_].vcpu->domain().id == id;
    return;
  }
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
