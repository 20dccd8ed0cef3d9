// SPDX-License-Identifier: MIT
//
// cost_model_test.cpp - the defaults are the file's, and the file's fits hold.

#include "trace/cost_fields.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

namespace gv {
namespace {

nlohmann::json cost_file() {
  std::ifstream in(GV_COST_MODEL_JSON);
  return nlohmann::json::parse(in, nullptr, false);
}

TEST(CostModel, defaults_are_the_numbers_of_the_file_and_each_has_a_source) {
  const auto file = cost_file();
  ASSERT_TRUE(file.is_object()) << GV_COST_MODEL_JSON;
  const CostModel model;
  std::size_t count = 0;
  for_each_cost(
      [&](const char* name, std::uint32_t cycles) {
        ++count;
        ASSERT_TRUE(file["costs"].contains(name)) << name;
        const auto& cost = file["costs"][name];
        EXPECT_EQ(cost["cycles"].get<std::uint32_t>(), cycles) << name;
        EXPECT_FALSE(cost["source"].get<std::string>().empty()) << name;
        EXPECT_FALSE(cost["meaning"].get<std::string>().empty()) << name;
      },
      model);
  EXPECT_EQ(file["costs"].size(), count);
}

TEST(CostModel, comes_within_five_percent_of_the_published_operations) {
  const auto file = cost_file();
  ASSERT_GE(file["fits"].size(), 3u);
  for (const auto& fit : file["fits"]) {
    double sum = 0;
    for (const auto& [name, times] : fit["is"].items()) {
      sum += times.get<double>() * file["costs"][name]["cycles"].get<double>();
    }
    const double published = fit["published_cycles"].get<double>();
    EXPECT_LT(std::abs(sum - published) / published, 0.05)
        << fit["operation"] << ": " << sum << " against " << published;
  }
}

}  // namespace
}  // namespace gv
