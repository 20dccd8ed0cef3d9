// SPDX-License-Identifier: MIT
//
// guest_speed.cpp - guest instructions per second: what exact counting takes away.
//
// Ours is the whole machine: run loop, slices, clock, counting by blocks.

#include "bare_unicorn.h"
#include "comparison.h"
#include "guest_images.h"
#include "machine/machine.h"

#include <cstring>
#include <memory>
#include <string>

namespace gv::bench {

namespace {

struct Speed {
  const char* name;
  Guest guest;
  std::uint32_t turns;
  double target;
};

// The targets of the project's contract; the shortest loop has none.
constexpr Speed kSpeeds[] = {
    {"guest-speed/tight-loop", Guest::TightLoop, 30'000'000, 0.45},
    {"guest-speed/compiled", Guest::Compiled, 60, 0.70},
    {"guest-speed/shortest-loop", Guest::ShortestLoop, 30'000'000, 0},
};

enum class Subject : std::uint8_t { Machine, PlainCounter };

void measure(benchmark::State& state, const Speed& speed, Subject subject) {
  const auto image = guest_image(speed.guest, speed.turns);
  auto retired = std::make_shared<double>(0);
  const auto ours = [=] {
    auto machine = Machine::create(machine_for(image));
    if (!machine) {
      return -1.0;
    }
    const std::uint64_t began = thread_nanoseconds();
    (*machine)->run({});
    const auto took = static_cast<double>(thread_nanoseconds() - began);
    const auto& end = (*machine)->end();
    if (!end || end->how != GuestEnd::Exited) {
      return -1.0;
    }
    *retired = static_cast<double>((*machine)->position().retired);
    return *retired * 1e3 / took;
  };
  ours();  // the baseline wants to know how many instructions it will run
  // For orientation: what any block hook costs, before it knows anything.
  const auto plain = [=] {
    BareUnicorn cpu(image, TrapAnswer::None, BlockHook::AddsOne);
    return *retired * 1e3 / cpu.run();
  };
  const auto baseline = [=] { return *retired * 1e3 / BareUnicorn(image, TrapAnswer::None).run(); };
  compare(state, {.unit = "MIPS",
                  .target = subject == Subject::Machine ? speed.target : 0,
                  .better = Better::Higher,
                  .ours = subject == Subject::Machine ? std::function<double()>(ours)
                                                      : std::function<double()>(plain),
                  .baseline = baseline});
}

}  // namespace

void add_guest_speed() {
  for (const Speed& speed : kSpeeds) {
    benchmark::RegisterBenchmark(speed.name,
                                 [&speed](auto& state) { measure(state, speed, Subject::Machine); })
        ->Iterations(1)
        ->UseManualTime();
    const std::string plain = std::string("plain-counter/") + (std::strchr(speed.name, '/') + 1);
    benchmark::RegisterBenchmark(
        plain.c_str(), [&speed](auto& state) { measure(state, speed, Subject::PlainCounter); })
        ->Iterations(1)
        ->UseManualTime();
  }
}

}  // namespace gv::bench
