// SPDX-License-Identifier: MIT
//
// technique.h - how a hypervisor keeps control of a guest: the one interface.
//
// machine/exit_dispatch.cpp calls one method per kind of exit; a technique
// answers it on the virtual CPU it keeps, and leaves the engine ready to run.
// Registers in and out are the guest's view (gv/registers.h).
//
// Control thread only. Guest trouble never fails a call: a guest that cannot
// go on ends through RunContext::machine.

#pragma once

#include "gv/control_structure.h"
#include "gv/device.h"
#include "gv/exit.h"
#include "gv/machine_config.h"
#include "gv/page_walk.h"
#include "gv/registers.h"
#include "gv/result.h"
#include "gv/translation_cache.h"
#include "memory/page_walker.h"
#include "memory/shadow_page_table.h"
#include "technique/run_context.h"

#include <optional>
#include <string>

namespace gv {

class Technique {
 public:
  virtual ~Technique() = default;
  virtual TechniqueKind kind() const = 0;

  // Makes the CPU stand at the image's first instruction.
  virtual Result<void> start(const RegisterFile& entry) = 0;

  virtual void fault(const Faulted& fault) = 0;
  virtual void software_interrupt(std::uint8_t vector) = 0;
  // Answers the access; a read's value goes into the next Entry.
  virtual std::uint32_t port(const PortAccessed& access) = 0;
  virtual void invalid_opcode() = 0;
  virtual void halted() = 0;
  virtual void intercepted() = 0;
  virtual void missed_memory(const MachineMemoryMissed& miss) = 0;
  // Only from engines that deliver by themselves; the others have nothing to answer.
  virtual void interrupt_window_opened() {}
  virtual void host_interrupted() {}
  virtual void msr(const MsrAccessed&) {}
  // Only where the technique asked for it.
  virtual void system_call() {}
  // The engine cannot execute the instruction at RIP. True: it has been executed in another way.
  virtual bool assist() { return false; }

  // Whether the guest would take an interrupt now, and the guest taking it.
  virtual bool interrupts_enabled() = 0;
  // IF may change without an exit: the engine must stop where it may have.
  virtual bool if_changes_unseen() const = 0;
  // STI retired last: an interrupt waits for one instruction more. SDM vol. 2B, "STI".
  virtual bool waits_one_instruction() const { return false; }
  virtual void deliver_interrupt(std::uint8_t vector) = 0;
  // The time slice ended for a timer; costs an exit where there is a hypervisor.
  virtual void time_slice_ended() = 0;

  // Around every stay in the guest. `interrupt_pending`: one waits for the guest to allow it.
  virtual void enter_guest(bool interrupt_pending) { static_cast<void>(interrupt_pending); }
  virtual void leave_guest() {}

  virtual RegisterFile registers() = 0;
  virtual PhysicalRegisters physical() = 0;
  // Real-mode services answer in registers; also what a debugger writes.
  virtual void set_registers(const RegisterFile& registers) = 0;
  virtual PagingMode paging() = 0;
  virtual const ShadowPageTable* shadow() const = 0;  // null: the MMU walks the guest's own tables
  Gva linear_rip() const { return linear_rip_now(); }
  // Memory was changed from outside the guest: what was made from its code is void.
  virtual void memory_changed() = 0;
  // What hardware assistance keeps of its guest; null where there is none, or none that we may see.
  virtual const ControlStructure* control_structure() const { return nullptr; }
  // From now on other things exit. REQUIRES: control_structure(), and for the change to shadow page
  // tables ShadowedCpu::check().
  virtual void set_controls(const ExecutionControls&) {
    GV_CHECK(false && "this technique has no execution controls");
  }
  // For views; empty where nothing is translated.
  virtual std::optional<TranslationCacheView> translation_cache() { return std::nullopt; }

  virtual void save(StateWriter& out) const = 0;
  virtual bool restore(StateReader& in) = 0;

 protected:
  virtual Gva linear_rip_now() const = 0;
};

}  // namespace gv
