// SPDX-License-Identifier: MIT
//
// policy.cpp - reads policy names.

#include "cluster/policy.h"

#include "gv/cluster.h"

#include <array>
#include <charconv>
#include <cmath>

namespace gv {
namespace {

template <class T>
struct Named {
  std::string_view name;
  T value;
};

constexpr std::array<Named<OverloadRule>, 5> kDetectors{
    {{"thr", OverloadRule::Threshold},
     {"iqr", OverloadRule::InterQuartileRange},
     {"mad", OverloadRule::MedianDeviation},
     {"lr", OverloadRule::LocalRegression},
     {"lrr", OverloadRule::RobustLocalRegression}}};
constexpr std::array<Named<SelectionRule>, 4> kSelections{
    {{"mmt", SelectionRule::MinimumMigrationTime},
     {"mu", SelectionRule::MinimumUtilisation},
     {"rs", SelectionRule::Random},
     {"mc", SelectionRule::MaximumCorrelation}}};
constexpr std::array<Named<PlacementRule>, 3> kPlacements{
    {{"pabfd", PlacementRule::PowerAwareBestFit},
     {"bfd", PlacementRule::BestFit},
     {"ffd", PlacementRule::FirstFit}}};

template <class T, std::size_t N>
const T* find(const std::array<Named<T>, N>& table, std::string_view name) {
  for (const Named<T>& row : table) {
    if (row.name == name)
      return &row.value;
  }
  return nullptr;
}

std::string_view take_word(std::string_view& text) {
  const std::size_t end = std::min(text.find('-'), text.size());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return word;
}

}  // namespace

Result<Policy> policy_from_name(const std::string& name) {
  if (name == "ours")
    return Policy{};
  if (name == "dvfs")
    return Policy{PolicyKind::Static, {}, {}, PlacementRule::FirstFit};
  std::string_view rest = name;
  const auto* detector = find(kDetectors, take_word(rest));
  const auto* selection = find(kSelections, take_word(rest));
  const std::string_view number = take_word(rest);
  const auto* placement = find(kPlacements, rest.empty() ? "pabfd" : rest);
  double parameter = 0;
  const auto [end, trouble] = std::from_chars(number.begin(), number.end(), parameter);
  const bool parsed = trouble == std::errc() && end == number.end() && std::isfinite(parameter);
  if (!detector || !selection || !placement || !parsed || parameter <= 0 || name.ends_with('-'))
    return Error{ErrorCode::InvalidInput,
                 "policy " + name +
                     ": is unknown; take ours, dvfs, or detector-selection-parameter such as "
                     "lr-mmt-1.2 (thr iqr mad lr lrr, mmt mu rs mc)"};
  return Policy{PolicyKind::Classic, {*detector, parameter}, *selection, *placement};
}

std::vector<std::string> cluster_policy_names() {
  return {
      "ours         packs to a risk of overload; see docs/consolidation.md",
      "dvfs         never moves a VM",
      "thr-mmt-0.8  overloaded above a fixed share of the host",
      "iqr-mmt-1.5  ... above 1 - 1.5 inter-quartile ranges of its history",
      "mad-mmt-2.5  ... above 1 - 2.5 median absolute deviations",
      "lr-mmt-1.2   ... when local regression forecasts 1 / 1.2 of the host",
      "lrr-mmt-1.2  ... the same, robust against outliers",
  };
}

}  // namespace gv
