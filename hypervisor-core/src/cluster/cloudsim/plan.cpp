// SPDX-License-Identifier: MIT
//
// plan.cpp - relieve the overloaded hosts, then empty the least used ones.

#include "cluster/cloudsim/plan.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace gv::cloudsim {
namespace {

using History = std::array<double, kHistorySamples>;

// A host while plans are made: who would be there, but power and use as last measured.
struct Draft {
  std::vector<int> vms;
  double available = 0;
  double used = 0;    // MIPS that its VMs get
  double demand = 0;  // MIPS that they ask for
  double memory = 0;  // of the largest VM
  History history{};  // fractions of the host
  bool overloaded = false, off = false, emptied = false, chosen = false;
  bool settled = false;  // `available` has been added up anew
};

constexpr std::size_t kVmsALink = 10;  // a VM reserves a tenth of its host's link when created

class Planner {
 public:
  Planner(const Centre& centre, const Policy& policy, Random& random)
      : centre_(centre), policy_(policy), random_(random), drafts_(centre.hosts().size()) {
    // The names LR and LRR both stand for plain least squares here: the weights meant for them
    // are computed and never applied.
    OverloadRule& rule = policy_.detector.rule;
    if (rule == OverloadRule::LocalRegression || rule == OverloadRule::RobustLocalRegression)
      rule = OverloadRule::OrdinaryRegression;
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      drafts_[i].vms = centre.hosts()[i].vms;
      drafts_[i].available = centre.hosts()[i].available;
      drafts_[i].off = centre.hosts()[i].utilisation() == 0;
      recount(i);
    }
  }

  // The day's beginning: every VM counts with its full size, and memory and bandwidth bind.
  // Quirk: a VM that was just created asks for nothing yet, so few hosts count as overloaded.
  std::vector<Move> create() {
    std::vector<double> memory(drafts_.size());
    for (std::size_t i = 0; i < centre_.vms().size(); ++i) {
      const int index = static_cast<int>(i);
      const auto takes = [&](std::size_t at) {
        return memory[at] + vm(index).memory_mib <= host(at).kind->memory_mib &&
               drafts_[at].vms.size() < kVmsALink;
      };
      const int target = host_for(index, Phase::Relief, takes);
      if (target < 0)
        continue;
      memory[static_cast<std::size_t>(target)] += vm(index).memory_mib;
      put(index, target);
      drafts_[static_cast<std::size_t>(target)].demand = 0;
    }
    return moves_;
  }

  std::vector<Move> run() {
    for (std::size_t i = 0; i < drafts_.size(); ++i)
      drafts_[i].overloaded = overloaded(i, drafts_[i]);
    std::vector<int> leaving;
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      if (drafts_[i].overloaded)
        relieve(i, leaving);
    }
    place_all(leaving, Phase::Relief);
    // Quirk: the hosts just chosen are not kept out of what follows.
    empty_least_used();
    return moves_;
  }

 private:
  enum class Phase { Relief, Evacuation };
  const VmState& vm(int index) const { return centre_.vms()[static_cast<std::size_t>(index)]; }
  const HostState& host(std::size_t index) const { return centre_.hosts()[index]; }

  void add(std::size_t index, Draft& draft, int added) const {
    draft.demand += vm(added).requested;
    draft.used += std::min(vm(added).requested, host(index).kind->core_mips);
    draft.memory = std::max(draft.memory, vm(added).memory_mib);
    for (std::size_t i = 0; i < vm(added).samples; ++i)
      draft.history[i] += vm(added).history[i] * vm(added).mips / host(index).kind->capacity();
  }

  void recount(std::size_t index) {
    Draft& draft = drafts_[index];
    draft.demand = draft.used = draft.memory = 0;
    draft.history.fill(0);
    for (const int i : draft.vms)
      add(index, draft, i);
  }

  bool overloaded(std::size_t index, const Draft& draft) const {
    const double seconds = draft.memory / kMigrationMibPerSecond;
    return is_overloaded(policy_.detector, {draft.demand / host(index).kind->capacity(),
                                            draft.history, std::ceil(seconds / kSampleSeconds)});
  }

  void relieve(std::size_t index, std::vector<int>& leaving) {
    Draft& draft = drafts_[index];
    do {
      std::vector<VmLoad> loads;
      for (const int i : draft.vms)
        loads.push_back(
            {vm(i).utilisation * vm(i).mips / vm(i).mips, vm(i).memory_mib, vm(i).past()});
      const auto selected = select_vm(policy_.selection, loads, random_);
      if (!selected)
        return;
      leaving.push_back(draft.vms[*selected]);
      draft.vms.erase(draft.vms.begin() + static_cast<std::ptrdiff_t>(*selected));
      recount(index);
    } while (overloaded(index, draft));
  }

  // Quirk: looking whether a VM would overload the host adds up anew what its VMs leave, in
  // another order than before.
  void settle(std::size_t index) {
    Draft& draft = drafts_[index];
    if (draft.settled)
      return;
    draft.settled = true;
    draft.available = host(index).kind->capacity();
    const std::size_t buckets = grown(host(index).buckets, draft.vms.size() + 1);
    for (const std::size_t i : summing_order(draft.vms, centre_.vms(), buckets))
      draft.available -=
          std::min({vm(draft.vms[i]).requested, host(index).kind->core_mips, draft.available});
  }

  bool fits(std::size_t index, int added) {
    Draft& draft = drafts_[index];
    if (host(index).kind->core_mips < vm(added).requested || draft.available < vm(added).requested)
      return false;
    if (draft.used == 0 || policy_.kind == PolicyKind::Static)
      return true;  // quirk: the first VM of a host may overload it
    settle(index);
    Draft with;
    with.demand = draft.demand;
    with.memory = draft.memory;
    with.history = draft.history;
    add(index, with, added);
    return !overloaded(index, with);
  }

  // Quirk: the rise in power is reckoned from the use last measured, so that VMs placed there
  // since count as part of this VM's rise.
  template <class Takes>
  int host_for(int added, Phase phase, Takes takes) {
    int best = -1;
    double least = std::numeric_limits<double>::max();
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      const Draft& draft = drafts_[i];
      if (draft.overloaded || (phase == Phase::Evacuation && (draft.off || draft.emptied)))
        continue;
      const HostRoom room{&host(i).kind->power, host(i).kind->capacity(), draft.used,
                          host(i).kind->power.at(host(i).utilisation())};
      const double cost = aversion(policy_.placement, room, vm(added).requested);
      if (cost < least && takes(i) && fits(i, added)) {
        best = static_cast<int>(i);
        least = cost;
      }
    }
    return best;
  }

  void put(int added, int target) {
    Draft& draft = drafts_[static_cast<std::size_t>(target)];
    draft.vms.push_back(added);
    draft.settled = false;
    draft.available -= vm(added).requested;
    add(static_cast<std::size_t>(target), draft, added);
    moves_.push_back({added, target});
  }

  // Busiest first. False, in an evacuation, if one of them fits nowhere: then none moves.
  bool place_all(std::vector<int>& leaving, Phase phase) {
    std::stable_sort(leaving.begin(), leaving.end(), [&](int a, int b) {
      return vm(a).utilisation * vm(a).mips > vm(b).utilisation * vm(b).mips;
    });
    const std::size_t before = moves_.size();
    for (const int added : leaving) {
      const int target = host_for(added, phase, [](std::size_t) { return true; });
      if (target >= 0) {
        put(added, target);
      } else if (phase == Phase::Evacuation) {
        take_back(before);
        return false;
      }
    }
    return true;
  }

  void take_back(std::size_t before) {
    for (std::size_t i = before; i < moves_.size(); ++i) {
      const auto target = static_cast<std::size_t>(moves_[i].to);
      Draft& draft = drafts_[target];
      draft.vms.erase(std::find(draft.vms.begin(), draft.vms.end(), moves_[i].vm));
      draft.settled = false;
      settle(target);
      recount(target);
    }
    moves_.resize(before);
  }

  void empty_least_used() {
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < drafts_.size(); ++i) {
      const double use = host(i).utilisation();
      if (use > 0 && use < 1 && !drafts_[i].overloaded)
        order.push_back(i);
    }
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return host(a).utilisation() < host(b).utilisation();
    });
    for (const std::size_t index : order) {
      Draft& draft = drafts_[index];
      if (draft.chosen || draft.vms.empty())
        continue;
      draft.emptied = true;
      std::vector<int> leaving = draft.vms;
      const std::size_t before = moves_.size();
      place_all(leaving, Phase::Evacuation);
      for (std::size_t i = before; i < moves_.size(); ++i)
        drafts_[static_cast<std::size_t>(moves_[i].to)].chosen = true;
    }
  }

  const Centre& centre_;
  Policy policy_;
  Random& random_;
  std::vector<Draft> drafts_;
  std::vector<Move> moves_;
};

}  // namespace

std::vector<Move> create(const Centre& centre, const Policy& policy, Random& random) {
  return Planner(centre, policy, random).create();
}

std::vector<Move> plan(const Centre& centre, const Policy& policy, Random& random) {
  return Planner(centre, policy, random).run();
}

}  // namespace gv::cloudsim
