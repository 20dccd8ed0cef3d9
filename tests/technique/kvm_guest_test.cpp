// SPDX-License-Identifier: MIT
//
// Hardware assistance on KVM: the same guest, the same text, and what cannot be had there.

#include "engine/kvm/kvm_engine.h"
#include "engine/x87_program.h"
#include "gv/session.h"
#include "gv/vmx_exit_reason.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace gv {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(GV_GOLDEN) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

class KvmGuestTest : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto here = KvmEngine::check(); !here) {
      GTEST_SKIP() << here.error().message;
    }
  }
  static std::unique_ptr<Session> open(MachineConfig config) {
    config.engine = EngineKind::Kvm;
    auto session = Session::create(std::move(config));
    GV_CHECK(session);
    return std::move(*session);
  }
  static gv::Run bounded() {
    gv::Run run;
    run.host_milliseconds = 60'000;
    return run;
  }
};

TEST_F(KvmGuestTest, TinykernelInLongModePrintsWhatItPrintsEverywhere) {
  const auto session = open(config_of_kit("tinykernel64", TechniqueKind::HardwareAssisted));
  const Notice notice = session->perform(bounded());
  EXPECT_EQ(notice.cause, StopCause::GuestExited) << notice.text;
  EXPECT_EQ(session->console(), golden("tinykernel.console.txt"));
  const Ledger& ledger = notice.snapshot->ledger;
  EXPECT_GT(ledger.measured, 0u);
  EXPECT_EQ(ledger.retired, 0u) << "nobody counts instructions there";
  EXPECT_GT(ledger[ExitReason::PortWrite].count, 800u);
  EXPECT_GT(ledger.interrupts, 10u);
  EXPECT_EQ(ledger.total_cycles(), notice.snapshot->position.cycles);
}

TEST_F(KvmGuestTest, TheOther64BitKitsPrintWhatTheyPrintEverywhere) {
  const auto seventeen = open(config_of_kit("sensitive17-64", TechniqueKind::HardwareAssisted));
  EXPECT_EQ(seventeen->perform(bounded()).cause, StopCause::GuestExited);
  EXPECT_EQ(seventeen->console(), golden("sensitive17-64.bare-metal.txt"));
  const auto loops = open(config_of_kit("nanobench64", TechniqueKind::HardwareAssisted));
  EXPECT_EQ(loops->perform(bounded()).cause, StopCause::GuestExited);
  EXPECT_EQ(loops->console(), golden("nanobench.console.txt"));
}

TEST_F(KvmGuestTest, EveryPortExitIsRecordedAtItsInstruction) {
  // mov al, 0x41; out 0xe9, al; out 0xe9, al; mov dx, 0x3fd; in al, dx; mov al, 0x10; out 0xf4, al
  const auto session = open(config_of_code(
      {0xb0, 0x41, 0xe6, 0xe9, 0xe6, 0xe9, 0x66, 0xba, 0xfd, 3, 0xec, 0xb0, 0x10, 0xe6, 0xf4},
      TechniqueKind::HardwareAssisted));
  EXPECT_EQ(session->perform(bounded()).cause, StopCause::GuestExited);
  std::vector<std::uint64_t> at;
  const EventView events = session->events();
  for (std::uint64_t i = events.first(); i < events.end(); ++i) {
    if (const auto* exit = std::get_if<ExitTaken>(&events[i].body);
        exit != nullptr &&
        (exit->reason == ExitReason::PortWrite || exit->reason == ExitReason::PortRead)) {
      at.push_back(events[i].rip.value);
      EXPECT_EQ(exit->mnemonic,
                exit->reason == ExitReason::PortRead ? Mnemonic::In : Mnemonic::Out);
      EXPECT_EQ(vmx_exit_reason(exit->reason)->number, 30);
    }
  }
  EXPECT_EQ(at, (std::vector<std::uint64_t>{0x100002, 0x100004, 0x10000a, 0x10000d}));
}

TEST_F(KvmGuestTest, WhatNeedsCountedInstructionsIsRefusedInOneSentence) {
  const auto session = open(config_of_code({0xeb, 0xfe}, TechniqueKind::HardwareAssisted));
  gv::Run limited;
  limited.instructions = 10;
  for (const Command& command : {Command(Step{}), Command(StepBack{}), Command(RunBack{}),
                                 Command(Seek{}), Command(limited)}) {
    const Notice notice = session->perform(command);
    EXPECT_TRUE(notice.refused) << command.index();
    EXPECT_NE(notice.text.find("nobody counts its instructions"), std::string::npos) << notice.text;
  }
}

TEST_F(KvmGuestTest, AKvmWithout32BitPagingSaysSoWhenTheGuestSwitchesItOn) {
  if (KvmEngine::check_legacy_paging()) {
    GTEST_SKIP() << "this KVM has 32-bit paging";
  }
  const auto session = open(config_of_kit("tinykernel", TechniqueKind::HardwareAssisted));
  const Notice notice = session->perform(bounded());
  EXPECT_EQ(notice.cause, StopCause::EngineRefused);
  EXPECT_NE(notice.text.find("refuses 32-bit paging"), std::string::npos) << notice.text;
}

TEST_F(KvmGuestTest, AKvmWith32BitPagingRunsTheOtherTinykernelToo) {
  if (!KvmEngine::check_legacy_paging()) {
    GTEST_SKIP() << "this machine's KVM refuses 32-bit paging";
  }
  const auto session = open(config_of_kit("tinykernel", TechniqueKind::HardwareAssisted));
  EXPECT_EQ(session->perform(bounded()).cause, StopCause::GuestExited);
  EXPECT_EQ(session->console(), golden("tinykernel.console.txt"));
}

TEST_F(KvmGuestTest, WhatKvmRefusesToExecuteTheInterpreterExecutesAndTheLedgerCounts) {
  MachineConfig config = config_of_code(x87_program(), TechniqueKind::BareMetal);
  config.engine = EngineKind::Interpreter;
  const auto reference = Machine::create(config);
  ASSERT_TRUE(reference);
  EXPECT_EQ((*reference)->run({}), RunStop::GuestEnded);
  config.engine = EngineKind::Kvm;
  config.technique = TechniqueKind::HardwareAssisted;
  const auto machine = Machine::create(config);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded);
  ASSERT_TRUE((*machine)->end());
  EXPECT_EQ((*machine)->end()->how, GuestEnd::Exited) << (*machine)->end_text();
  const auto here = x87_results(**machine), there = x87_results(**reference);
  const bool hardware = KvmEngine::check_legacy_paging().has_value();
  for (std::size_t i = 0; i < here.size(); ++i) {
    // FNSTSW to memory is one of three that an emulating KVM executes itself, on a state of its
    // own that KVM_SET_FPU does not reach.
    if (!hardware && (i == 82 || i == 83)) {
      continue;
    }
    EXPECT_EQ(here[i], there[i]) << "byte " << i;
  }
  const std::uint64_t assists = (*machine)->ledger()[ExitReason::InstructionAssist].count;
  if (hardware) {
    EXPECT_EQ(assists, 0u) << "hardware needs no help";
  } else {
    EXPECT_GT(assists, 20u);
  }
}

TEST_F(KvmGuestTest, APauseStopsAGuestThatNeverExits) {
  const auto session = open(config_of_code({0xeb, 0xfe}, TechniqueKind::HardwareAssisted));
  for (int round = 0; round < 5; ++round) {
    const std::uint64_t run = session->submit(gv::Run{});
    const Notice paused = session->perform(Pause{});
    EXPECT_FALSE(paused.refused) << paused.text;
    EXPECT_EQ(paused.cause, StopCause::Paused);
    for (bool answered = false; !answered;) {
      for (const Notice& notice : session->take_notices()) {
        answered = answered || notice.command == run;
      }
    }
    EXPECT_EQ(session->snapshot()->state, RunState::Stopped);
  }
}

TEST_F(KvmGuestTest, ABootSectorFindsItsBios) {
  const auto session = open(config_of_kit("bootsector", TechniqueKind::HardwareAssisted));
  EXPECT_EQ(session->perform(bounded()).cause, StopCause::GuestExited);
  EXPECT_NE(session->console().find("this text comes from the second sector"), std::string::npos)
      << session->console();
}

}  // namespace
}  // namespace gv
