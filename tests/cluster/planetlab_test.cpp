// SPDX-License-Identifier: MIT
//
// The recorded days: every reproducible row that CloudSim 3.0.3 computes from them, and our policy.
//
// GLASSVISOR_PLANETLAB names a folder with a day in each 20110303.tar.xz (or folder 20110303) and
// the rows in cloudsim-3.0.3-results.csv. Nothing sets it by default: the traces are not ours to
// ship. Without it these tests are skipped, and counted.

#include "gv/cluster.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace gv {
namespace {

constexpr const char* kDays[] = {"20110303", "20110306", "20110309", "20110322"};

std::string recorded_day(const std::string& day) {
  const std::string folder = std::getenv("GLASSVISOR_PLANETLAB");
  const std::string plain = folder + "/" + day;
  return std::filesystem::is_directory(plain) ? plain : plain + ".tar.xz";
}

ClusterOutcome run(const std::string& day, const std::string& policy, ClusterSemantics semantics) {
  ClusterRun asked;
  asked.traces = recorded_day(day);
  asked.policy = policy;
  asked.semantics = semantics;
  const auto outcome = simulate_cluster(asked);
  EXPECT_TRUE(outcome) << outcome.error().message;
  return outcome ? *outcome : ClusterOutcome{};
}

std::string fixed(double value, int decimals) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", decimals, value);
  return text;
}

class PlanetLab : public testing::Test {
 protected:
  void SetUp() override {
    if (!std::getenv("GLASSVISOR_PLANETLAB"))
      GTEST_SKIP() << "GLASSVISOR_PLANETLAB names no folder of recorded traces";
  }
};

TEST_F(PlanetLab, CloudSimSemanticsGiveEachReproducibleRow) {
  std::ifstream rows(std::string(std::getenv("GLASSVISOR_PLANETLAB")) +
                     "/cloudsim-3.0.3-results.csv");
  std::string line;
  int compared = 0;
  for (std::getline(rows, line); std::getline(rows, line);) {
    std::vector<std::string> cells;
    std::istringstream row(line);
    for (std::string cell; std::getline(row, cell, ',');)
      cells.push_back(cell);
    ASSERT_GE(cells.size(), 13u) << line;
    if (cells[2] == "rs")
      continue;  // drawn at random
    const std::string policy =
        cells[2].empty() ? cells[1] : cells[1] + "-" + cells[2] + "-" + cells[3];
    const auto outcome = run(cells[0], policy, ClusterSemantics::CloudSim303);
    EXPECT_EQ(fixed(outcome.energy_kwh, 2), cells[5]) << line;
    EXPECT_EQ(std::to_string(outcome.migrations), cells[6]) << line;
    EXPECT_EQ(fixed(outcome.slav_percent, 5), cells[7]) << line;
    EXPECT_EQ(fixed(outcome.pdm_percent, 2), cells[8]) << line;
    EXPECT_EQ(fixed(outcome.slatah_percent, 2), cells[9]) << line;
    EXPECT_EQ(fixed(outcome.unserved_percent, 2), cells[10]) << line;
    EXPECT_EQ(std::to_string(outcome.host_shutdowns), cells[12]) << line;
    ++compared;
  }
  EXPECT_EQ(compared, 29);
}

TEST_F(PlanetLab, OurPolicyBeatsLocalRegressionUnderBothSemantics) {
  for (const auto semantics : {ClusterSemantics::Corrected, ClusterSemantics::CloudSim303}) {
    for (const char* day : kDays) {
      const auto ours = run(day, "ours", semantics), lr = run(day, "lr-mmt-1.2", semantics);
      EXPECT_LT(ours.energy_kwh, lr.energy_kwh) << day;
      EXPECT_LE(ours.energy_kwh, 1.25 * ours.lower_bound_kwh) << day;
      EXPECT_LE(ours.slav_percent, lr.slav_percent) << day;
      EXPECT_LT(ours.migrations, lr.migrations) << day;
    }
  }
}

}  // namespace
}  // namespace gv
