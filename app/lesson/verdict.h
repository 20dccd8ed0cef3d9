// SPDX-License-Identifier: MIT
//
// verdict.h - the outcome of a check, and what a learner can do about it.
//
// A student's mistake is a Finding, never an Error (gv/result.h): it has an
// expectation, an observation and a place, so that a report can show all three.
// The same record serves lessons, exercises and every report writer.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

enum class Verdict : std::uint8_t {
  Pass,
  Fail,     // the check ran and its expectation was not met
  Error,    // the submission could not be used: a syntax error, a missing file
  Timeout,  // a budget (instructions, memory, output) or the safety clock ran out
  Skip,     // not run here; never counts as passed
  Crash,    // the submission's process died
};
std::string_view name_of(Verdict verdict);  // "pass", "fail", …

struct Finding {
  std::string check;  // id of the check that found it
  std::string expected;
  std::string observed;
  std::string where;  // "answers.lua:12", "instruction 48213", "event 1907"
  std::string hint;   // may be empty
};

struct CheckResult {
  std::string id;
  std::string title;
  Verdict verdict = Verdict::Skip;
  std::vector<Finding> findings;
};

// The worst of them, in the order Crash, Timeout, Error, Fail, Skip, Pass; Pass for none.
Verdict worst_of(const std::vector<CheckResult>& results);

}  // namespace gv
