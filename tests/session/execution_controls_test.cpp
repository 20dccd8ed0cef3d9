// SPDX-License-Identifier: MIT
//
// Execution controls changed in the middle of a run: from then on, and not before.

#include "gv/session.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::unique_ptr<Session> session_of(MachineConfig config) {
  auto session = Session::create(std::move(config));
  EXPECT_TRUE(session) << session.error().message;
  return std::move(*session);
}
gv::Run instructions(std::uint64_t count) {
  gv::Run run;
  run.instructions = count;
  return run;
}
std::uint64_t exits_of(const Session& session, ExitReason reason) {
  return session.snapshot()->ledger[reason].count;
}
ExecutionControls with_control_registers() {
  ExecutionControls controls;
  controls.control_registers = true;
  return controls;
}

// mov eax, cr0; jmp -5: one access in each turn of two instructions
const std::vector<std::uint8_t> kReadsCr0 = {0x0f, 0x20, 0xc0, 0xeb, 0xfb};
std::unique_ptr<Session> reads_cr0() {
  return session_of(config_of_code(kReadsCr0, TechniqueKind::HardwareAssisted));
}

TEST(SettingControls, HoldsFromThatInstantOn) {
  const auto s = reads_cr0();
  s->perform(instructions(20));
  EXPECT_EQ(exits_of(*s, ExitReason::ControlRegister), 0u);
  const Notice set = s->perform(SetExecutionControls{with_control_registers()});
  EXPECT_FALSE(set.refused) << set.text;
  EXPECT_TRUE(set.snapshot->control_structure->controls.control_registers);
  s->perform(instructions(20));
  EXPECT_EQ(exits_of(*s, ExitReason::ControlRegister), 10u);
  s->perform(SetExecutionControls{});
  s->perform(instructions(20));
  EXPECT_EQ(exits_of(*s, ExitReason::ControlRegister), 10u);
}

TEST(SettingControls, TakesEffectInTheMiddleOfABlockToo) {
  // inc ebx; inc ebx; mov eax, cr0; jmp -7
  const auto s = session_of(
      config_of_code({0x43, 0x43, 0x0f, 0x20, 0xc0, 0xeb, 0xf9}, TechniqueKind::HardwareAssisted));
  s->perform(instructions(4 * 5 + 1));
  s->perform(SetExecutionControls{with_control_registers()});
  s->perform(instructions(2));
  EXPECT_EQ(exits_of(*s, ExitReason::ControlRegister), 1u);
}

TEST(SettingControls, GoingBackTakesItBackAndForwardsBringsItAgain) {
  const auto s = session_of(config_of_kit("tinykernel", TechniqueKind::HardwareAssisted));
  s->perform(instructions(300'000));
  s->perform(SetExecutionControls{with_control_registers()});
  s->perform(instructions(300'000));
  const std::uint64_t exits = exits_of(*s, ExitReason::ControlRegister);
  const std::uint64_t hash = s->event_log_hash();
  EXPECT_GT(exits, 0u);
  const auto before = s->perform(Seek{200'000}).snapshot;
  EXPECT_FALSE(before->control_structure->controls.control_registers);
  EXPECT_EQ(before->ledger[ExitReason::ControlRegister].count, 0u);
  const auto after = s->perform(Seek{600'000}).snapshot;
  EXPECT_TRUE(after->control_structure->controls.control_registers);
  EXPECT_EQ(after->ledger[ExitReason::ControlRegister].count, exits);
  EXPECT_EQ(s->event_log_hash(), hash);
}

TEST(SettingControls, PortsThatNoLongerExitReachTheirDeviceAllTheSame) {
  const auto s = session_of(config_of_kit("tinykernel", TechniqueKind::HardwareAssisted));
  ExecutionControls none;
  none.ports.emplace();
  s->perform(SetExecutionControls{none});
  const Notice end = s->perform(gv::Run{});
  EXPECT_EQ(end.cause, StopCause::GuestExited) << end.text;
  EXPECT_EQ(exits_of(*s, ExitReason::PortWrite), 0u);
  EXPECT_NE(s->console(), "");
}

TEST(SettingControls, IsRefusedWhereThereIsNoControlStructure) {
  const auto s = session_of(config_of_kit("tinykernel", TechniqueKind::TrapAndEmulate));
  const Notice refused = s->perform(SetExecutionControls{});
  EXPECT_TRUE(refused.refused);
  EXPECT_NE(refused.text.find("hardware-assisted"), std::string::npos) << refused.text;
  EXPECT_FALSE(s->snapshot()->control_structure);
}

TEST(SettingControls, InstructionsWithAControlOfTheirOwnAreCountedByName) {
  auto config = config_of_code({0x0f, 0x31, 0xeb, 0xfc}, TechniqueKind::HardwareAssisted);
  config.controls.rdtsc = true;  // rdtsc; jmp -4
  const auto s = session_of(std::move(config));
  const auto snapshot = s->perform(instructions(10)).snapshot;
  const auto rdtsc = static_cast<std::size_t>(Mnemonic::Rdtsc);
  EXPECT_EQ(snapshot->ledger.emulated[rdtsc].count, 5u);
  EXPECT_EQ(snapshot->ledger.emulated[rdtsc].count,
            snapshot->ledger[ExitReason::PrivilegedInstruction].count);
}

}  // namespace
}  // namespace gv
