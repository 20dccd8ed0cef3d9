// SPDX-License-Identifier: MIT
//
// tracing_cost.cpp - what recording every event adds, where there is little else but events.

#include "comparison.h"
#include "lesson/paths.h"
#include "machine/machine.h"

namespace gv::bench {

namespace {

struct Tracing {
  const char* name;
  const char* kit;
  const char* command_line;
  TracePolicy policy;
};

constexpr Tracing kTracings[] = {
    {"tracing/nanobench/keep", "nanobench", "n=20000", TracePolicy::Keep},
    {"tracing/nanobench/bounded", "nanobench", "n=20000", TracePolicy::Bounded},
    {"tracing/tinykernel/keep", "tinykernel", "", TracePolicy::Keep},
    {"tracing/tinykernel/bounded", "tinykernel", "", TracePolicy::Bounded},
};
constexpr double kMostExtra = 1.25;

double milliseconds(MachineConfig config, TracePolicy policy) {
  config.trace = policy;
  auto machine = Machine::create(config);
  if (!machine) {
    return -1;
  }
  const std::uint64_t began = thread_nanoseconds();
  (*machine)->run({});
  const auto took = static_cast<double>(thread_nanoseconds() - began);
  const auto& end = (*machine)->end();
  return end && end->how != GuestEnd::Crashed ? took * 1e-6 : -1;
}

void measure(benchmark::State& state, const Tracing& tracing) {
  const auto path = find_kit(tracing.kit);
  auto config = path ? config_for_image(*path) : Result<MachineConfig>(path.error());
  if (!config) {
    state.SkipWithError(config.error().message.c_str());
    return;
  }
  config->command_line = tracing.command_line;
  config->time_travel = false;
  compare(state, {.unit = "ms",
                  .target = kMostExtra,
                  .better = Better::Lower,
                  .ours = [&] { return milliseconds(*config, tracing.policy); },
                  .baseline = [&] { return milliseconds(*config, TracePolicy::Off); }});
}

}  // namespace

void add_tracing_cost() {
  for (const Tracing& tracing : kTracings) {
    benchmark::RegisterBenchmark(tracing.name, [&tracing](auto& state) { measure(state, tracing); })
        ->Iterations(1)
        ->UseManualTime();
  }
}

}  // namespace gv::bench
