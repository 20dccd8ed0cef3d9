// SPDX-License-Identifier: MIT
//
// frame_report.cpp - the statistics.

#include "workbench/frame_report.h"

#include <nlohmann/json.hpp>

#include <unistd.h>
#include <algorithm>
#include <ctime>
#include <fstream>
#include <sstream>

namespace gv {
namespace {

constexpr double kBudget = 16.0;

double milliseconds_of(clockid_t clock) {
  timespec now{};
  clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) * 1e-6;
}

nlohmann::json statistics(std::vector<double> costs) {
  if (costs.empty())
    return {{"frames", 0}};
  std::sort(costs.begin(), costs.end());
  const auto at = [&](double share) {
    return costs[static_cast<std::size_t>(share * static_cast<double>(costs.size() - 1))];
  };
  const auto over = std::count_if(costs.begin(), costs.end(), [](double c) { return c > kBudget; });
  return {{"frames", costs.size()}, {"min_ms", at(0)},   {"median_ms", at(0.5)},
          {"p99_ms", at(0.99)},     {"max_ms", at(1.0)}, {"over_budget", over}};
}

}  // namespace

void FrameReport::resume() {
  began_ = {milliseconds_of(CLOCK_THREAD_CPUTIME_ID), milliseconds_of(CLOCK_MONOTONIC)};
}

void FrameReport::suspend() {
  cost_.cpu += milliseconds_of(CLOCK_THREAD_CPUTIME_ID) - began_.cpu;
  cost_.wall += milliseconds_of(CLOCK_MONOTONIC) - began_.wall;
}

void FrameReport::end(bool guest_runs, std::uint64_t events) {
  costs_.push_back(cost_);
  if (guest_runs)
    costs_running_.push_back(cost_);
  cost_ = {};
  events_ = std::max(events_, events);
}

void FrameReport::first_frame_shown() {
  if (start_to_first_frame_ > 0)
    return;
  start_to_first_frame_ = milliseconds_since_process_start();
  cpu_to_first_frame_ = milliseconds_of(CLOCK_PROCESS_CPUTIME_ID);
}

std::string FrameReport::json() const {
  const auto both = [](const std::vector<Cost>& costs) {
    std::vector<double> cpu, wall;
    for (const Cost& cost : costs) {
      cpu.push_back(cost.cpu);
      wall.push_back(cost.wall);
    }
    nlohmann::json out = statistics(std::move(cpu));
    out["wall"] = statistics(std::move(wall));
    return out;
  };
  const nlohmann::json root = {{"budget_ms", kBudget},
                               {"start_to_first_frame_ms", start_to_first_frame_},
                               {"cpu_to_first_frame_ms", cpu_to_first_frame_},
                               {"events", events_},
                               {"all", both(costs_)},
                               {"guest_running", both(costs_running_)}};
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
  for (int i = 3; i <= 22; ++i)
    fields >> field;
  const double started =
      std::stod(field.empty() ? "0" : field) / static_cast<double>(sysconf(_SC_CLK_TCK));
  timespec now{};
  clock_gettime(CLOCK_BOOTTIME, &now);
  return (static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9 - started) *
         1e3;
}

}  // namespace gv
