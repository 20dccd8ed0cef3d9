// SPDX-License-Identifier: MIT

#include "lesson/verdict.h"

#include <algorithm>

namespace gv {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::Pass:
      return "pass";
    case Verdict::Fail:
      return "fail";
    case Verdict::Error:
      return "error";
    case Verdict::Timeout:
      return "timeout";
    case Verdict::Skip:
      return "skip";
    case Verdict::Crash:
      return "crash";
  }
  return "error";
}

Verdict worst_of(const std::vector<CheckResult>& results) {
  constexpr auto rank = [](Verdict verdict) {
    switch (verdict) {
      case Verdict::Pass:
        return 0;
      case Verdict::Skip:
        return 1;
      case Verdict::Fail:
        return 2;
      case Verdict::Error:
        return 3;
      case Verdict::Timeout:
        return 4;
      case Verdict::Crash:
        return 5;
    }
    return 3;
  };
  Verdict worst = Verdict::Pass;
  for (const CheckResult& result : results) {
    if (rank(result.verdict) > rank(worst))
      worst = result.verdict;
  }
  return worst;
}

}  // namespace gv
