// SPDX-License-Identifier: MIT
//
// Instructions taken apart at a stop: the last one and the next, and looking changes nothing.

#include "gv/session.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::unique_ptr<Session> session_of(MachineConfig config, bool examine = true) {
  config.engine = EngineKind::Interpreter;
  auto session = Session::create(std::move(config));
  EXPECT_TRUE(session) << session.error().message;
  ViewRequest view;
  view.state_hash = true;
  view.instructions = examine;
  (*session)->perform(SetView{view});
  return std::move(*session);
}
std::unique_ptr<Session> tinykernel(bool examine = true) {
  return session_of(config_of_kit("tinykernel", TechniqueKind::Interpretation), examine);
}
gv::Run instructions(std::uint64_t count) {
  gv::Run run;
  run.instructions = count;
  return run;
}
const InstructionRecord& last(const Notice& notice) { return *notice.snapshot->instructions->last; }

// mov eax, 7; push eax; pop ebx; add [0x1200], ebx; mov dx, 0x3fd; in al, dx; cli; lea ecx, [eax+3]
const std::vector<std::uint8_t> kCode = {0xb8, 7,    0,    0,    0,    0x50, 0x5b, 0x01,
                                         0x1d, 0x00, 0x12, 0,    0,    0x66, 0xba, 0xfd,
                                         0x03, 0xec, 0xfa, 0x8d, 0x48, 0x03, 0xeb, 0xfe};

TEST(ExaminedInstructions, AStepShowsWhatRanAndWhatComesNext) {
  const auto s = session_of(config_of_code(kCode, TechniqueKind::Interpretation));
  const auto start = s->snapshot();
  ASSERT_TRUE(start->instructions);
  EXPECT_FALSE(start->instructions->last) << "nothing has run";
  EXPECT_EQ(start->instructions->next.text, "mov eax, 0x7");

  const Notice mov = s->perform(Step{});
  EXPECT_EQ(last(mov).text, start->instructions->next.text);
  EXPECT_TRUE(last(mov).completed);
  ASSERT_EQ(last(mov).changes.size(), 1u);
  EXPECT_EQ(last(mov).changes[0].after, 7u);
  EXPECT_EQ(mov.snapshot->instructions->next.text, "push eax");
}

TEST(ExaminedInstructions, TheStackIsAnOperandThoughTheBytesDoNotNameIt) {
  const auto s = session_of(config_of_code(kCode, TechniqueKind::Interpretation));
  const Notice push = s->perform(Step{2});
  ASSERT_EQ(last(push).memory.size(), 1u);
  const MemoryAccessRecord& stack = last(push).memory[0];
  EXPECT_EQ(stack.base, Gpr::Sp);
  EXPECT_EQ(stack.segment, SegmentName::Ss);
  EXPECT_EQ(stack.linear.value, push.snapshot->registers[Gpr::Sp]);
  EXPECT_EQ(stack.after, 7u);
  const Notice pop = s->perform(Step{});
  ASSERT_EQ(last(pop).memory.size(), 1u);
  EXPECT_EQ(last(pop).memory[0].linear.value, stack.linear.value);
  EXPECT_EQ(last(pop).memory[0].before, 7u);
}

TEST(ExaminedInstructions, MemoryIsShownBeforeAndAfter) {
  const auto s = session_of(config_of_code(kCode, TechniqueKind::Interpretation));
  const Notice add = s->perform(Step{4});
  ASSERT_EQ(last(add).memory.size(), 1u);
  EXPECT_EQ(last(add).memory[0].linear.value, 0x1200u);
  EXPECT_EQ(last(add).memory[0].after, last(add).memory[0].before + 7);
  EXPECT_EQ(last(add).operands[0].after, last(add).memory[0].after);
  EXPECT_NE(last(add).flags.written, 0u);
}

TEST(ExaminedInstructions, APortInstructionIsShownWithItsAnswer) {
  const auto s = session_of(config_of_code(kCode, TechniqueKind::Interpretation));
  const Notice in = s->perform(Step{6});
  EXPECT_EQ(last(in).text, "in al, dx");
  EXPECT_TRUE(last(in).completed);
  EXPECT_TRUE(std::holds_alternative<PortAccessed>(last(in).exit));
  ASSERT_EQ(last(in).changes.size(), 1u);
  EXPECT_EQ(last(in).changes[0].after & 0xff, in.snapshot->registers[Gpr::Ax] & 0xff);
}

TEST(ExaminedInstructions, LeaAccessesNothing) {
  const auto s = session_of(config_of_code(kCode, TechniqueKind::Interpretation));
  const Notice lea = s->perform(Step{8});
  ASSERT_EQ(last(lea).memory.size(), 1u);
  EXPECT_FALSE(last(lea).memory[0].accessed);
  EXPECT_EQ(last(lea).memory[0].offset, lea.snapshot->registers[Gpr::Cx]);
}

TEST(ExaminedInstructions, ATrapShowsTheInstructionThatDidNotComplete) {
  const auto s = session_of(config_of_code(kCode, TechniqueKind::TrapAndEmulate));
  const Notice cli = s->perform(Step{7});
  EXPECT_EQ(last(cli).text, "cli");
  EXPECT_FALSE(last(cli).completed);
  ASSERT_TRUE(std::holds_alternative<Faulted>(last(cli).exit));
  EXPECT_EQ(std::get<Faulted>(last(cli).exit).vector, 13);
  EXPECT_EQ(cli.snapshot->instructions->next.text, "lea ecx, [eax+0x3]");
}

TEST(ExaminedInstructions, ABreakpointIsRetracedAndTheMachineStandsWhereItStood) {
  const auto s = tinykernel();
  Gva address;
  for (const Symbol& symbol : s->symbols()) {
    address = symbol.name == "system_call" ? symbol.address : address;
  }
  Breakpoint breakpoint;
  breakpoint.where = AtAddress{address};
  s->perform(SetBreakpoints{{breakpoint}});
  const Notice stop = s->perform(gv::Run{});
  ASSERT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text;
  ASSERT_TRUE(stop.snapshot->instructions);
  EXPECT_EQ(stop.snapshot->instructions->next.address, address);
  ASSERT_TRUE(stop.snapshot->instructions->last);

  const auto unseen = tinykernel(false);
  unseen->perform(SetBreakpoints{{breakpoint}});
  const Notice same = unseen->perform(gv::Run{});
  EXPECT_EQ(same.snapshot->position, stop.snapshot->position);
  EXPECT_EQ(same.snapshot->state_hash, stop.snapshot->state_hash);
  EXPECT_FALSE(same.snapshot->instructions) << "nobody asked";
}

TEST(ExaminedInstructions, LookingChangesNothingAboutARun) {
  std::vector<std::uint64_t> hashes;
  for (const bool examine : {false, true}) {
    const auto s = tinykernel(examine);
    for (int i = 0; i < 40; ++i) {
      s->perform(instructions(1'000));
      s->perform(Step{});
    }
    s->perform(StepBack{5});
    s->perform(instructions(100'000));
    hashes.push_back(s->event_log_hash());
    hashes.push_back(*s->snapshot()->state_hash);
  }
  EXPECT_EQ(hashes[0], hashes[2]);
  EXPECT_EQ(hashes[1], hashes[3]);
}

TEST(ExaminedInstructions, SixteenBitAddressesAreReadToo) {
  auto config = config_of_kit("bootsector", TechniqueKind::BareMetal);
  const auto s = session_of(std::move(config));
  bool memory = false;
  for (int i = 0; i < 60; ++i) {
    const Notice step = s->perform(Step{});
    ASSERT_TRUE(step.snapshot->instructions);
    const InstructionRecord& next = step.snapshot->instructions->next;
    EXPECT_EQ(next.code_bits, 16);
    EXPECT_EQ(next.length, next.encoding.length);
    memory = memory || !next.memory.empty();
  }
  EXPECT_TRUE(memory);
}

TEST(ExaminedInstructions, LongModeWalksFourLevels) {
  auto config = config_of_kit("tinykernel64", TechniqueKind::Interpretation);
  const auto s = session_of(std::move(config));
  const Notice stop = s->perform(instructions(200'000));
  ASSERT_TRUE(stop.snapshot->instructions);
  EXPECT_EQ(stop.snapshot->instructions->next.code_bits, 64);
  EXPECT_GE(stop.snapshot->instructions->next.fetch_walk.steps, 3);
}

TEST(ExaminedInstructions, OtherEnginesAndTranslationsHaveNone) {
  auto config = config_of_kit("tinykernel", TechniqueKind::BinaryTranslation);
  const auto translated = session_of(std::move(config));
  EXPECT_FALSE(translated->perform(Step{10}).snapshot->instructions);
  auto on_unicorn = Session::create(config_of_kit("tinykernel", TechniqueKind::BareMetal));
  ViewRequest view;
  view.instructions = true;
  EXPECT_FALSE((*on_unicorn)->perform(SetView{view}).snapshot->instructions);
}

}  // namespace
}  // namespace gv
