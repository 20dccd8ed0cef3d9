// SPDX-License-Identifier: MIT
//
// selection.cpp - MMT, MU, RS and MC.

#include "cluster/selection.h"

#include "cluster/statistics.h"

#include <limits>
#include <vector>

namespace gv {
namespace {

template <class Measure>
std::size_t index_of_least(std::span<const VmLoad> vms, Measure measure) {
  std::size_t least = 0;
  for (std::size_t i = 1; i < vms.size(); ++i) {
    if (measure(vms[i]) < measure(vms[least]))
      least = i;
  }
  return least;
}

// None where the regression has no answer: too few samples, or histories that are copies.
std::optional<std::size_t> most_correlated(std::span<const VmLoad> vms) {
  double highest = std::numeric_limits<double>::min();
  std::size_t chosen = 0;
  for (std::size_t i = 0; i < vms.size(); ++i) {
    std::vector<std::span<const double>> others;
    for (std::size_t j = 0; j < vms.size(); ++j) {
      if (j != i)
        others.push_back(vms[j].history);
    }
    const auto share = explained_share(vms[i].history, others);
    if (!share)
      return std::nullopt;
    if (*share > highest) {
      highest = *share;
      chosen = i;
    }
  }
  return chosen;
}

}  // namespace

std::optional<std::size_t> select_vm(SelectionRule rule, std::span<const VmLoad> vms,
                                     Random& random) {
  if (vms.empty())
    return std::nullopt;
  switch (rule) {
    case SelectionRule::MinimumUtilisation:
      return index_of_least(vms, [](const VmLoad& vm) { return vm.utilisation; });
    case SelectionRule::Random:
      return random.below(vms.size());
    case SelectionRule::MaximumCorrelation:
      if (const auto chosen = most_correlated(vms))
        return chosen;
      break;
    case SelectionRule::MinimumMigrationTime:
      break;
  }
  return index_of_least(vms, [](const VmLoad& vm) { return vm.memory_mib; });
}

}  // namespace gv
