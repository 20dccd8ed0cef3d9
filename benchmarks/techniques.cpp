// SPDX-License-Identifier: MIT
//
// techniques.cpp - what each technique costs, in one program and one run.
//
// translated: a guest kernel that runs from the translation cache, beside the
// same kernel run directly, deprivileged: what the engine can do with this code
// when nothing is rewritten. Both are counted exactly, so the ratio is the
// price, or the gain, of translation alone. interpreted: beside Debian's Bochs,
// an interpreter too. assisted: a machine on KVM beside the least that runs
// the same guest there.

#include "bare_unicorn.h"
#include "bochs.h"
#include "comparison.h"
#include "guest_images.h"
#include "machine/machine.h"
#include "raw_kvm.h"

#include <string>

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

// The bare CPU counts nothing: for orientation.
void measure_beside_bare_unicorn(benchmark::State& state) {
  const auto image = guest_image(Guest::Compiled, 60);
  const auto took = [=](double nanoseconds) { return nanoseconds * 1e-6; };
  compare(state,
          {.unit = "ms",
           .better = Better::Lower,
           .ours = [=] { return took(run_nanoseconds(image, TechniqueKind::BinaryTranslation)); },
           .baseline = [=] { return took(BareUnicorn(image, TrapAnswer::None).run()); }});
}

// Our interpreter as Bochs is: it alone executes, and the guest is compiled code. Starting Bochs
// takes time that is not the guest's: a run of one turn is taken off, of both.
void measure_interpreter(benchmark::State& state) {
  if (!bochs_is_installed()) {
    state.SkipWithError(
        (std::string(kNotHere) + "bochs is not installed; scripts/setup test installs it").c_str());
    return;
  }
  constexpr std::uint32_t kTurns = 16;
  struct Ran {
    double nanoseconds = -1;
    std::uint64_t retired = 0;
    std::uint64_t ebx = 0;
  };
  const auto interpret = [](std::uint32_t turns) -> Ran {
    MachineConfig config = machine_for(guest_image(Guest::Compiled, turns));
    config.engine = EngineKind::Interpreter;
    config.technique = TechniqueKind::Interpretation;
    auto machine = Machine::create(config);
    if (!machine) {
      return {};
    }
    const std::uint64_t began = thread_nanoseconds();
    (*machine)->run({});
    const auto took = static_cast<double>(thread_nanoseconds() - began);
    return {took, (*machine)->position().retired,
            (*machine)->technique().registers().gpr[static_cast<std::size_t>(Gpr::Bx)]};
  };
  const Ran all = interpret(kTurns), one = interpret(1);
  const auto instructions = static_cast<double>(all.retired - one.retired);
  const auto speed = [=](double most, double least) {
    return most > least ? instructions * 1e3 / (most - least) : -1;
  };
  compare(state,
          {.unit = "MIPS",
           .target = 2.0,
           .better = Better::Higher,
           .pairs = 5,
           .ours = [=] { return speed(interpret(kTurns).nanoseconds, interpret(1).nanoseconds); },
           .baseline =
               [=] {
                 const auto most = run_in_bochs(guest_image(Guest::Compiled, kTurns));
                 const auto least = run_in_bochs(guest_image(Guest::Compiled, 1));
                 const bool same = most && least && most->ebx == all.ebx && least->ebx == one.ebx;
                 return same ? speed(most->nanoseconds, least->nanoseconds) : -1;
               }});
}

constexpr std::uint32_t kPortExits = 20'000;

void measure_kvm_exit(benchmark::State& state) {
  const auto image = guest_image(Guest::PortLoop, kPortExits);
  if (const auto here = check_available(EngineKind::Kvm, TechniqueKind::HardwareAssisted); !here) {
    state.SkipWithError((kNotHere + here.error().message).c_str());
    return;
  }
  const auto ours = [=] {
    MachineConfig config = machine_for(image);
    config.engine = EngineKind::Kvm;
    config.technique = TechniqueKind::HardwareAssisted;
    auto machine = Machine::create(config);
    if (!machine) {
      return -1.0;
    }
    const std::uint64_t began = thread_nanoseconds();
    (*machine)->run({});
    const auto took = static_cast<double>(thread_nanoseconds() - began);
    const bool all = (*machine)->ledger()[ExitReason::PortWrite].count == kPortExits + 1;
    return all ? took / kPortExits : -1;
  };
  compare(state,
          {.unit = "ns", .target = 1.15, .better = Better::Lower, .ours = ours, .baseline = [=] {
             return run_raw_kvm(image) / kPortExits;
           }});
}

}  // namespace

void add_techniques() {
  for (const Speed& speed : kSpeeds) {
    benchmark::RegisterBenchmark(speed.name, [&speed](auto& state) { measure_speed(state, speed); })
        ->Iterations(1)
        ->UseManualTime();
  }
  const auto add = [](const char* name, void (*measure)(benchmark::State&)) {
    benchmark::RegisterBenchmark(name, measure)->Iterations(1)->UseManualTime();
  };
  add("techniques/translated/beside-bare-cpu", measure_beside_bare_unicorn);
  add("techniques/translated/cli-sti", measure_cli_sti);
  add("techniques/translated/calls-to-the-translator", measure_chaining);
  add("techniques/interpreted/compiled", measure_interpreter);
  add("techniques/assisted/port-exit", measure_kvm_exit);
}

}  // namespace gv::bench
