// SPDX-License-Identifier: MIT
//
// Whole days: exact where a day can be worked out by hand, and what must hold on any.

#include "cluster/simulation.h"

#include "gv/cluster.h"
#include "lesson/temporary_folder.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gv {
namespace {

TraceSet constant(std::size_t vms, std::uint8_t percent, std::size_t steps) {
  TraceSet traces(vms, steps);
  for (std::size_t vm = 0; vm < vms; ++vm)
    std::fill(traces.of(vm).begin(), traces.of(vm).end(), percent);
  return traces;
}

ClusterOutcome run(const ClusterRun& asked) {
  const auto outcome = simulate_cluster(asked);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? *outcome : ClusterOutcome{};
}

ClusterRun generated(Workload workload, const std::string& policy) {
  ClusterRun asked;
  asked.generate = 200;
  asked.hosts = 160;
  asked.workload = workload;
  asked.policy = policy;
  return asked;
}

TEST(Simulation, ChargesAHostForItsLoadWhileItIsOn) {
  const TraceSet traces = constant(1, 100, 2);  // one VM of 2,500 MIPS, always busy
  Simulation day(traces, 2, false);
  ASSERT_TRUE(day.create_vms());
  day.read(0);
  day.pass({});
  EXPECT_NEAR(day.sums().energy, 300 * kMl110G5.at(2500.0 / 5320), 1e-6);
  EXPECT_DOUBLE_EQ(day.sums().on, 300);
  EXPECT_EQ(day.sums().unserved, 0);
}

TEST(Simulation, ChargesAMigrationToBothHostsAndTheVm) {
  const TraceSet traces = constant(1, 100, 2);
  Simulation day(traces, 4, false);
  ASSERT_TRUE(day.create_vms());
  day.read(0);
  day.pass({{0, 3}});
  const double seconds = 870 / 62.5;  // its memory over half a gigabit link
  EXPECT_NEAR(day.sums().lost, 250 * seconds, 1e-6) << "a tenth of its work while it moves";
  EXPECT_NEAR(day.sums().on, 300 + seconds, 1e-9) << "both are on meanwhile";
  EXPECT_NEAR(day.sums().energy,
              300 * kMl110G5.at(2500.0 / 5320) + seconds * kMl110G5.at(250.0 / 5320), 1e-6);
  EXPECT_EQ(day.sums().migrations, 1u);
  EXPECT_EQ(day.sums().shutdowns, 1u);
}

TEST(Simulation, CountsSaturationAndWhatIsNotServed) {
  const TraceSet traces = constant(4, 100, 2);  // 2,500, 2,000, 1,000 and 500 MIPS
  Simulation day(traces, 4, false);
  ASSERT_TRUE(day.create_vms());
  day.read(0);
  std::vector<PlannedMove> moves;
  for (std::uint32_t vm = 0; vm < 4; ++vm)
    moves.push_back({vm, 1});
  day.pass(moves);
  day.read(1);
  const double saturated = day.sums().saturated, unserved = day.sums().unserved;
  day.pass({});
  EXPECT_NEAR(day.sums().saturated - saturated, 300, 1e-9);
  EXPECT_NEAR(day.sums().unserved - unserved, 300 * (6000 - 5320), 1e-6);
}

TEST(Simulation, RefusesAFleetThatIsTooSmall) {
  ClusterRun asked = generated(Workload::Planetlab, "ours");
  asked.hosts = 10;
  const auto outcome = simulate_cluster(asked);
  ASSERT_FALSE(outcome);
  EXPECT_NE(outcome.error().message.find("10 hosts hold only"), std::string::npos)
      << outcome.error().message;
}

TEST(Simulation, NeverGoesBelowTheLowerBound) {
  for (const auto workload :
       {Workload::Planetlab, Workload::Diurnal, Workload::Bursty, Workload::Steady}) {
    for (const char* policy : {"ours", "lr-mmt-1.2", "thr-rs-0.8", "dvfs"}) {
      const auto outcome = run(generated(workload, policy));
      EXPECT_GT(outcome.energy_kwh, outcome.lower_bound_kwh) << policy;
      EXPECT_GE(outcome.slatah_percent, 0);
    }
  }
}

TEST(Simulation, IsTheSameTwice) {
  for (const auto semantics : {ClusterSemantics::Corrected, ClusterSemantics::CloudSim303}) {
    for (const char* policy : {"ours", "lrr-mc-1.2", "mad-rs-2.5"}) {
      ClusterRun asked = generated(Workload::Planetlab, policy);
      asked.semantics = semantics;
      const auto first = run(asked), second = run(asked);
      EXPECT_EQ(first.energy_kwh, second.energy_kwh) << policy;
      EXPECT_EQ(first.migrations, second.migrations) << policy;
      EXPECT_EQ(first.slav_percent, second.slav_percent) << policy;
    }
  }
}

TEST(Simulation, DrawsOtherVmsFromAnotherSeed) {
  ClusterRun asked;
  TemporaryFolder folder;
  const TraceSet traces = generate_traces(Workload::Planetlab, 60, 3);
  for (std::size_t vm = 0; vm < traces.vms(); ++vm) {
    std::string text;
    for (const std::uint8_t sample : traces.of(vm))
      text += std::to_string(sample) + "\n";
    folder.write("vm" + std::to_string(100 + vm), text);
  }
  asked.traces = folder.path();
  asked.hosts = 60;
  asked.policy = "thr-rs-0.8";
  asked.seed = 1;
  const auto first = run(asked);
  asked.seed = 2;
  EXPECT_NE(first.energy_kwh, run(asked).energy_kwh);
  EXPECT_EQ(first.vms, 60u);
}

// On no workload tuned for: each kind of trace, three seeds.
TEST(OurPolicy, UsesLessEnergyThanLocalRegressionOnAnyWorkload) {
  for (const auto workload :
       {Workload::Planetlab, Workload::Diurnal, Workload::Bursty, Workload::Steady}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      ClusterRun asked = generated(workload, "ours");
      asked.seed = seed;
      const auto ours = run(asked);
      asked.policy = "lr-mmt-1.2";
      const auto lr = run(asked);
      EXPECT_LT(ours.energy_kwh, lr.energy_kwh);
      if (workload == Workload::Planetlab || workload == Workload::Bursty) {
        EXPECT_LE(ours.slav_percent, lr.slav_percent);
        EXPECT_LT(ours.migrations, lr.migrations);
      }
    }
  }
}

// Pins CloudSim's semantics on traces of our own; planetlab_test compares with CloudSim's output.
TEST(CloudSimSemantics, GiveThePinnedDay) {
  struct Row {
    const char* policy;
    double energy_kwh;
    std::uint64_t migrations;
    double slav_percent;
    std::uint64_t shutdowns;
  };
  const Row rows[] = {
      {"lr-mmt-1.2", 22.8316371, 2558, 0.002791515, 621},
      {"thr-mmt-0.8", 26.4090593, 3643, 0.004281201, 860},
      {"iqr-mu-1.5", 26.4701933, 3598, 0.005853941, 866},
      {"mad-mc-2.5", 24.3284495, 3027, 0.006355384, 765},
      {"thr-mmt-1.0", 22.0088604, 2965, 0.006414429, 684},
      {"dvfs", 110.6938575, 0, 0, 117},
  };
  for (const Row& row : rows) {
    ClusterRun asked = generated(Workload::Planetlab, row.policy);
    asked.semantics = ClusterSemantics::CloudSim303;
    const auto outcome = run(asked);
    EXPECT_NEAR(outcome.energy_kwh, row.energy_kwh, 5e-7) << row.policy;
    EXPECT_EQ(outcome.migrations, row.migrations) << row.policy;
    EXPECT_NEAR(outcome.slav_percent, row.slav_percent, 5e-9) << row.policy;
    EXPECT_EQ(outcome.host_shutdowns, row.shutdowns) << row.policy;
  }
}

}  // namespace
}  // namespace gv
