// SPDX-License-Identifier: MIT
//
// main.cpp - glassvisor-bench: a table for people, or Google Benchmark's JSON with --json.
//
// Every option of Google Benchmark works. --check: exit code 1 when a target is missed.

#include "comparison.h"

#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace gv::bench {

namespace {

// Why a benchmark did not run; empty when it did. Google Benchmark 1.8 gave both fields new names.
template <class Run>
std::string failure_of(const Run& run) {
  if constexpr (requires { run.error_occurred; }) {
    return run.error_occurred ? run.error_message : std::string();
  } else {
    return run.skipped != 0 ? run.skip_message : std::string();
  }
}

class Table final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override {
    std::printf("%-32s %10s %10s %-7s %7s  %-13s %8s\n", "benchmark", "ours", "baseline", "",
                "ratio", "lowest-highest", "target");
    return true;
  }
  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      // The framework's own suffixes say nothing here.
      const std::string name = run.run_name.function_name;
      if (const std::string failure = failure_of(run); !failure.empty()) {
        std::printf("%-32s %s\n", name.c_str(), failure.c_str());
        all_met_ = all_met_ && failure.starts_with(kNotHere);
        continue;
      }
      const auto value = [&](const char* counter) {
        const auto found = run.counters.find(counter);
        return found == run.counters.end() ? 0.0 : found->second.value;
      };
      std::printf("%-32s %10.1f %10.1f %-7s %7.2f  %6.2f-%-6.2f", name.c_str(), value(kOurs),
                  value(kBaseline), run.report_label.c_str(), value(kRatio), value(kLowest),
                  value(kHighest));
      if (const double target = value(kTarget); target != 0) {
        const bool met = value(kMet) != 0;
        all_met_ = all_met_ && met;
        std::printf("  %s %.2f %s", value(kHigherIsBetter) != 0 ? ">=" : "<=", target,
                    met ? "met" : "MISSED");
      }
      std::printf("\n");
      std::fflush(stdout);
    }
  }
  bool all_met() const { return all_met_; }

 private:
  bool all_met_ = true;
};

int measure(int argc, char** argv) {
  bool json = false, check = false;
  std::vector<char*> words;
  std::string as_json = "--benchmark_format=json";
  for (int i = 0; i < argc; ++i) {
    const bool wants_json = std::strcmp(argv[i], "--json") == 0 || as_json == argv[i];
    json = json || wants_json;
    if (std::strcmp(argv[i], "--check") == 0) {
      check = true;
    } else if (!wants_json) {
      words.push_back(argv[i]);
    }
  }
  if (json) {
    words.push_back(as_json.data());
  }
  int count = static_cast<int>(words.size());
  words.push_back(nullptr);
  benchmark::Initialize(&count, words.data());
  if (benchmark::ReportUnrecognizedArguments(count, words.data())) {
    return 2;
  }
  add_guest_speed();
  add_trap_round_trip();
  add_tracing_cost();
  add_time_travel();
  add_techniques();
  Table table;
  if (benchmark::RunSpecifiedBenchmarks(json ? nullptr : &table) == 0) {
    std::fprintf(
        stderr,
        "glassvisor-bench: no benchmark has such a name; --benchmark_list_tests lists them\n");
    return 2;
  }
  return check && !json && !table.all_met() ? 1 : 0;
}

}  // namespace

}  // namespace gv::bench

int main(int argc, char** argv) { return gv::bench::measure(argc, argv); }
