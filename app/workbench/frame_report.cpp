// SPDX-License-Identifier: MIT
//
// frame_report.cpp - the statistics.

#include "workbench/frame_report.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>
#include <unistd.h>

namespace gv {
namespace {

constexpr double kBudget = 16.0;

nlohmann::json statistics(std::vector<float> costs) {
  if (costs.empty()) return {{"frames", 0}};
  std::sort(costs.begin(), costs.end());
  const auto at = [&](double share) {
    return costs[static_cast<std::size_t>(share * static_cast<double>(costs.size() - 1))];
  };
  const auto over = std::count_if(costs.begin(), costs.end(), [](float c) { return c > kBudget; });
  return {{"frames", costs.size()}, {"min_ms", at(0)},   {"median_ms", at(0.5)},
          {"p99_ms", at(0.99)},     {"max_ms", at(1.0)}, {"over_budget", over}};
}

}  // namespace

void FrameReport::end(bool guest_runs, std::uint64_t events) {
  const float cost = std::chrono::duration<float, std::milli>(Clock::now() - began_).count();
  costs_.push_back(cost);
  if (guest_runs) costs_running_.push_back(cost);
  events_ = std::max(events_, events);
}

void FrameReport::first_frame_shown() {
  if (start_to_first_frame_ == 0) start_to_first_frame_ = milliseconds_since_process_start();
}

std::string FrameReport::json() const {
  const nlohmann::json root = {{"budget_ms", kBudget},
                               {"start_to_first_frame_ms", start_to_first_frame_},
                               {"events", events_},
                               {"all", statistics(costs_)},
                               {"guest_running", statistics(costs_running_)}};
  return root.dump(2) + "\n";
}

double milliseconds_since_process_start() {
  std::ifstream in("/proc/self/stat");
  std::stringstream text;
  text << in.rdbuf();
  const std::string stat = text.str();
  // Field 22, counted after the parenthesised name, which may hold anything.
  std::istringstream fields(stat.substr(stat.rfind(')') + 1));
  std::string field;
  for (int i = 3; i <= 22; ++i) fields >> field;
  const double started = std::stod(field.empty() ? "0" : field) / static_cast<double>(sysconf(_SC_CLK_TCK));
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - started) * 1e3;
}

}  // namespace gv
