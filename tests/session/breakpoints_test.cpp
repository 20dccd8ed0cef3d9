// SPDX-License-Identifier: MIT
//
// Where a run stops, forwards and backwards; what comes in from outside; refusals and pausing.

#include "gv/session.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <thread>

namespace gv {
namespace {

std::unique_ptr<Session> session_of(MachineConfig config) {
  auto session = Session::create(std::move(config));
  EXPECT_TRUE(session) << session.error().message;
  ViewRequest view;
  view.state_hash = true;
  (*session)->perform(SetView{view});
  return std::move(*session);
}
std::unique_ptr<Session> tinykernel() {
  return session_of(config_of_kit("tinykernel", TechniqueKind::TrapAndEmulate));
}
Breakpoint at(std::uint32_t id, decltype(Breakpoint::where) where) {
  Breakpoint breakpoint;
  breakpoint.id = id;
  breakpoint.where = where;
  return breakpoint;
}
Gva address_of(const Session& session, const std::string& name) {
  for (const Symbol& symbol : session.symbols()) {
    if (symbol.name == name) {
      return symbol.address;
    }
  }
  ADD_FAILURE() << "the image has no symbol " << name;
  return Gva(0);
}

// Echoes every byte of the serial line and exits on 'q'. Polls: mov dx,3fd; in al,dx; test al,1;
// jz -5; mov dx,3f8; in al,dx; cmp al,'q'; je +3; out dx,al; jmp back; mov dx,f4; out dx,al; hlt
const std::vector<std::uint8_t> kEcho = {0x66, 0xba, 0xfd, 0x03, 0xec, 0xa8, 0x01, 0x74, 0xfb,
                                         0x66, 0xba, 0xf8, 0x03, 0xec, 0x3c, 'q',  0x74, 0x03,
                                         0xee, 0xeb, 0xeb, 0x66, 0xba, 0xf4, 0x00, 0xee, 0xf4};
const std::vector<std::uint8_t> kForEver = {0x40, 0xeb, 0xfd};  // inc eax; jmp -3

gv::Run instructions(std::uint64_t count) {
  gv::Run run;
  run.instructions = count;
  return run;
}

TEST(Breakpoints, AnAddressStopsTheRunBeforeItsInstruction) {
  const auto s = tinykernel();
  const Gva address = address_of(*s, "system_call");
  s->perform(SetBreakpoints{{at(3, AtAddress{address})}});
  const Notice first = s->perform(gv::Run{});
  EXPECT_EQ(first.cause, StopCause::BreakpointHit) << first.text;
  EXPECT_EQ(first.breakpoint, 3u);
  EXPECT_EQ(first.snapshot->next_instruction.value, address.value);
  const Notice second = s->perform(gv::Run{});
  EXPECT_EQ(second.snapshot->next_instruction.value, address.value);
  EXPECT_GT(second.snapshot->position.retired, first.snapshot->position.retired);
  const Notice back = s->perform(RunBack{});
  EXPECT_EQ(back.cause, StopCause::BreakpointHit) << back.text;
  EXPECT_EQ(back.snapshot->position, first.snapshot->position);
  EXPECT_EQ(back.snapshot->state_hash, first.snapshot->state_hash);
}

TEST(Breakpoints, AnAddressRightAfterAnEmulatedInstructionStopsTheRunToo) {
  const auto s = tinykernel();
  const Gva start = address_of(*s, "_start");  // a CLI, of one byte
  s->perform(SetBreakpoints{{at(4, AtAddress{Gva(start.value + 1)})}});
  const Notice stop = s->perform(gv::Run{});
  EXPECT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text;
  EXPECT_EQ(stop.snapshot->next_instruction.value, start.value + 1);
  EXPECT_EQ(stop.snapshot->position.retired, 1u);
  const Notice on = s->perform(instructions(50));
  EXPECT_EQ(on.cause, StopCause::InstructionLimit) << "reported once: " << on.text;
}

TEST(Breakpoints, AnExitStopsTheRunAfterItWasAnswered) {
  const auto s = tinykernel();
  gv::Run run;
  run.until.push_back(at(5, OnExit{ExitReason::PrivilegedInstruction, Mnemonic::Hlt, {}}));
  const Notice stop = s->perform(run);
  ASSERT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text;
  EXPECT_EQ(stop.breakpoint, 5u);
  const EventView events = s->events();
  bool found = false;
  for (std::uint64_t i = stop.snapshot->position.events; i-- > 0 && !found;) {
    if (const auto* exit = std::get_if<ExitTaken>(&events[i].body)) {
      EXPECT_EQ(exit->mnemonic, Mnemonic::Hlt) << describe(events[i]);
      found = true;
    }
  }
  EXPECT_TRUE(found);
}

TEST(Breakpoints, BackwardsTheExitsComeInReverse) {
  const auto s = tinykernel();
  std::vector<std::uint64_t> forward;
  gv::Run to_next;
  to_next.until.push_back(at(1, OnAnyExit{}));
  s->perform(instructions(200'000));
  for (int i = 0; i < 6; ++i) {
    const Notice stop = s->perform(to_next);
    ASSERT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text;
    forward.push_back(stop.snapshot->position.retired);
  }
  for (std::size_t i = forward.size() - 1; i-- > 0;) {
    const Notice stop = s->perform(RunBack{{at(1, OnAnyExit{})}});
    ASSERT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text;
    EXPECT_EQ(stop.snapshot->position.retired, forward[i]) << i;
  }
}

TEST(Breakpoints, AConditionDecides) {
  const auto s = tinykernel();
  Breakpoint breakpoint = at(9, OnAnyExit{});
  breakpoint.condition = [](const StopProbe& probe) { return probe.position.retired > 50'000; };
  gv::Run run;
  run.until.push_back(breakpoint);
  const Notice stop = s->perform(run);
  EXPECT_EQ(stop.cause, StopCause::BreakpointHit);
  EXPECT_GT(stop.snapshot->position.retired, 50'000u);
  const Notice back = s->perform(RunBack{{breakpoint}});
  EXPECT_EQ(back.cause, StopCause::BeginningReached) << back.text;
}

TEST(Breakpoints, TheConsoleStopsTheRun) {
  const auto s = tinykernel();
  gv::Run run;
  run.until_console = "timer: [0-9]+ ticks";
  const Notice stop = s->perform(run);
  EXPECT_EQ(stop.cause, StopCause::ConsoleMatched) << stop.text;
  EXPECT_NE(s->console().find("timer: 1000 ticks"), std::string::npos);
  EXPECT_EQ(s->console().find("processes"), std::string::npos);
}

class Input : public testing::TestWithParam<TechniqueKind> {};

TEST_P(Input, IsReplayedWhereItCame) {
  const auto s = session_of(config_of_code(kEcho, GetParam()));
  s->perform(instructions(500));
  s->perform(Type{"a"});
  s->perform(instructions(700));
  s->perform(Type{"bc"});
  const Notice end = s->perform(instructions(900));
  ASSERT_EQ(s->console(), "abc");
  const std::uint64_t log = s->event_log_hash();
  s->perform(Seek{0});
  EXPECT_EQ(s->console(), "");
  const Notice again = s->perform(Seek{end.snapshot->position.retired});
  EXPECT_EQ(s->console(), "abc");
  EXPECT_EQ(again.snapshot->state_hash, end.snapshot->state_hash);
  EXPECT_EQ(again.snapshot->position, end.snapshot->position);
  EXPECT_EQ(s->event_log_hash(), log);
}

TEST_P(Input, BeforeTheFurthestInstantStartsAnotherFuture) {
  const auto s = session_of(config_of_code(kEcho, GetParam()));
  s->perform(instructions(500));
  s->perform(Type{"a"});
  s->perform(instructions(2000));
  ASSERT_EQ(s->console(), "a");
  s->perform(Seek{300});
  const Notice typed = s->perform(Type{"z"});
  EXPECT_FALSE(typed.refused) << typed.text;
  EXPECT_EQ(typed.snapshot->furthest.retired, 300u);
  s->perform(instructions(3000));
  EXPECT_EQ(s->console(), "z");
  s->perform(Type{"q"});
  const Notice end = s->perform(gv::Run{});
  EXPECT_EQ(end.cause, StopCause::GuestExited) << end.text;
  EXPECT_EQ(end.snapshot->exit_code, static_cast<std::uint32_t>('q'));
}

INSTANTIATE_TEST_SUITE_P(Both, Input, testing::ValuesIn(kTechniques),
                         [](const auto& technique) { return identifier(technique.param); });

TEST(Control, ARefusedCommandSaysWhy) {
  MachineConfig config = config_of_code({0xb0, 0x07, 0xe6, 0xf4}, TechniqueKind::TrapAndEmulate);
  config.time_travel = false;
  const auto s = session_of(std::move(config));
  const Notice end = s->perform(gv::Run{});
  EXPECT_EQ(end.cause, StopCause::GuestExited) << end.text;
  for (const Command& command : {Command(gv::Run{}), Command(Step{1}), Command(StepBack{1}),
                                 Command(Type{"x"}), Command(RunBack{}), Command(Seek{0})}) {
    const Notice notice = s->perform(command);
    EXPECT_TRUE(notice.refused) << command.index();
    EXPECT_FALSE(notice.text.empty()) << command.index();
    EXPECT_EQ(notice.snapshot->position, end.snapshot->position);
  }
}

TEST(Control, StepsSentFasterThanTheyAreMadeAreAllMade) {
  const auto s = tinykernel();
  s->perform(instructions(600'000));
  s->perform(Seek{0});
  s->submit(Seek{500'000});
  for (int i = 0; i < 20; ++i) {
    s->submit(Step{1});
  }
  s->submit(StepBack{1});
  const Notice last = s->perform(Step{1});
  EXPECT_FALSE(last.refused) << last.text;
  EXPECT_EQ(last.snapshot->position.retired, 500'020u);
  for (const Notice& notice : s->take_notices()) {
    EXPECT_FALSE(notice.refused) << notice.command << ": " << notice.text;
  }
}

TEST(Control, ALookLeavesWhatOthersAskedForInPlace) {
  const auto s = tinykernel();
  const Gva kernel = address_of(*s, "system_call");
  ViewRequest panel;
  panel.walk = kernel;
  s->perform(SetView{panel});
  const Notice stop = s->perform(instructions(300'000));
  ASSERT_TRUE(stop.snapshot->guest_walk);
  ViewRequest memory;
  memory.memory = {kernel, 4};
  const Notice seen = s->perform(Look{memory});
  EXPECT_EQ(seen.snapshot->memory.size(), 4u);
  EXPECT_FALSE(seen.snapshot->guest_walk);
  EXPECT_EQ(seen.snapshot->cause, StopCause::InstructionLimit);
  EXPECT_EQ(s->snapshot(), stop.snapshot) << "the published snapshot is the same object";
  EXPECT_TRUE(s->perform(Step{1}).snapshot->guest_walk);
}

TEST(Control, PauseWorksInTheMiddleOfARun) {
  for (const TechniqueKind technique : kTechniques) {
    const auto s = session_of(config_of_code(kForEver, technique));
    const std::uint64_t run = s->submit(gv::Run{});
    const std::uint64_t pause = s->submit(Pause{});
    bool ran = false, paused = false;
    std::vector<Notice> notices;
    while (!ran || !paused) {
      for (const Notice& notice : s->take_notices()) {
        EXPECT_EQ(notice.cause, StopCause::Paused) << notice.text;
        ran = ran || notice.command == run;
        paused = paused || notice.command == pause;
      }
      std::this_thread::yield();
    }
    const Notice step = s->perform(Step{5});
    EXPECT_EQ(step.cause, StopCause::StepDone) << step.text;
  }
}

TEST(Control, TwoSessionsInOneProcessDoNotDisturbEachOther) {
  const auto alone = session_of(config_of_kit("sensitive17", TechniqueKind::TrapAndEmulate));
  const Notice expected = alone->perform(gv::Run{});
  Notice got[2];
  std::thread threads[2];
  for (int i = 0; i < 2; ++i) {
    threads[i] = std::thread([&got, i] {
      const auto s = session_of(config_of_kit("sensitive17", TechniqueKind::TrapAndEmulate));
      s->perform(instructions(10'000));
      s->perform(StepBack{77});
      got[i] = s->perform(gv::Run{});
    });
  }
  for (std::thread& thread : threads) {
    thread.join();
  }
  for (const Notice& notice : got) {
    EXPECT_EQ(notice.snapshot->state_hash, expected.snapshot->state_hash);
    EXPECT_EQ(notice.snapshot->position, expected.snapshot->position);
  }
}

}  // namespace
}  // namespace gv
