// SPDX-License-Identifier: MIT
//
// machine.cpp - putting a machine together, in the order in which parts need each other.

#include "machine/machine.h"

#include "devices/keyboard_8042.h"
#include "devices/pic_8259.h"
#include "devices/serial_16550.h"
#include "loader/image.h"
#include "machine/engines.h"
#include "machine/pc_interrupts.h"
#include "technique/bare_metal/bare_metal.h"
#include "technique/binary_translation/binary_translation.h"
#include "technique/hardware_assisted/emulated_vtx.h"
#include "technique/hardware_assisted/kvm_guest.h"
#include "technique/interpretation/interpretation.h"
#include "technique/trap_and_emulate/trap_and_emulate.h"

#include <algorithm>

namespace gv {

namespace {

constexpr std::uint64_t kMiB = 1u << 20;

class LoaderSink final : public GuestMemorySink {
 public:
  explicit LoaderSink(GuestMemory& memory) : memory_(memory) {}
  std::uint64_t size() const override { return memory_.size(); }
  void write(Gpa address, std::span<const std::uint8_t> bytes) override {
    memory_.write(address, bytes.data(), bytes.size());
  }

 private:
  GuestMemory& memory_;
};

}  // namespace

Machine::Machine(MachineMemory memory, const MachineConfig& config)
    : machine_memory_(std::move(memory)),
      cost_(config.cost),
      recorder_(config.trace, config.bounded_events) {}

Machine::~Machine() = default;

Result<std::unique_ptr<Machine>> Machine::create(const MachineConfig& config) {
  GV_TRY(check_available(config.engine, config.technique));
  if (config.technique == TechniqueKind::Paravirtual) {
    return create_under_xen(config);
  }
  GV_TRY(check_not_xens(config));
  if (config.memory_mib < 1 || config.memory_mib > 2048) {
    return Error{ErrorCode::InvalidInput, "memory of " + std::to_string(config.memory_mib) +
                                              " MiB is outside 1 to 2048; change --memory"};
  }
  // The host: on bare metal it is the guest's machine, else the hypervisor has frames of its own.
  const bool kvm = config.engine == EngineKind::Kvm;
  // The CPU keeps the guest to its frames; ours are behind them, for shadow tables.
  const bool assisted = config.technique == TechniqueKind::HardwareAssisted;
  const bool bare = config.technique == TechniqueKind::BareMetal || assisted;
  const auto guest_frames = static_cast<std::uint32_t>(config.memory_mib * kMiB / kPageSize);
  const bool translating = config.technique == TechniqueKind::BinaryTranslation;
  const std::uint32_t own_frames =
      translating ? BinaryTranslation::own_frames(config.translation_cache_bytes) : 0;
  const std::uint32_t host_frames = guest_frames + (assisted && !kvm ? ShadowedCpu::kFrames
                                                    : bare           ? 0
                                                           : kHypervisorFrames + own_frames);
  auto host = MachineMemory::create(std::uint64_t{host_frames} * kPageSize);
  if (!host) {
    return host.error();
  }
  std::unique_ptr<Machine> machine(new Machine(std::move(*host), config));
  Machine& m = *machine;
  m.memory_ = std::make_unique<GuestMemory>(
      m.machine_memory_,
      bare ? P2m::identity(guest_frames) : P2m::scattered(guest_frames, host_frames));

  LoaderSink sink(*m.memory_);
  const auto image = load_image(config, sink);
  if (!image) {
    return image.error();
  }
  m.symbols_ = image->symbols;

  auto engine = create_engine(config, *m.memory_);
  if (!engine) {
    return engine.error();
  }
  m.engine_ = std::move(*engine);
  m.context_ = std::make_unique<RunContext>(
      RunContext{*m.engine_, *m.memory_, m, m.recorder_, m.ledger_, m.cost_,
                 config.technique == TechniqueKind::Interpretation ? 1u + m.cost_.interpret : 1u});
  if (kvm) {
    m.own_technique_ = std::make_unique<KvmGuest>(*m.context_);
  } else if (assisted) {
    m.own_technique_ = std::make_unique<EmulatedVtx>(*m.context_, config.controls);
  } else if (bare) {
    m.own_technique_ = std::make_unique<BareMetal>(*m.context_);
  } else if (config.technique == TechniqueKind::Interpretation) {
    m.own_technique_ = std::make_unique<Interpretation>(*m.context_);
  } else {
    const HypervisorFrames frames{{Mfn(0), kHypervisorFrames}};
    if (translating) {
      m.own_technique_ =
          std::make_unique<BinaryTranslation>(*m.context_, frames, config.translation_cache_bytes);
    } else {
      m.own_technique_ = std::make_unique<TrapAndEmulate>(*m.context_, frames);
    }
  }
  m.technique_ = m.own_technique_.get();
  GV_TRY(m.technique_->start(image->entry));

  m.platform_ = build_pc_platform(m, m.memory_->size());
  m.pc_interrupts_ = std::make_unique<PcInterrupts>(m.platform_);
  m.interrupts_ = m.pc_interrupts_.get();
  if (image->real_mode) {
    auto disk = read_disk(config);
    if (!disk) {
      return disk.error();
    }
    add_bios(m.platform_, m, m.memory_->size(), std::move(*disk), image->boot_drive);
  }
  return machine;
}

Ledger Machine::ledger() const {
  Ledger ledger = ledger_;
  ledger.retired = context_->retired();
  ledger.translation.added_instructions = engine_->added();
  std::uint64_t by_hypervisor = context_->emulated;
  if (technique_->kind() != TechniqueKind::BareMetal) {
    // Port instructions retire in the engine, but the hypervisor does their work.
    by_hypervisor += ledger[ExitReason::PortRead].count + ledger[ExitReason::PortWrite].count;
  }
  if (technique_->kind() == TechniqueKind::Interpretation) {
    by_hypervisor = ledger.retired;
    ledger.interpreted = {ledger.retired, ledger.retired * cost_.interpret};
  }
  ledger.direct = ledger.retired - std::min(by_hypervisor, ledger.retired);
  return ledger;
}

void Machine::type(std::uint8_t byte) {
  context_->record(technique_->linear_rip(), InputArrived{byte, false});
  if (xen_ != nullptr) {
    xen_->type(*domain_, byte);
    reschedule_ = is_host();
    return;
  }
  platform_.serial->push_input(byte);
}

void Machine::press(std::uint8_t scan_code) {
  context_->record(technique_->linear_rip(), InputArrived{scan_code, true});
  if (platform_.keyboard != nullptr) {  // a paravirtual guest has none
    platform_.keyboard->push_scan_code(scan_code);
  }
}

std::string Machine::console_text(std::uint64_t from) const {
  const std::lock_guard lock(console_mutex_);
  return from < console_.size() ? console_.substr(from) : std::string();
}

std::uint64_t Machine::console_bytes() const {
  const std::lock_guard lock(console_mutex_);
  return console_.size();
}

void Machine::set_irq(std::uint8_t line, bool level) {
  const auto bit = static_cast<std::uint16_t>(1u << line);
  const bool was = (irq_levels_ & bit) != 0;
  irq_levels_ = static_cast<std::uint16_t>(level ? irq_levels_ | bit : irq_levels_ & ~bit);
  if (platform_.pic != nullptr) {
    platform_.pic->set_line(line, level);
    if (level && !was) {
      context_->record(technique_->linear_rip(), InterruptRaised{line});
    }
  }
}

void Machine::console_byte(std::uint8_t byte, bool debug_port) {
  context_->record(technique_->linear_rip(), ConsoleWritten{byte, debug_port});
  if (!debug_port) {
    const std::lock_guard lock(console_mutex_);
    console_.push_back(static_cast<char>(byte));
  }
}

void Machine::request_exit(std::uint32_t code) { end_guest(GuestEnd::Exited, code); }
void Machine::request_reset() { end_guest(GuestEnd::Crashed, 0); }

void Machine::read_memory(Gpa address, void* out, std::size_t bytes) {
  memory_->read(address, out, bytes);
}
void Machine::write_memory(Gpa address, const void* from, std::size_t bytes) {
  memory_->write_for_guest(address, from, bytes);
  for (std::size_t done = 0; done < bytes;) {
    const Gpa at = address + done;
    const std::size_t chunk = std::min<std::size_t>(bytes - done, kPageSize - at.page_offset());
    if (const auto machine = memory_->translate(at)) {
      engine_->memory_written(*machine, chunk);
    }
    done += chunk;
  }
}

std::uint32_t Machine::read_port(std::uint16_t port, std::uint8_t size) {
  const PortAnswer answer = platform_.bus->read(port, size, context_->now());
  ++ledger_.port_accesses;
  ledger_.unclaimed_ports += answer.claimed ? 0 : 1;
  context_->record(technique_->linear_rip(),
                   PortTouched{port, size, Direction::Read, answer.claimed, answer.value});
  return answer.value;
}

void Machine::write_port(std::uint16_t port, std::uint8_t size, std::uint32_t value) {
  // The access comes first in the log, then what it made the device do.
  const bool claimed = platform_.bus->claims(port);
  ++ledger_.port_accesses;
  ledger_.unclaimed_ports += claimed ? 0 : 1;
  context_->record(technique_->linear_rip(),
                   PortTouched{port, size, Direction::Write, claimed, value});
  platform_.bus->write(port, size, value, context_->now());
}

void Machine::end_guest(GuestEnd how, std::uint32_t code) {
  if (!end_) {
    end_ = GuestEnded{how, code};
    context_->record(technique_->linear_rip(), *end_);
  }
}

void Machine::halt() { halted_ = true; }

void Machine::refuse(const std::string& why) {
  engine_failure_ = Error{ErrorCode::NotAvailable, why};
  refused_ = true;
}

}  // namespace gv
