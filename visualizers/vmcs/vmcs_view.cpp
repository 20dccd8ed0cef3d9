// SPDX-License-Identifier: MIT
//
// vmcs_view.cpp - sorts exits by Intel's number and puts the areas into rows.

#include "visualizers/vmcs/vmcs_view.h"

#include "visualizers/meaning/exit_class.h"
#include "visualizers/meaning/quantity.h"
#include "visualizers/trap_theatre/round_trips.h"

#include <algorithm>
#include <cstdio>

namespace gv {
namespace {

// Names that are longer than a row has room for.
std::string short_name(const VmxExitReason& reason) {
  return reason.number == 0    ? "exception or NMI"
         : reason.number == 28 ? "CR accesses"
                               : std::string(reason.name);
}

void count(std::vector<ReasonRow>& rows, const std::optional<VmxExitReason>& reason,
           std::string_view ours, const LedgerRow& row) {
  if (row.count == 0)
    return;
  const int number = reason ? int{reason->number} : -1;
  const std::string name = reason ? short_name(*reason) : std::string(ours);
  auto at = std::find_if(rows.begin(), rows.end(),
                         [&](const ReasonRow& r) { return r.number == number && r.name == name; });
  if (at == rows.end()) {
    ReasonRow fresh;
    fresh.number = number;
    fresh.name = name;
    fresh.full_name = reason ? std::string(reason->name) : std::string(ours);
    at = rows.insert(rows.end(), std::move(fresh));
  }
  at->count += row.count;
  at->cycles += row.cycles;
}

std::vector<ReasonRow> reasons_of(const Ledger& ledger) {
  std::vector<ReasonRow> rows;
  for (std::size_t i = 0; i < ledger.exits.size(); ++i) {
    const auto reason = static_cast<ExitReason>(i);
    if (reason != ExitReason::PrivilegedInstruction) {
      count(rows, vmx_exit_reason(reason), title_of(reason), ledger.exits[i]);
      continue;
    }
    // Each instruction with a control of its own has a number of its own.
    for (std::size_t m = 0; m < ledger.emulated.size(); ++m) {
      const auto mnemonic = static_cast<Mnemonic>(m);
      count(rows, vmx_exit_reason(reason, mnemonic), name_of(mnemonic), ledger.emulated[m]);
    }
  }
  const std::uint64_t all = ledger.total_exits();
  for (ReasonRow& row : rows)
    row.share = all > 0 ? static_cast<double>(row.count) / static_cast<double>(all) : 0;
  std::stable_sort(rows.begin(), rows.end(),
                   [](const ReasonRow& a, const ReasonRow& b) { return a.count > b.count; });
  return rows;
}

std::string selector_text(const Segment& segment) {
  char text[8];
  std::snprintf(text, sizeof text, "%04x", segment.selector);
  return text;
}

std::string segment_meaning(std::string_view name, const Segment& segment) {
  return std::string(name) + ": base " + address_text(segment.base) + ", limit " +
         hex_text(segment.limit) + ", attributes " + hex_text(segment.attributes) + ".";
}

std::string table_text(const DescriptorTableRegister& table) {
  return address_text(table.base) + "+" + hex_text(table.limit).substr(2);
}

// What VT-x keeps of a guest; the other general registers are its hypervisor's to save.
std::vector<VmcsRow> guest_rows(const RegisterFile& then, const RegisterFile& now) {
  std::vector<VmcsRow> rows;
  const auto add = [&rows](std::string name, std::string value, const std::string& present,
                           std::string meaning = {}) {
    const bool differs = value != present;
    rows.push_back({std::move(name), std::move(value), std::move(meaning), differs});
  };
  const auto number = [&](std::string name, std::uint64_t a, std::uint64_t b) {
    add(std::move(name), address_text(a), address_text(b));
  };
  number("RIP", then.rip, now.rip);
  number("RSP", then[Gpr::Sp], now[Gpr::Sp]);
  number("RFLAGS", then.rflags, now.rflags);
  number("CR0", then.cr0, now.cr0);
  number("CR3", then.cr3, now.cr3);
  number("CR4", then.cr4, now.cr4);
  add("GDTR", table_text(then.gdtr), table_text(now.gdtr));
  add("IDTR", table_text(then.idtr), table_text(now.idtr));
  const auto pair = [&](std::string_view a, const Segment& a_then, const Segment& a_now,
                        std::string_view b, const Segment& b_then, const Segment& b_now) {
    add(std::string(a) + " " + std::string(b), selector_text(a_then) + " " + selector_text(b_then),
        selector_text(a_now) + " " + selector_text(b_now),
        segment_meaning(a, a_then) + "\n" + segment_meaning(b, b_then));
  };
  const auto of = [](const RegisterFile& file, SegmentName name) -> const Segment& {
    return file[name];
  };
  pair("CS", of(then, SegmentName::Cs), of(now, SegmentName::Cs), "SS", of(then, SegmentName::Ss),
       of(now, SegmentName::Ss));
  pair("DS", of(then, SegmentName::Ds), of(now, SegmentName::Ds), "ES", of(then, SegmentName::Es),
       of(now, SegmentName::Es));
  pair("FS", of(then, SegmentName::Fs), of(now, SegmentName::Fs), "GS", of(then, SegmentName::Gs),
       of(now, SegmentName::Gs));
  pair("TR", then.tr, now.tr, "LDTR", then.ldtr, now.ldtr);
  return rows;
}

VmcsRow qualification_row(ExitReason reason, std::uint64_t value) {
  VmcsRow row{"qualification", hex_text(value), "", false};
  switch (reason) {
    case ExitReason::PortRead:
    case ExitReason::PortWrite:
      row.value = "port " + row.value;
      row.meaning = "VT-x packs port, size and direction into this number; here it is the port.";
      break;
    case ExitReason::ControlRegister:
      row.value = "CR" + std::to_string(value);
      row.meaning = "VT-x adds the direction and the general register; here it is the number.";
      break;
    case ExitReason::MachineMemory:
      row.value = "at " + row.value;
      break;
    case ExitReason::InterruptWindow:
      row.value = "none";
      break;
    case ExitReason::Halt:
    case ExitReason::ExternalInterrupt:
    case ExitReason::Cpuid:
      row.value = "none";
      row.meaning = "This reason has no qualification.";
      break;
    default:
      break;
  }
  return row;
}

std::string length_text(unsigned bytes) {
  return bytes == 0 ? "none" : std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

std::vector<VmcsRow> exit_rows(ExitReason cause, const std::optional<VmxExitReason>& reason,
                               std::uint64_t qualification, unsigned length) {
  const std::string name = reason ? std::to_string(reason->number) + " " + short_name(*reason)
                                  : std::string(title_of(cause)) + " (not of VT-x)";
  return {{"reason", name, std::string(explanation_of(cause)), false},
          qualification_row(cause, qualification),
          {"length", length_text(length), "Of the instruction that exited, if one did.", false}};
}

void read_structure(const Snapshot& snapshot, const ControlStructure& structure, VmcsView& view) {
  view.readable = true;
  view.controls = chips_of(structure.controls);
  view.host_state =
      "Not here. VT-x loads the host's registers from it; our hypervisor is a program of the host, "
      "and an exit returns to it.";
  if (structure.exits == 0) {
    view.guest_state_when = "saved at the first exit";
    return;
  }
  const ExitInformation& exit = structure.exit;
  view.exit_information =
      exit_rows(exit.cause, exit.reason.name.empty() ? std::nullopt : std::optional(exit.reason),
                exit.qualification, exit.instruction_length);
  if (structure.entry.valid) {
    view.exit_information.push_back(
        {"injected", "vector " + hex_text(structure.entry.vector),
         "VM-entry event injection: what an entry delivered to the guest last.", false});
  }
  const std::uint64_t since = snapshot.position.retired - exit.retired;
  view.guest_state_when = since == 0 ? "saved just now"
                                     : "saved " + short_count_text(since) +
                                           (since == 1 ? " instruction ago" : " instructions ago") +
                                           " · ≠ changed since";
  view.guest_state = guest_rows(structure.guest.registers, snapshot.registers);
  view.guest_state.push_back(
      {"activity", structure.guest.activity == ActivityState::Hlt ? "HLT" : "active", "", false});
}

// KVM hides its structure, but tells the exits that reach us and the guest's registers.
void read_kvm(const Snapshot& snapshot, VmcsView& view) {
  view.measured = true;
  view.controls_note =
      "Linux holds the control structure (Intel: VMCS, AMD: VMCB) and sets the controls; KVM lets "
      "nobody read or set them. Exits that Linux answers itself are not counted here.";
  view.guest_state_when = "as KVM reads it";
  view.guest_state = guest_rows(snapshot.registers, snapshot.registers);
  view.host_state = "Linux keeps it; KVM does not show it.";
}

}  // namespace

VmcsView make_vmcs_view(const Snapshot& snapshot, const EventView& events, std::size_t last_exits) {
  VmcsView view;
  if (snapshot.technique != TechniqueKind::HardwareAssisted) {
    view.why_nothing = "Under " + std::string(name_of(snapshot.technique)) +
                       " the CPU has no control structure: choose --technique hardware-assisted.";
    return view;
  }
  const bool kvm = snapshot.engine == EngineKind::Kvm;
  const std::uint64_t exits = snapshot.ledger.total_exits();
  view.headline = std::string(kvm ? "KVM" : "emulated VT-x") + " · " + count_text(exits) +
                  (exits == 1 ? " exit" : " exits");
  view.only_here =
      "Only emulated VT-x lets you set controls and repeat a run. Only KVM measures what an exit "
      "costs.";
  view.reasons = reasons_of(snapshot.ledger);
  for (const RoundTrip& trip : latest_trips(events, snapshot.position.events, last_exits)) {
    const auto reason = vmx_exit_reason(trip.exit.reason, trip.exit.mnemonic);
    view.last.push_back({trip.exit_sequence, trip.retired, events[trip.exit_sequence].cycles,
                         reason ? int{reason->number} : -1, instruction_text(trip.exit), trip.rip});
  }
  if (snapshot.control_structure) {
    read_structure(snapshot, *snapshot.control_structure, view);
  } else if (kvm) {
    read_kvm(snapshot, view);
    if (const auto newest = latest_trips(events, snapshot.position.events, 1); !newest.empty()) {
      const ExitTaken& exit = newest.front().exit;
      view.exit_information = exit_rows(exit.reason, vmx_exit_reason(exit.reason, exit.mnemonic),
                                        exit.qualification, exit.length);
    }
  }
  for (ReasonRow& row : view.reasons)
    row.latest = !view.last.empty() && row.number == view.last.front().number;
  return view;
}

}  // namespace gv
