// SPDX-License-Identifier: MIT
//
// race_table.cpp - adds up and sorts what the lanes' ledgers hold.

#include "visualizers/race/race_table.h"

#include <algorithm>

namespace gv {
namespace {

RaceBar bar_of(const RaceLaneView& lane) {
  const Ledger& ledger = lane.snapshot->ledger;
  RaceBar bar;
  bar.exits = ledger.total_exits();
  bar.idle = ledger.idle_cycles;
  bar.host_time = lane.lane.engine == EngineKind::Kvm;
  bar.out = lane.arrived && !ended_by_itself(lane);
  // Interpreted are all instructions or none.
  const bool interpreted = ledger.interpreted.count != 0;
  const auto at = [&](RaceCost cost) -> std::uint64_t& {
    return bar.cycles[static_cast<std::size_t>(cost)];
  };
  at(RaceCost::Guest) = (interpreted ? 0 : ledger.retired) + ledger.measured;
  at(RaceCost::Software) = (interpreted ? ledger.retired : 0) + ledger.interpreted.cycles +
                           ledger.translation.added_instructions;
  for (int i = 0; i < kExitReasonCount; ++i)
    at(cost_of(static_cast<ExitReason>(i))) += ledger.exits[static_cast<std::size_t>(i)].cycles;
  for (const std::uint64_t cycles : bar.cycles)
    bar.busy += cycles;
  return bar;
}

}  // namespace

std::string_view title_of(RaceCost cost) {
  switch (cost) {
    case RaceCost::Guest:
      return "guest, directly";
    case RaceCost::Software:
      return "in software";
    case RaceCost::Instructions:
      return "instructions";
    case RaceCost::PageFaults:
      return "page faults";
    case RaceCost::SystemCalls:
      return "system calls";
    case RaceCost::Devices:
      return "devices";
    case RaceCost::Translator:
      return "translator";
    case RaceCost::Interrupts:
      return "interrupts";
  }
  return "";
}

std::string_view explanation_of(RaceCost cost) {
  switch (cost) {
    case RaceCost::Guest:
      return "The guest's own instructions, executed by the CPU: one cycle each.";
    case RaceCost::Software:
      return "Executed in the guest's place: interpreted one by one, or added by translation.";
    case RaceCost::Instructions:
      return "Privileged or sensitive instructions that left the guest and were emulated.";
    case RaceCost::PageFaults:
      return "Page faults that left the guest: its own, and hidden ones of a shadow.";
    case RaceCost::SystemCalls:
      return "INT n and exceptions that left the guest and were passed on to its kernel.";
    case RaceCost::Devices:
      return "IN, OUT and device memory.";
    case RaceCost::Translator:
      return "Calls of the translator: code that was not in the cache, or not chained.";
    case RaceCost::Interrupts:
      return "Time slices that ended and interrupts that were delivered.";
  }
  return "";
}

Ink ink_of(RaceCost cost) {
  switch (cost) {
    case RaceCost::Guest:
      return Ink::GuestKernel;
    case RaceCost::Software:
      return Ink::Emulated;
    case RaceCost::Instructions:
      return Ink::Trapped;
    case RaceCost::PageFaults:
      return Ink::ShadowWork;
    case RaceCost::SystemCalls:
      return Ink::Reflected;
    case RaceCost::Devices:
      return Ink::DeviceWork;
    case RaceCost::Translator:
      return Ink::Hypervisor;
    case RaceCost::Interrupts:
      return Ink::Interrupt;
  }
  return Ink::Text;
}

RaceCost cost_of(ExitReason reason) {
  switch (reason) {
    case ExitReason::PageFault:
      return RaceCost::PageFaults;
    case ExitReason::SoftwareInterrupt:
    case ExitReason::DivideError:
    case ExitReason::Exception:
    case ExitReason::GeneralProtection:
    case ExitReason::TripleFault:
    case ExitReason::SystemCall:
      return RaceCost::SystemCalls;
    case ExitReason::PortRead:
    case ExitReason::PortWrite:
    case ExitReason::MachineMemory:
      return RaceCost::Devices;
    case ExitReason::TranslatorCalled:
      return RaceCost::Translator;
    case ExitReason::InterruptWindow:
    case ExitReason::ExternalInterrupt:
      return RaceCost::Interrupts;
    case ExitReason::PrivilegedInstruction:
    case ExitReason::Cpuid:
    case ExitReason::InvalidOpcode:
    case ExitReason::Halt:
    case ExitReason::ControlRegister:
    case ExitReason::MsrRead:
    case ExitReason::MsrWrite:
    case ExitReason::InstructionAssist:
    case ExitReason::Callout:
    case ExitReason::Hypercall:  // it stands for a privileged instruction
      return RaceCost::Instructions;
  }
  return RaceCost::Instructions;
}

bool ended_by_itself(const RaceLaneView& lane) {
  return lane.snapshot->cause == StopCause::GuestExited ||
         lane.snapshot->cause == StopCause::GuestHalted;
}

RaceTable make_race_table(const RaceView& race) {
  RaceTable table;
  for (const RaceLaneView& lane : race.lanes)
    table.bars.push_back(bar_of(lane));

  std::optional<std::uint64_t> least;
  int compared = 0;
  for (const RaceBar& bar : table.bars) {
    if (bar.host_time || bar.out || bar.busy == 0)
      continue;
    table.longest = std::max(table.longest, bar.busy);
    least = std::min(least.value_or(bar.busy), bar.busy);
    ++compared;
  }
  for (RaceBar& bar : table.bars) {
    if (compared > 1 && !bar.host_time && !bar.out && bar.busy > 0)
      bar.times = static_cast<double>(bar.busy) / static_cast<double>(*least);
  }
  for (int i = 0; i < kRaceCostCount; ++i) {
    if (std::any_of(table.bars.begin(), table.bars.end(), [i](const RaceBar& bar) {
          return bar.cycles[static_cast<std::size_t>(i)] > 0;
        }))
      table.costs_that_occur.push_back(static_cast<RaceCost>(i));
  }

  const auto add_row = [&](bool cause, std::string name, RaceCost cost, auto&& cell_in) {
    RaceRow row{std::move(name), cost, {}};
    bool any = false;
    for (std::size_t i = 0; i < race.lanes.size(); ++i) {
      const LedgerRow cell = cell_in(race.lanes[i].snapshot->ledger);
      row.cells.push_back({cell.count, cell.cycles, table.bars[i].host_time});
      any |= cell.count > 0;
      if (!table.bars[i].host_time)
        table.dearest = std::max(table.dearest, cell.cycles);
    }
    if (any)
      (cause ? table.causes : table.instructions).push_back(std::move(row));
  };
  for (int i = 0; i < kExitReasonCount; ++i) {
    const auto reason = static_cast<ExitReason>(i);
    add_row(true, std::string(title_of(reason)), cost_of(reason),
            [i](const Ledger& ledger) { return ledger.exits[static_cast<std::size_t>(i)]; });
  }
  for (int i = 0; i < kMnemonicCount; ++i) {
    const auto mnemonic = static_cast<Mnemonic>(i);
    const bool port = mnemonic == Mnemonic::In || mnemonic == Mnemonic::Out ||
                      mnemonic == Mnemonic::Ins || mnemonic == Mnemonic::Outs;
    add_row(false,
            mnemonic == Mnemonic::Other ? std::string("others") : std::string(name_of(mnemonic)),
            port ? RaceCost::Devices : RaceCost::Instructions,
            [i](const Ledger& ledger) { return ledger.emulated[static_cast<std::size_t>(i)]; });
  }
  const auto dearest_cell = [](const RaceRow& row) {
    std::uint64_t most = 0;
    for (const RaceCell& cell : row.cells)
      most = std::max(most, cell.host_time ? 0 : cell.cycles);
    return most;
  };
  for (std::vector<RaceRow>* rows : {&table.causes, &table.instructions}) {
    std::stable_sort(rows->begin(), rows->end(), [&](const RaceRow& a, const RaceRow& b) {
      return dearest_cell(a) > dearest_cell(b);
    });
  }
  return table;
}

std::uint64_t scale_end(std::uint64_t value) {
  std::uint64_t end = 1;
  while (true) {
    for (const std::uint64_t step : {1U, 2U, 5U}) {
      if (end * step >= value)
        return end * step;
    }
    if (end > UINT64_MAX / 10)
      return value;
    end *= 10;
  }
}

}  // namespace gv
