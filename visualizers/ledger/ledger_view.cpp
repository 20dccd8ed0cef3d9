// SPDX-License-Identifier: MIT
//
// ledger_view.cpp - sorts and names what a ledger counts.

#include "visualizers/ledger/ledger_view.h"

#include <algorithm>

namespace gv {

LedgerView make_ledger_view(const Ledger& ledger, const Ledger* other) {
  LedgerView view;
  view.retired = ledger.retired;
  view.direct = ledger.direct;
  view.exits = ledger.total_exits();
  view.exit_cycles = ledger.exit_cycles();
  view.idle = ledger.idle_cycles;
  view.total = ledger.total_cycles();
  // Interpreted are all instructions or none.
  const bool interpreted = ledger.interpreted.count != 0;
  view.hypervisor_cycles =
      ledger.exit_cycles() + ledger.interpreted.cycles + (interpreted ? ledger.retired : 0);
  view.guest_cycles = view.total - view.hypervisor_cycles - view.idle;
  if (ledger.retired > 0)
    view.direct_share = static_cast<double>(ledger.direct) / static_cast<double>(ledger.retired);
  const auto share = [&](std::uint64_t cycles) {
    return view.total ? static_cast<double>(cycles) / static_cast<double>(view.total) : 0.0;
  };

  for (std::size_t i = 0; i < ledger.exits.size(); ++i) {
    const LedgerRow& row = ledger.exits[i];
    const LedgerRow was = other ? other->exits[i] : LedgerRow{};
    if (row.count == 0 && was.count == 0)
      continue;
    const auto reason = static_cast<ExitReason>(i);
    view.causes.push_back({std::string(title_of(reason)), std::string(explanation_of(reason)),
                           row.count, row.cycles, share(row.cycles), was.count, was.cycles, false});
  }
  const auto heavier = [](const LedgerLine& a, const LedgerLine& b) {
    return a.cycles != b.cycles ? a.cycles > b.cycles : a.other_cycles > b.other_cycles;
  };
  std::stable_sort(view.causes.begin(), view.causes.end(), heavier);

  // Under "privileged instruction": which ones.
  std::vector<LedgerLine> details;
  for (std::size_t i = 0; i < ledger.emulated.size(); ++i) {
    const LedgerRow& row = ledger.emulated[i];
    const LedgerRow was = other ? other->emulated[i] : LedgerRow{};
    if (row.count == 0 && was.count == 0)
      continue;
    const auto mnemonic = static_cast<Mnemonic>(i);
    // These have exit reasons, and so rows, of their own.
    if (mnemonic == Mnemonic::In || mnemonic == Mnemonic::Out || mnemonic == Mnemonic::Ins ||
        mnemonic == Mnemonic::Outs || mnemonic == Mnemonic::Int || mnemonic == Mnemonic::Cpuid) {
      continue;
    }
    details.push_back({std::string(name_of(mnemonic)), "", row.count, row.cycles, share(row.cycles),
                       was.count, was.cycles, true});
  }
  std::stable_sort(details.begin(), details.end(), heavier);
  const auto at = std::find_if(view.causes.begin(), view.causes.end(), [](const LedgerLine& line) {
    return line.name == title_of(ExitReason::PrivilegedInstruction);
  });
  if (at != view.causes.end())
    view.causes.insert(at + 1, details.begin(), details.end());

  const auto counter = [&](std::string name, std::string explanation, std::uint64_t n,
                           std::uint64_t was) {
    if (n || was)
      view.counters.push_back({std::move(name), std::move(explanation), n, 0, 0, was, 0, false});
  };
  const Ledger none;
  const Ledger& o = other ? *other : none;
  counter("interpreted instructions", "Executed in software, one by one.", ledger.interpreted.count,
          o.interpreted.count);
  counter("hidden page faults", "The guest maps the page, the shadow had no entry.",
          ledger.shadow_misses, o.shadow_misses);
  counter("hidden D-bit faults", "The shadow was read-only to see the first write.",
          ledger.dirty_tracks, o.dirty_tracks);
  counter("true page faults", "Handed to the guest's own handler.", ledger.guest_faults,
          o.guest_faults);
  counter("shadow entries filled", "Each cost two walks.", ledger.shadow_fills, o.shadow_fills);
  counter("shadow flushes", "The guest loaded CR3 or invalidated pages.", ledger.shadow_flushes,
          o.shadow_flushes);
  counter("reflections", "Exceptions and INT n delivered to the guest kernel.", ledger.reflections,
          o.reflections);
  counter("interrupts delivered", "Hardware interrupts, virtual ones under a hypervisor.",
          ledger.interrupts, o.interrupts);
  counter("port accesses", "IN and OUT, of any device.", ledger.port_accesses, o.port_accesses);
  counter("unclaimed ports", "No device answers there: the bus floats high.",
          ledger.unclaimed_ports, o.unclaimed_ports);
  return view;
}

}  // namespace gv
