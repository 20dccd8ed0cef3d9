// SPDX-License-Identifier: MIT
//
// Emulated VT-x with nested paging and without it: the same guest, other exits.

#include "gv/session.h"
#include "gv/vmx_exit_reason.h"
#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace gv {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(GV_GOLDEN) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

MachineConfig config_of(const std::string& kit, bool nested, const std::string& words = {}) {
  MachineConfig config = config_of_kit(kit, TechniqueKind::HardwareAssisted);
  config.controls.nested_paging = nested;
  config.command_line = words;
  return config;
}

std::unique_ptr<Machine> run_to_end(const MachineConfig& config) {
  auto machine = Machine::create(config);
  GV_CHECK(machine);
  EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded) << (*machine)->engine_failure().message;
  EXPECT_TRUE((*machine)->end() && (*machine)->end()->how == GuestEnd::Exited);
  return std::move(*machine);
}

Ledger ledger_of(const std::string& loop, unsigned turns, bool nested) {
  const std::string words = "only=" + loop + " n=" + std::to_string(turns);
  return run_to_end(config_of("nanobench", nested, words))->ledger();
}

std::uint64_t invlpg_exits(const Ledger& ledger) {
  return ledger.emulated[static_cast<std::size_t>(Mnemonic::Invlpg)].count;
}

TEST(NestedPaging, TheKitsPrintTheSameWithoutIt) {
  EXPECT_EQ(run_to_end(config_of("tinykernel", false))->console_text(0),
            golden("tinykernel.console.txt"));
  EXPECT_EQ(run_to_end(config_of("sensitive17", false))->console_text(0),
            golden("sensitive17.bare-metal.txt"));
  EXPECT_EQ(run_to_end(config_of("nanobench", false))->console_text(0),
            golden("nanobench.console.txt"));
  EXPECT_EQ(run_to_end(config_of("forkwait", false))->console_text(0),
            golden("forkwait.console.txt"));
}

TEST(NestedPaging, OnThereAreNoExitsForPagingAndNoShadow) {
  const auto machine = run_to_end(config_of("nanobench", true));
  const Ledger ledger = machine->ledger();
  EXPECT_GT(ledger.guest_faults, 0u);
  EXPECT_EQ(ledger[ExitReason::PageFault].count, 0u);
  EXPECT_EQ(ledger[ExitReason::ControlRegister].count, 0u);
  EXPECT_EQ(ledger[ExitReason::MachineMemory].count, 0u);
  EXPECT_EQ(invlpg_exits(ledger), 0u);
  EXPECT_EQ(ledger.shadow_fills, 0u);
  EXPECT_EQ(machine->technique().shadow(), nullptr);
}

TEST(NestedPaging, OffEachPageThatFaultsExitsTwice) {
  constexpr unsigned kPages = 256;
  const Ledger off = ledger_of("page-fault", kPages, false);
  EXPECT_EQ(off.guest_faults, ledger_of("page-fault", kPages, true).guest_faults);
  EXPECT_EQ(off.guest_faults, kPages);
  EXPECT_GE(off.shadow_misses, kPages);
  EXPECT_EQ(off[ExitReason::PageFault].count,
            off.guest_faults + off.shadow_misses + off.dirty_tracks);
  EXPECT_EQ(off[ExitReason::MachineMemory].count, 0u) << "there is no second table to violate";
}

TEST(NestedPaging, OffEachLoadOfCr3ExitsAndDropsTheShadow) {
  constexpr unsigned kTurns = 200;
  const Ledger on = ledger_of("mov-cr3", kTurns, true), off = ledger_of("mov-cr3", kTurns, false);
  EXPECT_EQ(on[ExitReason::ControlRegister].count, 0u);
  EXPECT_GE(off[ExitReason::ControlRegister].count, kTurns);
  EXPECT_GE(off.shadow_flushes, kTurns);
  EXPECT_GT(off.total_cycles(), on.total_cycles());
}

TEST(NestedPaging, OffAChangedEntryCostsInvlpgAndAMiss) {
  constexpr unsigned kTurns = 100;
  const Ledger on = ledger_of("pte-change", kTurns, true),
               off = ledger_of("pte-change", kTurns, false);
  EXPECT_EQ(invlpg_exits(on), 0u);
  EXPECT_EQ(invlpg_exits(off), kTurns);
  EXPECT_GE(off.shadow_misses, kTurns);
}

TEST(NestedPaging, WhatHasNothingToDoWithPagingCostsTheSame) {
  for (const char* loop : {"in", "cli", "divide", "syscall"}) {
    const Ledger on = ledger_of(loop, 50, true), off = ledger_of(loop, 50, false);
    EXPECT_EQ(on[ExitReason::PortRead], off[ExitReason::PortRead]) << loop;
    EXPECT_EQ(on.reflections, off.reflections) << loop;
    EXPECT_EQ(on.retired, off.retired) << loop;
  }
}

TEST(NestedPaging, ItsExitsHaveIntelsNumbers) {
  const auto machine = run_to_end(config_of("nanobench", false, "n=3"));
  std::vector<bool> seen(64);
  const EventView events = machine->recorder().view();
  for (std::uint64_t i = events.first(); i < events.end(); ++i) {
    if (const auto* exit = std::get_if<ExitTaken>(&events[i].body)) {
      const auto reason = vmx_exit_reason(exit->reason, exit->mnemonic);
      ASSERT_TRUE(reason);
      seen[reason->number] = true;
    }
  }
  EXPECT_TRUE(seen[0]) << "exception or NMI";
  EXPECT_TRUE(seen[14]) << "INVLPG";
  EXPECT_TRUE(seen[28]) << "control-register accesses";
  EXPECT_FALSE(seen[48]) << "EPT violation";
}

TEST(NestedPaging, TheGuestReadsItsOwnControlRegistersEitherWay) {
  auto config = config_of("tinykernel", false);
  auto session = Session::create(config);
  ASSERT_TRUE(session) << session.error().message;
  gv::Run run;
  run.instructions = 1'000'000;
  const auto off = (*session)->perform(run).snapshot;
  config.controls.nested_paging = true;
  auto other = Session::create(config);
  ASSERT_TRUE(other) << other.error().message;
  const auto on = (*other)->perform(run).snapshot;
  EXPECT_EQ(on->registers.cr3, on->physical.cr3);
  EXPECT_NE(off->registers.cr3, off->physical.cr3) << "the CPU holds the shadow's root";
  // Time passes faster with more exits, so the runs part; the control registers do not.
  EXPECT_EQ(off->registers.cr0, on->registers.cr0);
  EXPECT_EQ(off->registers.cr4, on->registers.cr4);
}

TEST(NestedPaging, MayChangeAtAnyInstantAndTheGuestNeverKnows) {
  auto machine = Machine::create(config_of("tinykernel", true));
  ASSERT_TRUE(machine);
  Machine& m = **machine;
  RunLimits limits;
  bool nested = true;
  unsigned changes = 0;
  for (std::uint64_t at = 0; !m.end(); at += 137'501) {
    limits.stop_at_cycles = at;
    m.run(limits);
    ASSERT_TRUE(m.engine_failure().message.empty()) << m.engine_failure().message;
    if (m.end()) {
      break;
    }
    nested = !nested;
    ExecutionControls controls;
    controls.nested_paging = nested;
    m.technique().set_controls(controls);
    ++changes;
  }
  EXPECT_GT(changes, 20u);
  EXPECT_EQ(m.console_text(0), golden("tinykernel.console.txt"));
}

TEST(NestedPaging, GoingBackTakesAChangeBackAndForwardsBringsItAgain) {
  auto created = Session::create(config_of("tinykernel", true));
  ASSERT_TRUE(created) << created.error().message;
  Session& s = **created;
  ViewRequest view;
  view.state_hash = true;
  view.page_tables = true;
  s.perform(SetView{view});
  s.perform(Seek{300'000});
  ExecutionControls off;
  off.nested_paging = false;
  const Notice set = s.perform(SetExecutionControls{off});
  ASSERT_FALSE(set.refused) << set.text;
  const auto there = s.perform(Seek{700'000}).snapshot;
  EXPECT_GT(there->ledger.shadow_fills, 0u);
  EXPECT_FALSE(there->mapped_shadow.empty());
  s.perform(SetExecutionControls{});
  const auto last = s.perform(Seek{1'000'000}).snapshot;
  const std::uint64_t hash = s.event_log_hash();

  const auto before = s.perform(Seek{200'000}).snapshot;
  EXPECT_TRUE(before->control_structure->controls.nested_paging);
  EXPECT_EQ(before->ledger.shadow_fills, 0u);
  EXPECT_EQ(before->physical.cr3, before->registers.cr3);
  const auto between = s.perform(Seek{699'990}).snapshot;
  EXPECT_FALSE(between->control_structure->controls.nested_paging);
  EXPECT_NE(between->physical.cr3, between->registers.cr3);
  EXPECT_EQ(s.perform(Seek{700'000}).snapshot->state_hash, there->state_hash);
  const auto again = s.perform(Seek{1'000'000}).snapshot;
  EXPECT_TRUE(again->control_structure->controls.nested_paging);
  EXPECT_EQ(again->state_hash, last->state_hash);
  EXPECT_EQ(again->ledger, last->ledger);
  EXPECT_EQ(s.event_log_hash(), hash);
}

TEST(NestedPaging, WithoutItTheSameRunGivesTheSameEventsAndCanBeRewound) {
  std::vector<std::uint64_t> hashes;
  for (int round = 0; round < 2; ++round) {
    auto created = Session::create(config_of("tinykernel", false));
    ASSERT_TRUE(created) << created.error().message;
    Session& s = **created;
    ViewRequest view;
    view.state_hash = true;
    s.perform(SetView{view});
    const auto there = s.perform(Seek{2'000'000}).snapshot;
    hashes.push_back(s.event_log_hash());
    s.perform(StepBack{200'001});
    const auto again = s.perform(Seek{2'000'000}).snapshot;
    EXPECT_EQ(again->state_hash, there->state_hash);
    EXPECT_EQ(s.event_log_hash(), hashes.back());
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST(NestedPaging, TheHypervisorsFramesAreOutOfTheGuestsReachEitherWay) {
  // mov eax, [0x200000]; out 0xf4, al: the first byte behind 2 MiB of memory
  const std::vector<std::uint8_t> code = {0xa1, 0x00, 0x00, 0x20, 0x00, 0xe6, 0xf4};
  for (const bool nested : {true, false}) {
    MachineConfig config = config_of_code(code, TechniqueKind::HardwareAssisted);
    config.controls.nested_paging = nested;
    const auto machine = run_to_end(config);
    EXPECT_EQ(machine->end()->code & 0xffu, 0xffu) << (nested ? "nested" : "shadow");
  }
}

TEST(NestedPaging, AGuestOfLongModeCannotBeHadWithoutIt) {
  auto created = Session::create(config_of("tinykernel64", false));
  ASSERT_TRUE(created) << created.error().message;
  const Notice refused = (*created)->perform(gv::Run{});
  EXPECT_EQ(refused.cause, StopCause::EngineRefused) << refused.text;
  EXPECT_NE(refused.text.find("nested paging"), std::string::npos) << refused.text;
}

TEST(NestedPaging, IsNotTakenFromAGuestInLongMode) {
  auto created = Session::create(config_of("tinykernel64", true));
  ASSERT_TRUE(created) << created.error().message;
  gv::Run run;
  run.instructions = 500'000;
  (*created)->perform(run);
  ExecutionControls off;
  off.nested_paging = false;
  const Notice refused = (*created)->perform(SetExecutionControls{off});
  EXPECT_TRUE(refused.refused);
  EXPECT_NE(refused.text.find("4-level"), std::string::npos) << refused.text;
  EXPECT_TRUE(refused.snapshot->control_structure->controls.nested_paging);
  EXPECT_EQ((*created)->perform(gv::Run{}).cause, StopCause::GuestExited);
}

TEST(NestedPaging, ABootSectorNeedsIt) {
  const auto refused = Machine::create(config_of("bootsector", false));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("real mode"), std::string::npos)
      << refused.error().message;
}

}  // namespace
}  // namespace gv
