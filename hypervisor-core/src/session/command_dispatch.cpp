// SPDX-License-Identifier: MIT
//
// command_dispatch.cpp - what each command makes the machine do, or why it is refused.
//
// The moves themselves are in control_thread.cpp; here is which command asks for which.

#include "session/control_thread.h"

#include "technique/hardware_assisted/shadowed_cpu.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace gv {

namespace {

bool needs_counting(const Command& command) {
  return std::holds_alternative<Step>(command) || std::holds_alternative<Seek>(command);
}

std::optional<std::uint16_t> domain_named_by(const Command& command) {
  if (const auto* typed = std::get_if<Type>(&command)) {
    return typed->domain;
  }
  if (const auto* control = std::get_if<ControlDomain>(&command)) {
    return control->domain;
  }
  const auto* share = std::get_if<SetDomainShare>(&command);
  return share != nullptr ? std::optional(share->domain) : std::nullopt;
}

constexpr const char* kNoControls =
    "nothing here has execution controls that could be set; use --technique hardware-assisted on "
    "unicorn";

}  // namespace

const char* const ControlThread::kUncountedRefusal =
    "on kvm the CPU runs by itself and nobody counts its instructions, so no run can be repeated: "
    "there are no steps, no limits in instructions and no way back; use --engine unicorn for those";
const char* const ControlThread::kEndedRefusal =
    "the guest has ended; step or seek back to run it again";

const char* ControlThread::no_history() const {
  return machine_->engine().traits().deterministic
             ? "this machine keeps no history; start it with time travel on"
             : kUncountedRefusal;
}

ControlThread::Outcome ControlThread::carry_out(const Command& command) {
  if (const auto* run_command = std::get_if<Run>(&command)) {
    return run(*run_command);
  }
  if (needs_counting(command) && !machine_->engine().traits().deterministic) {
    return refused(kUncountedRefusal);
  }
  if (const auto* step = std::get_if<Step>(&command)) {
    if (machine_->end()) {
      return refused(kEndedRefusal);
    }
    return move_to({machine_->position().retired + step->instructions, 0, 0}, StopCause::StepDone);
  }
  if (const auto* back = std::get_if<StepBack>(&command)) {
    return step_back(back->instructions);
  }
  if (const auto* run_back_command = std::get_if<RunBack>(&command)) {
    return run_back(*run_back_command);
  }
  if (const auto* seek = std::get_if<Seek>(&command)) {
    if (seek->retired < machine_->position().retired && !timeline_.can_go_back()) {
      return refused(no_history());
    }
    return move_to({seek->retired, 0, 0}, StopCause::SeekDone);
  }
  if (std::get_if<Pause>(&command) != nullptr) {
    return machine_->end() ? cause_of_end() : stopped(StopCause::Paused);
  }
  if (const auto* set = std::get_if<SetBreakpoints>(&command)) {
    breakpoints_ = set->breakpoints;
    return {};
  }
  if (const auto* set = std::get_if<SetView>(&command)) {
    view_ = set->view;
    machine_->engine().examine(view_.instructions ? Examination::LastInstruction
                                                  : Examination::Off);
    return {};
  }
  if (machine_->end() && machine_->end()->how != GuestEnd::Halted) {
    return refused(kEndedRefusal);
  }
  if (const auto named = domain_named_by(command); named && !has_domain(*named)) {
    return refused(fmt::format("there is no domain {} here", *named));
  }
  if (const auto* typed = std::get_if<Type>(&command)) {
    for (const char byte : typed->serial) {
      timeline_.put_in(SerialByte{static_cast<std::uint8_t>(byte), typed->domain});
    }
  } else if (const auto* keys = std::get_if<PressKeys>(&command)) {
    for (const std::uint8_t code : keys->scan_codes) {
      timeline_.put_in(ScanCode{code});
    }
  } else if (const auto* reg = std::get_if<WriteRegister>(&command)) {
    timeline_.put_in(*reg);
  } else if (const auto* pointer = std::get_if<WriteInstructionPointer>(&command)) {
    timeline_.put_in(*pointer);
  } else if (const auto* flags = std::get_if<WriteFlags>(&command)) {
    timeline_.put_in(*flags);
  } else if (const auto* bytes = std::get_if<WriteMemory>(&command)) {
    timeline_.put_in(*bytes);
  } else if (const auto* controls = std::get_if<SetExecutionControls>(&command)) {
    if (machine_->technique().control_structure() == nullptr) {
      return refused(kNoControls);
    }
    if (const auto can = ShadowedCpu::check(machine_->technique().paging());
        !can && !controls->controls.nested_paging) {
      return refused(can.error().message);
    }
    timeline_.put_in(*controls);
  } else if (const auto* control = std::get_if<ControlDomain>(&command)) {
    timeline_.put_in(*control);
  } else if (const auto* share = std::get_if<SetDomainShare>(&command)) {
    timeline_.put_in(*share);
  }
  return {};
}

bool ControlThread::has_domain(std::uint16_t id) const {
  const std::vector<DomainView> domains = machine_->domains();
  return std::any_of(domains.begin(), domains.end(),
                     [id](const DomainView& domain) { return domain.id == id; });
}

}  // namespace gv
