// SPDX-License-Identifier: MIT
//
// techniques.cpp - the same kernel code under two techniques, one engine, one program.
//
// Ours is a guest kernel that runs from the translation cache. The baseline is
// the same kernel run directly, deprivileged: what the engine can do with this
// code when nothing is rewritten. Both are counted exactly, so the ratio is the
// price, or the gain, of translation alone.

#include "comparison.h"
#include "guest_images.h"
#include "machine/machine.h"

namespace gv::bench {

namespace {

// Host nanoseconds for one run of the guest; below 0: it went wrong.
double run_nanoseconds(const std::vector<std::uint8_t>& image, TechniqueKind technique,
                       Ledger* ledger = nullptr) {
  MachineConfig config = machine_for(image);
  config.technique = technique;
  auto machine = Machine::create(config);
  if (!machine) {
    return -1;
  }
  const std::uint64_t began = thread_nanoseconds();
  (*machine)->run({});
  const auto took = static_cast<double>(thread_nanoseconds() - began);
  const auto& end = (*machine)->end();
  if (ledger != nullptr) {
    *ledger = (*machine)->ledger();
  }
  return end && end->how == GuestEnd::Exited ? took : -1;
}

// Millions of guest instructions a second.
double mips(const std::vector<std::uint8_t>& image, TechniqueKind technique) {
  Ledger ledger;
  const double took = run_nanoseconds(image, technique, &ledger);
  return took > 0 ? static_cast<double>(ledger.retired) * 1e3 / took : -1;
}

struct Speed {
  const char* name;
  Guest guest;
  std::uint32_t turns;
  double target;
};
constexpr Speed kSpeeds[] = {
    {"techniques/translated/compiled", Guest::Compiled, 60, 0.70},
    {"techniques/translated/tight-loop", Guest::TightLoop, 30'000'000, 0.70},
    {"techniques/translated/call-return", Guest::CallLoop, 3'000'000, 0},
};

void measure_speed(benchmark::State& state, const Speed& speed) {
  const auto image = guest_image(speed.guest, speed.turns);
  compare(state, {.unit = "MIPS",
                  .target = speed.target,
                  .better = Better::Higher,
                  .ours = [=] { return mips(image, TechniqueKind::BinaryTranslation); },
                  .baseline = [=] { return mips(image, TechniqueKind::TrapAndEmulate); }});
}

constexpr std::uint32_t kPairs = 200'000;

void measure_cli_sti(benchmark::State& state) {
  const auto image = guest_image(Guest::CliStiLoop, kPairs);
  const auto pair = [=](TechniqueKind technique) {
    const double took = run_nanoseconds(image, technique);
    return took > 0 ? took / kPairs : -1;
  };
  compare(state, {.unit = "ns",
                  .target = 0.2,
                  .better = Better::Lower,
                  .ours = [=] { return pair(TechniqueKind::BinaryTranslation); },
                  .baseline = [=] { return pair(TechniqueKind::TrapAndEmulate); }});
}

// How often a loop that is chained asks the translator: the same for few turns and for many.
void measure_chaining(benchmark::State& state) {
  const auto exits = [](std::uint32_t turns) {
    Ledger ledger;
    run_nanoseconds(guest_image(Guest::ShortestLoop, turns), TechniqueKind::BinaryTranslation,
                    &ledger);
    return static_cast<double>(ledger[ExitReason::TranslatorCalled].count +
                               ledger[ExitReason::Callout].count);
  };
  compare(state, {.unit = "calls",
                  .target = 1.0,
                  .better = Better::Lower,
                  .pairs = 1,
                  .ours = [=] { return exits(1'000'000); },
                  .baseline = [=] { return exits(10); }});
}

}  // namespace

void add_techniques() {
  for (const Speed& speed : kSpeeds) {
    benchmark::RegisterBenchmark(speed.name, [&speed](auto& state) { measure_speed(state, speed); })
        ->Iterations(1)
        ->UseManualTime();
  }
  benchmark::RegisterBenchmark("techniques/translated/cli-sti", measure_cli_sti)
      ->Iterations(1)
      ->UseManualTime();
  benchmark::RegisterBenchmark("techniques/translated/calls-to-the-translator", measure_chaining)
      ->Iterations(1)
      ->UseManualTime();
}

}  // namespace gv::bench
