// SPDX-License-Identifier: MIT
//
// control_chips.cpp - names and meanings of the switches.

#include "visualizers/vmcs/control_chips.h"

#include <array>

namespace gv {
namespace {

struct Named {
  std::uint8_t vector;
  const char *label, *meaning;
};
// Exceptions that guests here raise. Others are shown when their bit is set.
constexpr std::array<Named, 4> kExceptions = {
    {{0, "#DE", "Exception bitmap, bit 0: a divide error of the guest exits."},
     {6, "#UD", "Exception bitmap, bit 6: an undefined opcode exits."},
     {13, "#GP", "Exception bitmap, bit 13: a general-protection fault of the guest exits."},
     {14, "#PF", "Exception bitmap, bit 14: a page fault of the guest exits."}}};

std::string ports_label(const ExecutionControls& controls) {
  if (!controls.ports)
    return "I/O: every port";
  if (controls.ports->empty())
    return "I/O: no port";
  return "I/O: " + std::to_string(controls.ports->size()) +
         (controls.ports->size() == 1 ? " port" : " ports");
}

bool* bit_of(ExecutionControls& controls, ControlSwitch which) {
  switch (which) {
    case ControlSwitch::ExternalInterrupts:
      return &controls.external_interrupts;
    case ControlSwitch::Hlt:
      return &controls.hlt;
    case ControlSwitch::Invlpg:
      return &controls.invlpg;
    case ControlSwitch::Rdtsc:
      return &controls.rdtsc;
    case ControlSwitch::MovDr:
      return &controls.mov_dr;
    case ControlSwitch::ControlRegisters:
      return &controls.control_registers;
    case ControlSwitch::Msrs:
      return &controls.msrs;
    case ControlSwitch::NestedPaging:
      return &controls.nested_paging;
    case ControlSwitch::Ports:
    case ControlSwitch::Exception:
      break;
  }
  return nullptr;
}

constexpr std::uint8_t kPageFaultVector = 14;

// What a hypervisor with shadow page tables cannot do without.
void hold(std::vector<ControlChip>& chips) {
  for (ControlChip& chip : chips) {
    const bool fault = chip.which == ControlSwitch::Exception && chip.vector == kPageFaultVector;
    if (chip.which == ControlSwitch::Invlpg || fault) {
      chip.on = chip.held = true;
      chip.meaning += " Held on while nested paging is off: the shadow page tables need it.";
    } else if (chip.which == ControlSwitch::ControlRegisters) {
      chip.meaning +=
          " While nested paging is off, CR3 and the paging bits of CR0 and CR4 exit whatever it "
          "says.";
    }
  }
}

}  // namespace

std::vector<ControlChip> chips_of(const ExecutionControls& controls) {
  std::vector<ControlChip> chips = {
      {ControlSwitch::ExternalInterrupts, 0, "external interrupts",
       "Pin-based: an interrupt for the host exits, whatever the guest's IF says.",
       controls.external_interrupts},
      {ControlSwitch::Hlt, 0, "HLT", "Processor-based: HLT exits.", controls.hlt},
      {ControlSwitch::Invlpg, 0, "INVLPG", "Processor-based: INVLPG exits.", controls.invlpg},
      {ControlSwitch::Rdtsc, 0, "RDTSC", "Processor-based: RDTSC exits.", controls.rdtsc},
      {ControlSwitch::MovDr, 0, "MOV DR", "Processor-based: MOV to or from a debug register exits.",
       controls.mov_dr},
      {ControlSwitch::ControlRegisters, 0, "MOV CR",
       "MOV CR, CLTS and LMSW exit. VT-x has two bits for CR3 and a mask each for CR0 and CR4; "
       "this sets all of them.",
       controls.control_registers},
      {ControlSwitch::Msrs, 0, "MSRs", "MSR bitmap, all ones: RDMSR and WRMSR exit.",
       controls.msrs},
      {ControlSwitch::Ports, 0, ports_label(controls),
       "I/O bitmap: a bit for each port. An access to a port without one goes to the device.",
       !controls.ports || !controls.ports->empty()}};
  for (const Named& e : kExceptions) {
    chips.push_back({ControlSwitch::Exception, e.vector, e.label, e.meaning,
                     (controls.exceptions >> e.vector & 1) != 0});
  }
  for (std::uint8_t vector = 0; vector < 32; ++vector) {
    bool named = false;
    for (const Named& e : kExceptions)
      named = named || e.vector == vector;
    if (!named && (controls.exceptions >> vector & 1) != 0) {
      const std::string number = std::to_string(vector);
      chips.push_back({ControlSwitch::Exception, vector, "vector " + number,
                       "Exception bitmap, bit " + number + ".", true});
    }
  }
  chips.push_back(
      {ControlSwitch::NestedPaging, 0, "nested paging",
       "Enable EPT: the CPU walks a second table below the guest's own. Off: the hypervisor keeps "
       "shadow page tables, and CR3, INVLPG and every page fault exit.",
       controls.nested_paging});
  if (!controls.nested_paging)
    hold(chips);
  return chips;
}

ExecutionControls toggled(ExecutionControls controls, const ControlChip& chip) {
  if (chip.held) {
    return controls;
  }
  if (bool* bit = bit_of(controls, chip.which)) {
    *bit = !*bit;
  } else if (chip.which == ControlSwitch::Exception) {
    controls.exceptions ^= std::uint32_t{1} << chip.vector;
  } else if (!controls.ports || !controls.ports->empty()) {
    controls.ports.emplace();  // no port exits any more
  } else {
    controls.ports.reset();
  }
  return controls;
}

}  // namespace gv
