// SPDX-License-Identifier: MIT
//
// trap_round_trip.cpp - one CLI in a deprivileged kernel, there and back.
//
// Ours goes all the way: engine, exit, dispatch, decode, virtual CPU, ledger,
// virtual time. The baseline is the cheapest hook that is still right.

#include "bare_unicorn.h"
#include "comparison.h"
#include "guest_images.h"
#include "machine/machine.h"

#include <algorithm>

namespace gv::bench {

namespace {

constexpr std::uint32_t kTraps = 200'000;

double ours(const std::vector<std::uint8_t>& image) {
  auto machine = Machine::create(machine_for(image));
  if (!machine) {
    return -1;
  }
  const std::uint64_t began = thread_nanoseconds();
  (*machine)->run({});
  const auto took = static_cast<double>(thread_nanoseconds() - began);
  return (*machine)->ledger()[ExitReason::PrivilegedInstruction].count == kTraps ? took / kTraps
                                                                                 : -1;
}

double bare(const std::vector<std::uint8_t>& image, TrapAnswer answer) {
  BareUnicorn cpu(image, answer);
  const double took = cpu.run();
  return cpu.traps() == kTraps ? took / kTraps : -1;
}

void measure(benchmark::State& state) {
  const auto image = guest_image(Guest::CliLoop, kTraps);
  compare(state, {.unit = "ns",
                  .target = 2.0,
                  .better = Better::Lower,
                  .ours = [=] { return ours(image); },
                  .baseline =
                      [=] {
                        return std::min(bare(image, TrapAnswer::InContext),
                                        bare(image, TrapAnswer::ByRegister));
                      }});
}

}  // namespace

void add_trap_round_trip() {
  benchmark::RegisterBenchmark("trap-round-trip/cli", measure)->Iterations(1)->UseManualTime();
}

}  // namespace gv::bench
