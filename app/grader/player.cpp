// SPDX-License-Identifier: MIT
//
// player.cpp - answers the grader's questions about one submission.

#include "grader/player.h"

#include "grader/machine_run.h"
#include "grader/message.h"
#include "grader/sandbox.h"
#include "lesson/lua_host.h"

#include <memory>
#include <string>
#include <utility>

namespace gv {
namespace {

using Json = nlohmann::json;

// The name of a fault as the judge reads it.
std::string_view word_of(LuaFault fault) {
  if (is_limit(fault))
    return "limit";
  return fault == LuaFault::Syntax ? "syntax" : "runtime";
}

Json problem_of(const LuaError& error) {
  return {{"problem", error.message}, {"fault", word_of(error.fault)}};
}

class Player {
 public:
  Json answer(const Message& question) {
    const std::string ask = question.head.value("ask", "");
    if (ask == "begin")
      return begin(question.head);
    if (!begun_)
      return {{"problem", "no sandbox yet"}, {"fault", "internal"}};
    if (ask == "load")
      return load(question);
    if (ask == "call")
      return with_print(call(question.head["path"], question.head["arguments"]));
    if (ask == "each")
      return with_print(each(question.head["path"], question.head["list"]));
    if (ask == "boot")
      return boot(question);
    return {{"problem", "unknown question " + ask}, {"fault", "internal"}};
  }

 private:
  Json begin(const Json& head) {
    LuaLimits limits;
    const Json wanted = head.value("limits", Json::object());
    limits.instructions = wanted.value("instructions", limits.instructions);
    limits.memory_bytes = wanted.value("memory_bytes", limits.memory_bytes);
    limits.output_bytes = wanted.value("output_bytes", limits.output_bytes);
    host_ = std::make_unique<LuaHost>(limits, head.value("seed", std::uint64_t{0}));
    const auto profile = head.value("profile", "script") == "machine" ? SandboxProfile::Machine
                                                                      : SandboxProfile::Script;
    const auto entered = enter_sandbox(profile);
    if (!entered)
      return {{"problem", entered.error().message}, {"fault", "internal"}};
    begun_ = true;
    return {{"ok", true}};
  }

  Json load(const Message& question) {
    const LuaOutcome outcome =
        host_->run(question.head.value("name", "submission"), question.bytes);
    if (!outcome.ok())
      return with_print(problem_of(*outcome.error));
    return with_print({{"ok", true}});
  }

  Json call(const std::string& path, const Json& arguments) {
    if (!host_->has_function(path)) {
      return {{"problem", "there is no function '" + path + "'"}, {"fault", "missing"}};
    }
    LuaOutcome outcome = host_->call(path, arguments);
    if (!outcome.ok())
      return problem_of(*outcome.error);
    return {{"values", std::move(outcome.values)}};
  }

  Json each(const std::string& path, const Json& list) {
    Json answers = Json::array();
    for (const Json& arguments : list) {
      answers.push_back(call(path, arguments));
      // A budget that ran out once would run out for every item: enough is known.
      if (answers.back().value("fault", "") == "limit")
        break;
    }
    return {{"answers", std::move(answers)}};
  }

  Json boot(const Message& question) {
    auto run = run_machine(run_request_from(question.head["run"]),
                           question.head.value("name", "guest"), question.bytes);
    if (!run)
      return {{"problem", run.error().message}, {"fault", "image"}};
    return {{"run", std::move(*run)}};
  }

  Json with_print(Json answer) {
    answer["printed"] = host_->take_output();
    return answer;
  }

  std::unique_ptr<LuaHost> host_;
  bool begun_ = false;
};

}  // namespace

int play(int channel) {
  Player player;
  MessageDecoder decoder;
  while (const auto question = receive_message(channel, decoder)) {
    if (!send_message(channel, {player.answer(*question), {}}))
      return 1;
  }
  return decoder.broken() ? 1 : 0;
}

}  // namespace gv
