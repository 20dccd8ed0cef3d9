// SPDX-License-Identifier: MIT

#include "comparison.h"

#include <algorithm>
#include <ctime>
#include <vector>

namespace gv::bench {

namespace {

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t half = values.size() / 2;
  return values.size() % 2 == 1 ? values[half] : (values[half - 1] + values[half]) / 2;
}

}  // namespace

std::uint64_t thread_nanoseconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
         static_cast<std::uint64_t>(now.tv_nsec);
}

void compare(benchmark::State& state, const Comparison& comparison) {
  std::vector<double> ours, baseline, ratios;
  for (auto _ : state) {
    const std::uint64_t began = thread_nanoseconds();
    for (int pair = 0; pair < comparison.pairs; ++pair) {
      // Who goes first changes, so that neither always finds the caches warm.
      double b = pair % 2 == 0 ? comparison.baseline() : 0;
      const double o = comparison.ours();
      b = pair % 2 == 0 ? b : comparison.baseline();
      if (o <= 0 || b <= 0) {
        state.SkipWithError("a guest did not end as it should");
        return;
      }
      ours.push_back(o);
      baseline.push_back(b);
      ratios.push_back(o / b);
    }
    state.SetIterationTime(static_cast<double>(thread_nanoseconds() - began) * 1e-9);
  }
  const double ratio = median(ratios);
  const bool met =
      comparison.better == Better::Higher ? ratio >= comparison.target : ratio <= comparison.target;
  state.SetLabel(comparison.unit);
  state.counters[kOurs] = median(ours);
  state.counters[kBaseline] = median(baseline);
  state.counters[kRatio] = ratio;
  state.counters[kLowest] = *std::min_element(ratios.begin(), ratios.end());
  state.counters[kHighest] = *std::max_element(ratios.begin(), ratios.end());
  if (comparison.target > 0) {
    state.counters[kTarget] = comparison.target;
    state.counters[kHigherIsBetter] = comparison.better == Better::Higher ? 1 : 0;
    state.counters[kMet] = met ? 1 : 0;
  }
}

}  // namespace gv::bench
