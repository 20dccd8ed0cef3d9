// SPDX-License-Identifier: MIT
//
// lua_condition.h - a breakpoint's condition, written in Lua.
//
// The text is an expression over the machine at the stop: eax … eflags, eip, cpl,
// cr3, retired, cycles, exits, and at an exit: reason, mnemonic, port, vector.
// `eax == 4 and cpl == 0`. It is compiled once into an own small sandbox and
// then runs on the session's control thread; an expression that fails or runs
// too long counts as false from then on and says so through `problem`.

#pragma once

#include "gv/command.h"
#include "gv/result.h"

#include <memory>
#include <string>

namespace gv {

// The first thing that went wrong while the condition ran; empty while all is well.
class ConditionProblem {
 public:
  virtual ~ConditionProblem() = default;
  virtual std::string text() const = 0;
};

struct CompiledCondition {
  StopCondition condition;
  std::shared_ptr<const ConditionProblem> problem;
};

// Error: the expression does not parse; the sentence says where.
Result<CompiledCondition> compile_condition(const std::string& expression);

}  // namespace gv
