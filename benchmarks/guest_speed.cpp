// SPDX-License-Identifier: MIT
//
// guest_speed.cpp - guest instructions per second: what exact counting takes away.
//
// Ours is the whole machine: run loop, slices, clock, counting by blocks.

#include "bare_unicorn.h"
#include "comparison.h"
#include "guest_images.h"
#include "machine/machine.h"

#include <memory>

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

void measure(benchmark::State& state, const Speed& speed) {
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
  const auto baseline = [=] { return *retired * 1e3 / BareUnicorn(image, TrapAnswer::None).run(); };
  compare(state, {.unit = "MIPS", .target = speed.target, .better = Better::Higher, .ours = ours,
                  .baseline = baseline});
}

}  // namespace

void add_guest_speed() {
  for (const Speed& speed : kSpeeds) {
    benchmark::RegisterBenchmark(speed.name, [&speed](auto& state) { measure(state, speed); })
        ->Iterations(1)
        ->UseManualTime();
  }
}

}  // namespace gv::bench
