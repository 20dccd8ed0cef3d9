// SPDX-License-Identifier: MIT
//
// machine.h - one host with its guest, or under Xen its guests: every part, and where they meet.
//
// Builds the parts in visible order (machine.cpp; xen_guest.cpp for a paravirtual one), runs
// them (run_loop.cpp; xen_schedule.cpp chooses among several vCPUs), answers exits
// (exit_dispatch.cpp), and puts their whole state away and
// back (machine_state.cpp). Virtual time is retired instructions plus what exits
// and idling cost; nothing here reads a host clock.
//
// Instants: the state "at N" is the first one at which N instructions have
// retired, before anything that follows from it. Stopping at an instant never
// changes what happens afterwards.
//
// Control thread only, except console_text().

#pragma once

#include "devices/pc_platform.h"
#include "engine/vcpu_engine.h"
#include "gv/command.h"
#include "gv/device.h"
#include "gv/machine_config.h"
#include "gv/session.h"
#include "gv/snapshot.h"
#include "memory/guest_memory.h"
#include "memory/machine_memory.h"
#include "technique/interrupt_controller.h"
#include "technique/paravirtual/paravirtual_guest.h"
#include "technique/run_context.h"
#include "technique/technique.h"
#include "trace/recorder.h"
#include "xen/hypervisor.h"
#include "xen/xenstore/store.h"

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace gv {

// Looks at the run after every exit, and may stop it there.
class RunObserver {
 public:
  virtual ~RunObserver() = default;
  // `kinds`: a bit for each event kind recorded since the last call (EventBody index).
  virtual bool stop_after_exit(std::uint64_t kinds) = 0;
  // An address that the engine watches was reached; the instruction has not run.
  virtual bool stop_at_address() = 0;
  // Watched memory was touched by an instruction that has retired: `touch.retired` is the
  // machine's count right after it, at or before the machine's position.
  virtual bool stop_at_touch(const MemoryTouch& touch) {
    (void)touch;
    return false;
  }
};

struct RunLimits {
  std::uint64_t stop_exactly = UINT64_MAX;  // retired instructions
  // At a block boundary only: a log of this many events, this much virtual time.
  std::uint64_t stop_at_events = UINT64_MAX;
  std::uint64_t stop_at_cycles = UINT64_MAX;
  const std::atomic<bool>* pause = nullptr;  // set by any thread; honoured at a boundary
  RunObserver* observer = nullptr;
};

enum class RunStop : std::uint8_t {
  TargetReached,
  Paused,
  ObserverStopped,
  GuestEnded,
  EngineFailed
};

// Everything but memory, as a value.
struct MachineState {
  EngineState engine;
  std::vector<std::uint8_t> technique, devices, xen, xenstore;
  Ledger ledger;
  std::uint64_t emulated = 0, time = 0, events = 0, console_bytes = 0;
  std::uint64_t retired_after_exit = 0;
  std::uint16_t irq_levels = 0;
  bool halted = false;
  std::optional<GuestEnded> end;
  // Under Xen: every vCPU but the current one, whose registers and technique are above.
  struct Vcpu {
    EngineState engine;
    std::vector<std::uint8_t> technique;
    RegisterFile registers;
    bool halted = false, started = false;
  };
  std::vector<Vcpu> vcpus;
  std::vector<std::uint64_t> domain_console_bytes;
  std::uint32_t current_vcpu = 0;
  std::uint64_t charged_until = 0;
  bool reschedule = false;
};

class Machine final : private DeviceHost, private MachineServices, private xen::HypervisorHost {
 public:
  // Loads the image and stops before its first instruction.
  static Result<std::unique_ptr<Machine>> create(const MachineConfig& config);
  ~Machine() override;

  // THE run loop. run_loop.cpp.
  RunStop run(const RunLimits& limits);

  Position position() const { return {context_->retired(), context_->now(), recorder_.next()}; }
  // How often the engine was entered since creation: what replaying costs the host. Not a part
  // of the machine's state, and not the same in a run that was stopped more often.
  const RunContext& context() const { return *context_; }
  // Whether a MachineState may be taken now, or something may come in from outside: not in the
  // middle of a block, nor between an interrupt's delivery and its handler.
  bool at_boundary() const { return !engine_->inside_block() && !boundary_served_; }
  bool inside_block() const { return engine_->inside_block(); }
  const std::optional<GuestEnded>& end() const { return end_; }
  const Error& engine_failure() const { return engine_failure_; }
  // One sentence, where there is more to say of the end than how it came; else empty.
  const std::string& end_text() const { return end_text_; }
  Ledger ledger() const;
  Technique& technique() { return *technique_; }
  VcpuEngine& engine() { return *engine_; }
  Recorder& recorder() { return recorder_; }
  const Recorder& recorder() const { return recorder_; }
  GuestMemory& memory() { return *memory_; }
  MachineMemory& machine_memory() { return machine_memory_; }
  // Under Xen it has a bus and nothing on it.
  PcPlatform& platform() { return platform_; }
  // Null: the guest is not Xen's.
  xen::Hypervisor* xen() { return xen_.get(); }
  // Of a Xen host, by its domains' numbers; else empty.
  std::vector<DomainView> domains() const;
  bool interrupt_pending() const { return interrupts_->pending(); }
  const std::vector<Symbol>& symbols() const { return symbols_; }
  const Event& last_exit() const { return context_->last_exit; }
  // HLT ended the guest, and now there is input after all.
  void wake_from_halt() { end_.reset(); }

  // Input from outside, at this instant.
  void type(std::uint8_t byte);
  // To a domain's console. False: there is no such domain.
  bool type(xen::DomainId domain, std::uint8_t byte);
  void press(std::uint8_t scan_code);
  // REQUIRES for both: the domain is one of domains().
  void control_domain(xen::DomainId domain, DomainAction action);
  void set_share(xen::DomainId domain, xen::Scheduler::Share share);

  // Any thread.
  std::string console_text(std::uint64_t from) const;
  std::uint64_t console_bytes() const;
  // What a domain of a Xen host wrote; console_text() is the booted one's.
  std::string domain_console(xen::DomainId domain, std::uint64_t from) const;

  // machine_state.cpp. REQUIRES at_boundary() for save.
  MachineState save();
  Result<void> restore(const MachineState& state);
  // Hash of registers, guest memory and devices.
  std::uint64_t state_hash();

 private:
  explicit Machine(MachineMemory memory, const MachineConfig& config);

  // xen_guest.cpp
  static Result<std::unique_ptr<Machine>> create_under_xen(const MachineConfig& config);
  struct GuestPlan;
  Result<void> add_guest(const GuestPlan& plan);
  // An image that is for Xen alone, or is wanted as Xen's guest, is refused by other techniques.
  static Result<void> check_not_xens(const MachineConfig& config);

  // run_loop.cpp
  Entry next_entry(const RunLimits& limits) const;
  void serve_clock_and_interrupts();
  bool stops_here(const RunLimits& limits, std::uint64_t retired_before);
  void collect_touches();
  void settle_unfinished_touches();
  void idle(const std::atomic<bool>* pause);
  // xen_schedule.cpp
  // A Xen host, not a guest that was booted alone.
  bool is_host() const { return is_host_; }
  std::optional<Cycles> next_deadline() const;
  void serve_vcpus();
  void idle_host(const std::atomic<bool>* pause);
  void charge_current();
  void settle_runnable();
  void switch_to(std::size_t next, ScheduleCause cause);
  Result<void> restore_vcpus(const MachineState& state);
  ScheduleCause why_switch() const;
  // exit_dispatch.cpp
  void dispatch(const Exit& exit);
  void dispatch_halt();
  void end_refused();

  // DeviceHost
  void set_irq(std::uint8_t line, bool level) override;
  void console_byte(std::uint8_t byte, bool debug_port) override;
  void request_exit(std::uint32_t code) override;
  void request_reset() override;
  void read_memory(Gpa address, void* out, std::size_t bytes) override;
  void write_memory(Gpa address, const void* from, std::size_t bytes) override;
  // MachineServices
  std::uint32_t read_port(std::uint16_t port, std::uint8_t size) override;
  void write_port(std::uint16_t port, std::uint8_t size, std::uint32_t value) override;
  void end_guest(GuestEnd how, std::uint32_t code) override;
  void halt() override;
  void refuse(const std::string& why) override;
  // xen::HypervisorHost, in xen_guest.cpp
  Cycles now() const override { return context_->now(); }
  void record(const EventBody& body) override;
  void charge(std::uint32_t cycles) override;
  void console_byte(xen::DomainId domain, std::uint8_t byte) override;
  void domain_shut_down(xen::DomainId domain, ShutdownReason reason,
                        const std::string& why) override;
  void memory_written(Mpa from, std::uint64_t bytes) override;

  // Constant after creation.
  MachineMemory machine_memory_;
  std::unique_ptr<GuestMemory> memory_;
  std::unique_ptr<VcpuEngine> engine_;
  CostModel cost_;
  std::unique_ptr<RunContext> context_;
  std::unique_ptr<xenstore::Store> xenstore_;
  std::unique_ptr<xen::Hypervisor> xen_;
  xen::Domain* domain_ = nullptr;  // the one that was booted
  // The guest's, or that of the vCPU that has the CPU.
  Technique* technique_ = nullptr;
  std::unique_ptr<Technique> own_technique_;
  // Under Xen: a vCPU, and its registers while another one has the CPU.
  struct HostedVcpu {
    xen::Vcpu* vcpu = nullptr;
    std::unique_ptr<ParavirtualGuest> guest;
    RegisterFile entry;  // where it starts
    EngineState registers;
    RegisterFile shown;
    bool halted = false, started = false;
  };
  std::vector<HostedVcpu> hosted_;
  bool is_host_ = false;
  EngineState reset_state_;  // of a CPU that has run nobody
  std::vector<std::string> domain_names_;
  std::vector<Symbol> symbols_;

  // The run.
  PcPlatform platform_;
  std::unique_ptr<InterruptController> pc_interrupts_;
  InterruptController* interrupts_ = nullptr;  // of the PC, or of the domain's vCPU
  Recorder recorder_;
  Ledger ledger_;
  std::uint32_t port_reply_ = 0;
  std::uint64_t retired_after_exit_ = 0;  // when the hypervisor last gave the CPU back
  std::uint16_t irq_levels_ = 0;
  bool halted_ = false;
  std::uint32_t current_ = 0;  // of hosted_
  bool reschedule_ = false;    // something came from outside
  Cycles charged_until_ = 0;   // what the scheduler knows of who ran
  bool address_reached_ = false;
  bool boundary_served_ = false;      // the clock and interrupts have been, at this very boundary
  std::vector<MemoryTouch> touches_;  // that no observer has seen
  // Of an instruction whose translation an exit cut, and where the CPU stood then.
  std::vector<MemoryTouch> unfinished_touches_;
  std::uint64_t unfinished_at_ = 0;
  bool refused_ = false;
  std::optional<GuestEnded> end_;
  Error engine_failure_;
  std::string end_text_;

  mutable std::mutex console_mutex_;
  std::string console_;                       // guarded by console_mutex_
  std::vector<std::string> domain_consoles_;  // the same, by place in the configuration
};

}  // namespace gv
