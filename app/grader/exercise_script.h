// SPDX-License-Identifier: MIT
//
// exercise_script.h - the functions of an exercise.lua, called one at a time.
//
// The script is the teacher's and is trusted to be well meant, yet it runs in
// the same sandbox as every Lua here, in a host of its own for each check. It
// reaches a submission and our own guests only by asking; each answer is data.
//
// In Lua, exercise.lua returns a table; a check's `run` gets `c`:
//   c.variant, c.student             this student's variant
//   c:call(name, ...)                values of the submission's function
//   c:each(name, {{...}, ...})       per item {values = {...}} or {problem = "..."}
//   c:boot{instructions = N, ...}    the submitted guest's run (machine_run.h); with source = TEXT,
//                                    that source's, or nil and what the assembler said
//   c:reference(kit, {...})          a run of our own guest, made once and shared
// and returns true, or a sentence that says what was expected and seen, or
// {score = 0 to 1, message = ...}.

#pragma once

#include "gv/result.h"
#include "lesson/lua_host.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace gv {

struct Exercise;

// What a check asks for: "call", "each", "boot" or "reference", with its arguments. Nothing: the
// check cannot go on, and whoever answered knows why.
using ExerciseQuestion =
    std::function<std::optional<LuaValue>(const std::string& ask, const LuaValue& arguments)>;

struct CheckOutcome {
  double score = 0;  // 0 to 1
  std::string message;
  std::string defect;  // not empty: the check itself is broken, in one sentence
};

class ExerciseScript {
 public:
  // Error: the script does not run, with file and line.
  static Result<std::unique_ptr<ExerciseScript>> open(const Exercise& exercise, std::uint64_t seed,
                                                      ExerciseQuestion question);
  // The exercise's table without its functions.
  Result<LuaValue> data();
  // This student's variant: what exercise.variant returns, or an empty table.
  Result<LuaValue> variant(const std::string& student);
  // The variant in words, for the student; empty when all get the same.
  Result<std::string> task(const LuaValue& variant);
  CheckOutcome run(const std::string& check, const std::string& student, const LuaValue& variant);
  // A submission that is written by a function of the variant and of the solution's text (nil for
  // the solution itself): the text it gives.
  Result<std::string> generate(const std::string& name, const std::string& source,
                               const LuaValue& variant, const LuaValue& solution);

 private:
  ExerciseScript(std::uint64_t seed, ExerciseQuestion question);
  ExerciseQuestion question_;
  LuaHost host_;
};

}  // namespace gv
