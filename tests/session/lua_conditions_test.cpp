// SPDX-License-Identifier: MIT
//
// Breakpoints whose condition is written in Lua: they decide on the control thread, forwards and
// backwards alike.

#include "gv/session.h"
#include "lesson/lua_condition.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

std::unique_ptr<Session> tinykernel() {
  auto session = Session::create(config_of_kit("tinykernel", TechniqueKind::TrapAndEmulate));
  EXPECT_TRUE(session) << session.error().message;
  return std::move(*session);
}

struct Watched {
  Breakpoint breakpoint;
  std::shared_ptr<const ConditionProblem> problem;
};
Watched watched(decltype(Breakpoint::where) where, const std::string& condition) {
  auto compiled = compile_condition(condition);
  EXPECT_TRUE(compiled) << compiled.error().message;
  Watched out;
  out.breakpoint.id = 7;
  out.breakpoint.where = where;
  out.breakpoint.condition = compiled->condition;
  out.breakpoint.condition_text = condition;
  out.problem = compiled->problem;
  return out;
}

Gva system_call(const Session& session) {
  for (const Symbol& symbol : session.symbols()) {
    if (symbol.name == "system_call")
      return symbol.address;
  }
  ADD_FAILURE() << "the image has no symbol system_call";
  return Gva(0);
}

TEST(LuaConditions, StopAtAnAddressOnlyWhereTheyHold) {
  const auto s = tinykernel();
  const AtAddress entry{system_call(*s)};
  s->perform(SetBreakpoints{{watched(entry, "true").breakpoint}});
  const Notice first = s->perform(gv::Run{});
  ASSERT_EQ(first.cause, StopCause::BreakpointHit) << first.text;
  const std::uint64_t after = first.snapshot->position.retired + 2000;
  s->perform(Seek{0});

  const std::string late = "retired > " + std::to_string(after) + " and cpl == 0";
  s->perform(SetBreakpoints{{watched(entry, late).breakpoint}});
  const Notice stop = s->perform(gv::Run{});
  ASSERT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text;
  EXPECT_GT(stop.snapshot->position.retired, after);
  EXPECT_EQ(stop.snapshot->next_instruction.value, entry.address.value);

  // Backwards from a later instant the same condition finds the same instant.
  gv::Run further;
  further.instructions = 3;
  s->perform(further);
  const Notice back = s->perform(RunBack{});
  EXPECT_EQ(back.cause, StopCause::BreakpointHit) << back.text;
  EXPECT_EQ(back.snapshot->position, stop.snapshot->position);
}

TEST(LuaConditions, SeeTheExitThatTheyAreAskedAbout) {
  const auto s = tinykernel();
  const Watched letter =
      watched(OnAnyExit{}, "mnemonic == 'out' and port == 0x3f8 and (eax & 0xff) == 0x74");
  s->perform(SetBreakpoints{{letter.breakpoint}});
  const Notice stop = s->perform(gv::Run{});
  ASSERT_EQ(stop.cause, StopCause::BreakpointHit) << stop.text << letter.problem->text();
  ASSERT_FALSE(s->console().empty());
  EXPECT_EQ(s->console().back(), 't') << s->console();
  EXPECT_EQ(letter.problem->text(), "");
}

TEST(LuaConditions, ThatFailNeverStopTheRunAndSayWhyOnce) {
  const auto s = tinykernel();
  const Watched broken = watched(OnAnyExit{}, "eax < nothing.at.all");
  const Watched endless = watched(OnAnyExit{}, "(function() while true do end end)()");
  s->perform(SetBreakpoints{{broken.breakpoint, endless.breakpoint}});
  gv::Run run;
  run.instructions = 200'000;
  const Notice stop = s->perform(run);
  EXPECT_EQ(stop.cause, StopCause::InstructionLimit) << stop.text;
  EXPECT_NE(broken.problem->text().find("nothing"), std::string::npos) << broken.problem->text();
  EXPECT_FALSE(endless.problem->text().empty());
  EXPECT_EQ(endless.problem->text().find('\n'), std::string::npos) << "one sentence";
}

TEST(LuaConditions, OfADisabledBreakpointAreNotAsked) {
  const auto s = tinykernel();
  Watched off = watched(OnAnyExit{}, "nothing.at.all");
  off.breakpoint.enabled = false;
  s->perform(SetBreakpoints{{off.breakpoint}});
  gv::Run run;
  run.instructions = 100'000;
  EXPECT_EQ(s->perform(run).cause, StopCause::InstructionLimit);
  EXPECT_EQ(off.problem->text(), "");
}

}  // namespace
}  // namespace gv
