// SPDX-License-Identifier: MIT
//
// generated_traces.cpp - days of VMs that nobody recorded.
//
// Each VM draws a character (how busy, how erratic) and then walks through the
// day with it. The planetlab kind has the published quartiles of the recorded
// traces: most VMs idle along at a few percent, a few are busy, and any may
// burst. Fractions come from our own generator, and only sums, products and
// comparisons are used, so the bytes are the same on every machine.

#include "cluster/traces.h"
#include "gv/random.h"

#include <algorithm>
#include <cmath>

namespace gv {
namespace {

struct Character {
  double level = 0;     // usual use
  double restless = 0;  // how far a sample strays from it
  double burst = 0;     // chance that a burst begins at a sample
  double burst_level = 0;
  double burst_ends = 1;  // chance that one ends
  double daily = 0;       // how much of the level follows the clock
};

// About normal with variance 1: the sum of twelve fractions.
double noise(Random& random) {
  double sum = -6;
  for (int i = 0; i < 12; ++i)
    sum += random.fraction();
  return sum;
}

Character character_of(Workload workload, Random& random) {
  const double draw = random.fraction(), square = draw * draw;
  switch (workload) {
    case Workload::Planetlab:
      return {0.02 + 0.45 * square * square,
              0.01 + 0.06 * random.fraction(),
              0.04,
              0.2 + 0.6 * random.fraction(),
              0.4,
              0.1};
    case Workload::Diurnal:
      return {0.05 + 0.5 * square, 0.03, 0.01, 0.3 + 0.3 * random.fraction(), 0.3, 0.8};
    case Workload::Bursty:
      return {0.02, 0.01, 0.01 + 0.02 * random.fraction(), 0.6 + 0.4 * random.fraction(), 0.15, 0};
    case Workload::Steady:
      return {0.05 + 0.6 * square, 0.005, 0, 0, 1, 0};
  }
  return {};
}

// Nothing at midnight, everything at noon: a triangle, which needs no library to be exact.
double daylight(std::size_t step) {
  const double noon = static_cast<double>(kSamplesADay) / 2;
  return 1 - std::abs(static_cast<double>(step) - noon) / noon;
}

}  // namespace

TraceSet generate_traces(Workload workload, std::size_t vms, std::uint64_t seed) {
  TraceSet traces(vms, kSamplesADay);
  Random random(seed);
  for (std::size_t vm = 0; vm < vms; ++vm) {
    const Character self = character_of(workload, random);
    bool bursting = false;
    double drift = 0;
    for (std::size_t step = 0; step < kSamplesADay; ++step) {
      bursting = bursting ? random.fraction() >= self.burst_ends : random.fraction() < self.burst;
      drift = 0.8 * drift + self.restless * noise(random);
      const double usual = self.level * (1 - self.daily + 2 * self.daily * daylight(step));
      const double use = (bursting ? self.burst_level : usual) + drift;
      traces.of(vm)[step] =
          static_cast<std::uint8_t>(std::clamp(std::floor(use * 100 + 0.5), 0.0, 100.0));
    }
  }
  return traces;
}

}  // namespace gv
