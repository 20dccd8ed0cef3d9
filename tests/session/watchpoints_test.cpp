// SPDX-License-Identifier: MIT
//
// Watched memory: the run stands right after the instruction that touched it, and backwards
// right before it, and nothing else of the run changes.

#include "gv/session.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

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
std::uint32_t word_at(Session& session, Gva address) {
  ViewRequest view;
  view.memory = {address, 4};
  const Notice notice = session.perform(Look{view});
  std::uint32_t word = 0xdeadbeef;
  EXPECT_EQ(notice.snapshot->memory.size(), 4u);
  std::memcpy(&word, notice.snapshot->memory.data(),
              std::min<std::size_t>(4, notice.snapshot->memory.size()));
  return word;
}
// The address in the guest's own IDT, after the guest has filled it.
Gva handler_of_timer(Session& session, const Notice& stop) {
  const Gva gate(stop.snapshot->registers.idtr.base + 32 * 8);
  return Gva((word_at(session, gate) & 0xffffu) | (word_at(session, gate + 4) & 0xffff0000u));
}
gv::Run run_until(decltype(Breakpoint::where) where) {
  gv::Run run;
  run.until.push_back(at(7, where));
  return run;
}

// mov eax,1; mov [2000h],eax; inc eax; mov ebx,[2000h]; mov [2004h],eax; push eax (no stack: esp
// is set first); add dword [2000h],5; mov al,0; out 0f4h,al
const std::vector<std::uint8_t> kTouches = {
    0xbc, 0x00, 0x30, 0x00, 0x00,              // 0 mov esp,3000h
    0xb8, 0x01, 0x00, 0x00, 0x00,              // 1 mov eax,1
    0xa3, 0x00, 0x20, 0x00, 0x00,              // 2 mov [2000h],eax
    0x40,                                      // 3 inc eax
    0x8b, 0x1d, 0x00, 0x20, 0x00, 0x00,        // 4 mov ebx,[2000h]
    0xa3, 0x04, 0x20, 0x00, 0x00,              // 5 mov [2004h],eax
    0x50,                                      // 6 push eax
    0x83, 0x05, 0x00, 0x20, 0x00, 0x00, 0x05,  // 7 add dword [2000h],5
    0xb0, 0x00, 0xe6, 0xf4};                   // 8, 9

struct Pair {
  EngineKind engine;
  TechniqueKind technique;
};
#if defined(__SANITIZE_THREAD__)
// Under TSan a run takes many times as long, and the threads meet in the same places on each pair.
constexpr Pair kPairs[] = {{EngineKind::Unicorn, TechniqueKind::TrapAndEmulate}};
constexpr int kEnoughHits = 20;
#else
constexpr Pair kPairs[] = {{EngineKind::Unicorn, TechniqueKind::BareMetal},
                           {EngineKind::Unicorn, TechniqueKind::TrapAndEmulate},
                           {EngineKind::Unicorn, TechniqueKind::BinaryTranslation},
                           {EngineKind::Interpreter, TechniqueKind::BareMetal},
                           {EngineKind::Interpreter, TechniqueKind::TrapAndEmulate},
                           {EngineKind::Interpreter, TechniqueKind::BinaryTranslation}};
constexpr int kEnoughHits = 400;
#endif
MachineConfig code(const std::vector<std::uint8_t>& bytes, const Pair& pair) {
  MachineConfig config = config_of_code(bytes, pair.technique);
  config.engine = pair.engine;
  return config;
}
MachineConfig kit(const std::string& name, const Pair& pair) {
  MachineConfig config = config_of_kit(name, pair.technique);
  config.engine = pair.engine;
  return config;
}

class Watchpoints : public testing::TestWithParam<Pair> {};

std::vector<std::uint64_t> stops(Session& s, const OnMemory& watch) {
  std::vector<std::uint64_t> found;
  for (;;) {
    const Notice stop = s.perform(run_until(watch));
    if (stop.cause != StopCause::BreakpointHit) {
      EXPECT_EQ(stop.cause, StopCause::GuestExited) << stop.text;
      return found;
    }
    EXPECT_EQ(stop.breakpoint, 7u);
    found.push_back(stop.snapshot->position.retired);
  }
}

TEST_P(Watchpoints, StopRightAfterTheInstructionThatTouched) {
  using Counts = std::vector<std::uint64_t>;
  const auto count = [&](const OnMemory& watch) {
    return stops(*session_of(code(kTouches, GetParam())), watch);
  };
  EXPECT_EQ(count({Gva(0x2000), 4, WatchFor::Write}), (Counts{3, 8}));
  EXPECT_EQ(count({Gva(0x2000), 4, WatchFor::Read}), (Counts{5, 8}));
  EXPECT_EQ(count({Gva(0x2000), 4, WatchFor::Access}), (Counts{3, 5, 8}));
  EXPECT_EQ(count({Gva(0x2003), 1, WatchFor::Write}), (Counts{3, 8}));
  EXPECT_EQ(count({Gva(0x2002), 4, WatchFor::Write}), (Counts{3, 6, 8}));
  EXPECT_EQ(count({Gva(0x2ffc), 4, WatchFor::Write}), (Counts{7}));
  EXPECT_EQ(count({Gva(0x2008), 4, WatchFor::Access}), Counts{});
}

// Under binary translation a RET whose target has no landing yet is cut by an exit between its
// read of the stack and its end, and so is a CALL through memory; the hypervisor does the rest.
TEST_P(Watchpoints, SeeWhatABranchTouches) {
  const std::vector<std::uint8_t> branches = {
      0xbc, 0x00, 0x30, 0x00, 0x00,                                // 0 mov esp,3000h
      0xc7, 0x05, 0x00, 0x20, 0x00, 0x00, 0x1e, 0x00, 0x10, 0x00,  // 1 mov dword [2000h],the RET
      0xff, 0x15, 0x00, 0x20, 0x00, 0x00,                          // 2 call [2000h]
      0xe8, 0x04, 0x00, 0x00, 0x00,                                // 4 call the RET
      0xb0, 0x00, 0xe6, 0xf4,                                      // 6, 7
      0xc3};                                                       // 3, 5
  using Counts = std::vector<std::uint64_t>;
  const auto count = [&](const OnMemory& watch) {
    return stops(*session_of(code(branches, GetParam())), watch);
  };
  EXPECT_EQ(count({Gva(0x2000), 4, WatchFor::Read}), (Counts{3}));
  EXPECT_EQ(count({Gva(0x2ffc), 4, WatchFor::Write}), (Counts{3, 5}));
  EXPECT_EQ(count({Gva(0x2ffc), 4, WatchFor::Read}), (Counts{4, 6}));
}

TEST_P(Watchpoints, BackwardsTheRunStandsBeforeTheTouch) {
  const auto s = session_of(code(kTouches, GetParam()));
  s->perform(gv::Run{});
  const RunBack back{{at(7, OnMemory{Gva(0x2000), 4, WatchFor::Write})}};
  const Notice last = s->perform(back);
  EXPECT_EQ(last.cause, StopCause::BreakpointHit) << last.text;
  EXPECT_EQ(last.snapshot->position.retired, 7u);
  EXPECT_EQ(word_at(*s, Gva(0x2000)), 1u);
  const Notice first = s->perform(back);
  EXPECT_EQ(first.snapshot->position.retired, 2u);
  EXPECT_EQ(word_at(*s, Gva(0x2000)), 0u);
  EXPECT_EQ(s->perform(back).cause, StopCause::BeginningReached);
}

void change_nothing_of_the_run(const char* name, const Pair& pair) {
  const auto plain = session_of(kit(name, pair));
  const Notice expected = plain->perform(gv::Run{});
  const auto s = session_of(kit(name, pair));
  const Gva depth = address_of(*s, "depth");
  int hits = 0;
  Notice stop = s->perform(run_until(OnMemory{depth, 4, WatchFor::Write}));
  for (; stop.cause == StopCause::BreakpointHit && hits < std::min(kEnoughHits, 300); ++hits) {
    const std::uint64_t after = stop.snapshot->position.retired;
    const std::uint32_t now = word_at(*s, depth);
    if (hits % 50 == 0) {
      s->perform(StepBack{1});
      EXPECT_NE(word_at(*s, depth), now) << "at " << after;
      s->perform(Step{1});
      EXPECT_EQ(word_at(*s, depth), now) << "at " << after;
    }
    stop = s->perform(run_until(OnMemory{depth, 4, WatchFor::Write}));
  }
  EXPECT_GE(hits, std::min(kEnoughHits, 101));
  const Notice end = s->perform(gv::Run{});
  EXPECT_EQ(end.snapshot->state_hash, expected.snapshot->state_hash);
  EXPECT_EQ(end.snapshot->position, expected.snapshot->position);
  EXPECT_EQ(s->event_log_hash(), plain->event_log_hash());
}

TEST_P(Watchpoints, ChangeNothingOfTheRun) { change_nothing_of_the_run("tinykernel", GetParam()); }

TEST(Watched, MemoryChangesNothingOfARunInLongMode) {
  change_nothing_of_the_run("tinykernel64", {EngineKind::Unicorn, TechniqueKind::BareMetal});
  change_nothing_of_the_run("tinykernel64", {EngineKind::Unicorn, TechniqueKind::HardwareAssisted});
}

TEST_P(Watchpoints, SeeWhatTheHypervisorWritesForTheGuest) {
  // The frame of the guest's INT is pushed by the hypervisor, or on bare metal by the stand-in
  // for the CPU's microcode; the bytes below ESP at the breakpoint are where it goes.
  const auto s = session_of(kit("tinykernel", GetParam()));
  const Notice ticked = s->perform(run_until(AtAddress{address_of(*s, "timer_tick")}));
  const Gva handler = handler_of_timer(*s, ticked);
  const Notice entered = s->perform(RunBack{{at(7, AtAddress{handler})}});
  ASSERT_EQ(entered.cause, StopCause::BreakpointHit) << entered.text;
  EXPECT_EQ(entered.snapshot->next_instruction.value, handler.value);
  const Gva frame(entered.snapshot->registers[Gpr::Sp]);
  const Notice back = s->perform(RunBack{{at(7, OnMemory{frame, 4, WatchFor::Write})}});
  ASSERT_EQ(back.cause, StopCause::BreakpointHit) << back.text;
  EXPECT_EQ(back.snapshot->position.retired, entered.snapshot->position.retired);
  EXPECT_LT(back.snapshot->position.events, entered.snapshot->position.events);
  const Notice again = s->perform(run_until(OnMemory{frame, 4, WatchFor::Write}));
  EXPECT_EQ(again.snapshot->next_instruction.value, handler.value);
}

INSTANTIATE_TEST_SUITE_P(Engines, Watchpoints, testing::ValuesIn(kPairs), [](const auto& pair) {
  return (pair.param.engine == EngineKind::Unicorn ? "Unicorn" : "Interpreter") +
         identifier(pair.param.technique);
});

TEST(Watched, MemoryThatIsNotThereIsRefusedWithTheAddress) {
  const auto s = session_of(config_of_kit("tinykernel", TechniqueKind::TrapAndEmulate));
  const Notice notice = s->perform(run_until(OnMemory{Gva(0xfff00000), 4, WatchFor::Write}));
  EXPECT_TRUE(notice.refused);
  EXPECT_NE(notice.text.find("0xfff00000"), std::string::npos) << notice.text;
  EXPECT_TRUE(s->perform(run_until(OnMemory{Gva(0x2000), 0, WatchFor::Write})).refused);
}

TEST(Breakpoint, InTheMiddleOfABlockStopsBeforeItsInstruction) {
  for (const Pair& pair : kPairs) {
    const auto s = session_of(code(kTouches, pair));
    const std::uint64_t base = s->snapshot()->next_instruction.value;
    const AtAddress third{Gva(base + 15)};
    const Notice stop = s->perform(run_until(third));
    EXPECT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text;
    EXPECT_EQ(stop.snapshot->next_instruction.value, third.address.value);
    EXPECT_EQ(stop.snapshot->position.retired, 3u);
    s->perform(gv::Run{});
    const Notice back = s->perform(RunBack{{at(7, third)}});
    EXPECT_EQ(back.snapshot->position.retired, 3u);
    const Notice first = s->perform(RunBack{{at(7, AtAddress{Gva(base)})}});
    EXPECT_EQ(first.cause, StopCause::BreakpointHit) << first.text;
    EXPECT_EQ(first.snapshot->position.retired, 0u);
  }
}

TEST(Breakpoint, AtAnyPlaceInABlockChangesNothingOfTheRun) {
  for (const Pair& pair : kPairs) {
    const auto plain = session_of(kit("tinykernel", pair));
    const Notice expected = plain->perform(gv::Run{});
    const auto s = session_of(kit("tinykernel", pair));
    const std::uint64_t start = address_of(*s, "interrupts_off").value;
    gv::Run run;
    for (std::uint32_t offset = 0; offset < 32; ++offset) {
      run.until.push_back(at(100 + offset, AtAddress{Gva(start + offset)}));
    }
    Notice stop = s->perform(run);
    int hits = 0;
    for (; stop.cause == StopCause::BreakpointHit && hits < kEnoughHits; ++hits) {
      stop = s->perform(run);
    }
    EXPECT_EQ(hits, kEnoughHits);
    const Notice end = s->perform(gv::Run{});
    EXPECT_EQ(end.snapshot->state_hash, expected.snapshot->state_hash);
    EXPECT_EQ(s->event_log_hash(), plain->event_log_hash());
  }
}

// Stops at the very place where an interrupt is about to be taken, and goes on from there.
TEST(Breakpoint, OnAHandlerIsHitAlsoFromTheInstantBeforeItsInterrupt) {
  for (const Pair& pair : kPairs) {
    const auto s = session_of(kit("tinykernel", pair));
    const Notice ticked = s->perform(run_until(AtAddress{address_of(*s, "timer_tick")}));
    const AtAddress handler{handler_of_timer(*s, ticked)};
    const Notice first = s->perform(RunBack{{at(7, handler)}});
    ASSERT_EQ(first.cause, StopCause::BreakpointHit) << first.text;
    const Notice before = s->perform(Seek{first.snapshot->position.retired});
    EXPECT_NE(before.snapshot->next_instruction.value, handler.address.value);
    const Notice again = s->perform(run_until(handler));
    EXPECT_EQ(again.snapshot->position, first.snapshot->position);
    EXPECT_EQ(again.snapshot->state_hash, first.snapshot->state_hash);
  }
}

TEST(Writing, TheInstructionPointerAndTheFlagsMovesTheGuest) {
  for (const Pair& pair : kPairs) {
    const auto s = session_of(code(kTouches, pair));
    const std::uint64_t base = s->snapshot()->next_instruction.value;
    s->perform(Step{4});
    EXPECT_FALSE(s->perform(WriteInstructionPointer{base + 28}).refused);  // the ADD
    const Notice flags = s->perform(WriteFlags{s->snapshot()->registers.rflags | 1});
    EXPECT_EQ(flags.snapshot->registers.rip, base + 28);
    EXPECT_EQ(flags.snapshot->registers.rflags & 1, 1u);
    const Notice end = s->perform(gv::Run{});
    EXPECT_EQ(end.cause, StopCause::GuestExited) << end.text;
    EXPECT_EQ(word_at(*s, Gva(0x2000)), 6u);
    EXPECT_EQ(word_at(*s, Gva(0x2004)), 0u);
    s->perform(Seek{2});
    const Notice replayed = s->perform(gv::Run{});
    EXPECT_EQ(replayed.snapshot->state_hash, end.snapshot->state_hash);
  }
}

}  // namespace
}  // namespace gv
