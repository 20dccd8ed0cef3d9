// SPDX-License-Identifier: MIT
//
// time_travel.cpp - one step back against the limit for it, and hashing a state against copying it.

#include "comparison.h"
#include "gv/session.h"
#include "lesson/paths.h"
#include "machine/machine.h"

#include <chrono>
#include <cstring>

namespace gv::bench {

namespace {

constexpr double kStepBackLimit = 100;  // milliseconds
constexpr std::uint64_t kMiB = 1u << 20;

Result<MachineConfig> kit(const std::string& name) {
  const auto path = find_kit(name);
  return path ? config_for_image(*path) : Result<MachineConfig>(path.error());
}

Result<MachineConfig> tinykernel() { return kit("tinykernel"); }

// The dearest instructions there are: on bare metal each MOV CR3 costs the host microseconds.
Result<MachineConfig> nanobench() {
  auto config = kit("nanobench");
  if (config) {
    config->technique = TechniqueKind::BareMetal;
    config->command_line = "n=25000";
  }
  return config;
}

// The wall clock here: the session's own thread does the work, and a person waits for it.
void step_back(benchmark::State& state, const Result<MachineConfig>& config) {
  auto session =
      config ? Session::create(*config) : Result<std::unique_ptr<Session>>(config.error());
  if (!session) {
    state.SkipWithError(session.error().message.c_str());
    return;
  }
  (*session)->perform(Run{});
  const std::uint64_t end = (*session)->snapshot()->position.retired;
  std::uint64_t instant = end;
  compare(state, {.unit = "ms",
                  .target = 1.0,
                  .better = Better::Lower,
                  .pairs = 25,
                  .ours =
                      [&] {
                        // Instants all over the run, in an order that never repeats.
                        instant = (instant * 6364136223846793005u + 1442695040888963407u) % end;
                        (*session)->perform(Seek{instant + 2});
                        const auto began = std::chrono::steady_clock::now();
                        const Notice notice = (*session)->perform(StepBack{1});
                        const std::chrono::duration<double, std::milli> took =
                            std::chrono::steady_clock::now() - began;
                        return notice.refused ? -1 : took.count();
                      },
                  .baseline = [] { return kStepBackLimit; }});
}

void state_hash(benchmark::State& state) {
  auto config = tinykernel();
  auto machine =
      config ? Machine::create(*config) : Result<std::unique_ptr<Machine>>(config.error());
  if (!machine) {
    state.SkipWithError(machine.error().message.c_str());
    return;
  }
  (*machine)->run({});
  const std::uint64_t bytes = (*machine)->memory().size();
  const double mebibytes = static_cast<double>(bytes) / static_cast<double>(kMiB);
  std::vector<std::uint8_t> copy(bytes), original(bytes, 1);
  compare(state, {.unit = "us/MiB",
                  .ours =
                      [&] {
                        const std::uint64_t began = thread_nanoseconds();
                        benchmark::DoNotOptimize((*machine)->state_hash());
                        return static_cast<double>(thread_nanoseconds() - began) * 1e-3 / mebibytes;
                      },
                  .baseline =
                      [&] {
                        const std::uint64_t began = thread_nanoseconds();
                        std::memcpy(copy.data(), original.data(), bytes);
                        benchmark::DoNotOptimize(copy.data());
                        return static_cast<double>(thread_nanoseconds() - began) * 1e-3 / mebibytes;
                      }});
}

}  // namespace

void add_time_travel() {
  benchmark::RegisterBenchmark("time-travel/step-back/tinykernel", step_back, tinykernel())
      ->Iterations(1)
      ->UseManualTime();
  benchmark::RegisterBenchmark("time-travel/step-back/nanobench", step_back, nanobench())
      ->Iterations(1)
      ->UseManualTime();
  benchmark::RegisterBenchmark("time-travel/state-hash", state_hash)
      ->Iterations(1)
      ->UseManualTime();
}

}  // namespace gv::bench
