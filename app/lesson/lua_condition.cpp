// SPDX-License-Identifier: MIT

#include "lesson/lua_condition.h"

#include "lesson/lua_host.h"
#include "lesson/machine_values.h"

#include <mutex>

namespace gv {
namespace {

// One sandbox per condition; a StopCondition is copyable, so the copies share it.
class Condition : public ConditionProblem {
 public:
  explicit Condition(LuaLimits limits) : host_(limits) {}

  Result<void> compile(const std::string& expression) {
    // The extra parentheses make sure that it is one expression and nothing after it.
    const LuaOutcome outcome =
        host_.run("condition",
                  "local text = ... local f, problem = load('return (' .. text .. '\\n)', "
                  "'=condition', 't') if not f then error(problem, 0) end check = f",
                  LuaValue::array({expression}));
    if (!outcome.ok()) {
      return Error{ErrorCode::InvalidInput, "'" + expression + "': " + outcome.error->message +
                                                "; write an expression such as eax == 4"};
    }
    return {};
  }

  bool holds(const StopProbe& probe) {
    const std::lock_guard lock(mutex_);
    if (!problem_.empty())
      return false;
    const LuaValue registers = value_of(probe.registers);
    for (const auto& [name, value] : registers.items())
      host_.set_global(name, value);
    host_.set_global("retired", probe.position.retired);
    host_.set_global("cycles", probe.position.cycles);
    host_.set_global("exits", probe.ledger.total_exits());
    LuaValue reason, mnemonic, port, vector, number;
    if (const auto* exit =
            probe.exit == nullptr ? nullptr : std::get_if<ExitTaken>(&probe.exit->body)) {
      reason = std::string(name_of(exit->reason));
      mnemonic = std::string(name_of(exit->mnemonic));
      const bool is_port = exit->reason == ExitReason::PortRead ||
                           exit->reason == ExitReason::PortWrite ||
                           exit->mnemonic == Mnemonic::In || exit->mnemonic == Mnemonic::Out ||
                           exit->mnemonic == Mnemonic::Ins || exit->mnemonic == Mnemonic::Outs;
      (is_port ? port : vector) = exit->qualification;
      number = exit->qualification;
    }
    host_.set_global("reason", reason);
    host_.set_global("mnemonic", mnemonic);
    host_.set_global("port", port);
    host_.set_global("vector", vector);
    host_.set_global("qualification", number);
    const LuaOutcome outcome = host_.call("check", LuaValue::array());
    if (!outcome.ok()) {
      problem_ = outcome.error->message;
      return false;
    }
    const LuaValue result = outcome.first();
    return !result.is_null() && result != LuaValue(false);
  }

  std::string text() const override {
    const std::lock_guard lock(mutex_);
    return problem_;
  }

 private:
  mutable std::mutex mutex_;
  LuaHost host_;
  std::string problem_;
};

}  // namespace

Result<CompiledCondition> compile_condition(const std::string& expression) {
  LuaLimits limits;
  limits.instructions = 100'000;
  limits.memory_bytes = std::size_t{4} << 20;
  limits.cpu_time = std::chrono::milliseconds(100);
  auto condition = std::make_shared<Condition>(limits);
  GV_TRY(condition->compile(expression));
  return CompiledCondition{[condition](const StopProbe& probe) { return condition->holds(probe); },
                           condition};
}

}  // namespace gv
