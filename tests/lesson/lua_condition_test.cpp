// SPDX-License-Identifier: MIT
//
// A breakpoint's condition in Lua: what it sees, and what happens to one that cannot be trusted.

#include "lesson/lua_condition.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

class Condition : public testing::Test {
 protected:
  Condition() {
    registers[Gpr::Ax] = 4;
    registers.rip = 0x1234;
    registers[SegmentName::Ss].selector = 0x23;
    ledger[ExitReason::PortWrite].count = 2;
    ledger[ExitReason::PageFault].count = 5;
    exit.body = ExitTaken{};
    auto& taken = std::get<ExitTaken>(exit.body);
    taken.reason = ExitReason::PortWrite;
    taken.mnemonic = Mnemonic::Out;
    taken.qualification = 0x3f8;
  }
  bool holds(const std::string& text, bool at_exit = true) {
    auto compiled = compile_condition(text);
    EXPECT_TRUE(compiled) << compiled.error().message;
    if (!compiled)
      return false;
    const bool result = compiled->condition({registers, at_exit ? &exit : nullptr, at, ledger});
    problem = compiled->problem->text();
    return result;
  }
  RegisterFile registers;
  Ledger ledger;
  Event exit;
  Position at{77, 990, 3};
  std::string problem;
};

TEST_F(Condition, SeesRegistersTimeAndTheLedger) {
  EXPECT_TRUE(holds("eax == 4 and eip == 0x1234 and cpl == 3"));
  EXPECT_FALSE(holds("eax == 5"));
  EXPECT_TRUE(holds("retired == 77 and cycles == 990 and exits == 7"));
  EXPECT_EQ(problem, "");
}

TEST_F(Condition, SeesTheExitAndAtAnAddressThatThereIsNone) {
  EXPECT_TRUE(holds("reason == 'port-write' and mnemonic == 'out' and port == 0x3f8"));
  EXPECT_TRUE(holds("vector == nil and qualification == 0x3f8"));
  EXPECT_TRUE(holds("reason == nil and mnemonic == nil and port == nil", false));
}

TEST_F(Condition, NothingOrFalseIsNoStopAndZeroIsOne) {
  EXPECT_FALSE(holds("nil"));
  EXPECT_FALSE(holds("false"));
  EXPECT_TRUE(holds("0"));  // as everywhere in Lua
}

TEST_F(Condition, RemembersNothingOfTheLastStop) {
  auto compiled = compile_condition("port == 0x3f8");
  ASSERT_TRUE(compiled);
  EXPECT_TRUE(compiled->condition({registers, &exit, at, ledger}));
  EXPECT_FALSE(compiled->condition({registers, nullptr, at, ledger}));
}

TEST_F(Condition, ThatFailsNeverHoldsAgainAndSaysWhy) {
  auto compiled = compile_condition("(retired == 77) and nothing.here or eax == 4");
  ASSERT_TRUE(compiled);
  EXPECT_FALSE(compiled->condition({registers, &exit, at, ledger}));
  EXPECT_NE(compiled->problem->text().find("nothing"), std::string::npos)
      << compiled->problem->text();
  at.retired = 78;  // now it would hold
  EXPECT_FALSE(compiled->condition({registers, &exit, at, ledger}));
}

TEST_F(Condition, ThatNeverEndsIsStopped) {
  EXPECT_FALSE(holds("(function() while true do end end)()"));
  EXPECT_NE(problem, "");
}

TEST_F(Condition, IsOneExpressionInASandbox) {
  for (const char* text : {"eax ==", "eax = 4", "return 4", "true; false"}) {
    const auto compiled = compile_condition(text);
    ASSERT_FALSE(compiled) << text;
    EXPECT_EQ(compiled.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(compiled.error().message.find(text), std::string::npos);
  }
  EXPECT_TRUE(holds("os == nil and io == nil"));
}

}  // namespace
}  // namespace gv
