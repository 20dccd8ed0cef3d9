// SPDX-License-Identifier: MIT

#include "xen/scheduler.h"

#include <algorithm>

namespace gv::xen {

namespace {

constexpr std::uint32_t kTicksPerAccounting = Scheduler::kSlice / Scheduler::kTick;
constexpr auto kMostCredit = static_cast<std::int64_t>(Scheduler::kSlice);

}  // namespace

Scheduler::Id Scheduler::add(DomainId domain) {
  entries_.push_back({.domain = domain});
  return static_cast<Id>(entries_.size() - 1);
}

const Scheduler::DomainShare* Scheduler::find(DomainId domain) const {
  const auto it = std::find_if(shares_.begin(), shares_.end(),
                               [domain](const DomainShare& s) { return s.domain == domain; });
  return it == shares_.end() ? nullptr : &*it;
}

Scheduler::Share Scheduler::share(DomainId domain) const {
  const DomainShare* found = find(domain);
  return found != nullptr ? found->share : Share{};
}

void Scheduler::set_share(DomainId domain, Share share) {
  if (const DomainShare* found = find(domain)) {
    shares_[static_cast<std::size_t>(found - shares_.data())].share = share;
  } else {
    shares_.push_back({domain, share});
  }
}

Scheduler::Priority Scheduler::priority(const Entry& entry) const {
  if (kind_ == SchedulerKind::RoundRobin) {
    return Priority::Under;
  }
  return entry.boosted ? Priority::Boost : entry.over ? Priority::Over : Priority::Under;
}

bool Scheduler::wake(Id vcpu) {
  Entry& entry = entries_[vcpu];
  if (entry.runnable) {
    return false;
  }
  entry.runnable = entry.active = true;
  entry.queued = next_place_++;
  // A new one has not waited for anything.
  entry.boosted = kind_ == SchedulerKind::Credit && !entry.over && !entry.parked && entry.ran > 0;
  return entry.boosted;
}

void Scheduler::block(Id vcpu) {
  entries_[vcpu].runnable = false;
  entries_[vcpu].boosted = false;
}

void Scheduler::charge(Id vcpu, Cycles ran) {
  Entry& entry = entries_[vcpu];
  entry.ran += ran;
  entry.slice_used += ran;
  entry.credit -= static_cast<std::int64_t>(ran);
  entry.active = entry.active || ran > 0;
}

void Scheduler::advance(Cycles now, std::optional<Id> running) {
  for (; next_tick_ <= now; next_tick_ += kTick) {
    // Boost is for the beginning; who goes on running is like any other.
    if (running) {
      entries_[*running].boosted = false;
    }
    if (++ticks_ == kTicksPerAccounting) {
      ticks_ = 0;
      account();
    }
  }
}

void Scheduler::account() {
  if (kind_ == SchedulerKind::RoundRobin) {
    return;
  }
  // Who has wanted the CPU since the last time shares in what there is.
  const auto active_of = [&](DomainId domain) {
    return std::count_if(entries_.begin(), entries_.end(), [&](const Entry& entry) {
      return entry.domain == domain && entry.active;
    });
  };
  struct Claim {
    DomainId domain;
    Share share;
    std::int64_t given = 0;
  };
  std::vector<Claim> claims;
  for (const Entry& entry : entries_) {
    const bool known = std::any_of(claims.begin(), claims.end(),
                                   [&](const Claim& c) { return c.domain == entry.domain; });
    if (entry.active && !known) {
      claims.push_back({entry.domain, share(entry.domain)});
    }
  }
  // By weight; what a cap leaves over goes to the others, by weight again.
  std::int64_t left = kMostCredit;
  std::vector<Claim*> open;
  for (Claim& claim : claims) {
    open.push_back(&claim);
  }
  for (bool capped = true; capped && !open.empty();) {
    capped = false;
    std::int64_t weights = 0;
    for (const Claim* claim : open) {
      weights += std::max(claim->share.weight, 1u);
    }
    const std::int64_t pool = left;
    for (Claim* claim : open) {
      claim->given = pool * std::max(claim->share.weight, 1u) / weights;
      const std::int64_t ceiling = kMostCredit * claim->share.cap / 100;
      if (claim->share.cap != 0 && claim->given > ceiling) {
        claim->given = ceiling;
        left -= ceiling;
        claim->share.weight = 0;  // settled
        capped = true;
      }
    }
    std::erase_if(open, [](const Claim* claim) { return claim->share.weight == 0; });
  }
  const std::int64_t bound = kMostCredit * std::max<std::int64_t>(std::ssize(entries_), 1);
  for (const Claim& claim : claims) {
    const bool capped = share(claim.domain).cap != 0;
    const std::int64_t each = claim.given / active_of(claim.domain);
    for (Entry& entry : entries_) {
      if (entry.domain != claim.domain || !entry.active) {
        continue;
      }
      // A hoard or a debt is bounded; a capped one may not save up at all.
      entry.credit = std::clamp(entry.credit + each, -bound, capped ? claim.given : bound);
      entry.over = entry.credit < 0;
      entry.parked = capped && entry.over;
      entry.active = entry.runnable;
    }
  }
}

std::optional<Scheduler::Id> Scheduler::pick(std::optional<Id> running) const {
  std::optional<Id> best;
  for (Id i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[i];
    if (!entry.runnable || entry.parked || i == running) {
      continue;
    }
    const auto rank = [&](const Entry& e) { return std::pair(priority(e), e.queued); };
    if (!best || rank(entry) < rank(entries_[*best])) {
      best = i;
    }
  }
  if (!running || !entries_[*running].runnable || entries_[*running].parked) {
    return best;
  }
  if (!best) {
    return running;
  }
  const Priority waits = priority(entries_[*best]), runs = priority(entries_[*running]);
  return waits < runs || (slice_over(*running) && waits <= runs) ? best : running;
}

std::optional<Cycles> Scheduler::next_instant(Id running, Cycles now) const {
  const auto waits = [&](const Entry& entry) {
    return entry.runnable && &entry != &entries_[running];
  };
  const bool anybody = std::any_of(entries_.begin(), entries_.end(), waits);
  const Entry& current = entries_[running];
  const bool capped = current.runnable && share(current.domain).cap != 0;
  if (!anybody && !capped && !current.parked) {
    return std::nullopt;
  }
  Cycles at = next_tick_;
  if (anybody && current.runnable) {
    at = std::min(at, now + kSlice - std::min(current.slice_used, kSlice));
  }
  return at;
}

void Scheduler::start(Id vcpu) {
  entries_[vcpu].yielded = false;
  entries_[vcpu].slice_used = 0;
  entries_[vcpu].queued = next_place_++;
}

void Scheduler::yield(Id vcpu) {
  entries_[vcpu].slice_used = kSlice;
  entries_[vcpu].yielded = true;
}

void Scheduler::save(StateWriter& out) const {
  out.u32(static_cast<std::uint32_t>(entries_.size()));
  for (const Entry& entry : entries_) {
    out.u16(entry.domain);
    for (const bool flag :
         {entry.runnable, entry.boosted, entry.over, entry.parked, entry.active, entry.yielded}) {
      out.flag(flag);
    }
    out.u64(static_cast<std::uint64_t>(entry.credit));
    out.u64(entry.ran);
    out.u64(entry.slice_used);
    out.u64(entry.queued);
  }
  out.u32(static_cast<std::uint32_t>(shares_.size()));
  for (const DomainShare& share : shares_) {
    out.u16(share.domain);
    out.u32(share.share.weight);
    out.u32(share.share.cap);
  }
  out.u64(next_place_);
  out.u64(next_tick_);
  out.u32(ticks_);
}

void Scheduler::restore(StateReader& in) {
  entries_.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    Entry entry;
    entry.domain = in.u16();
    for (bool* flag : {&entry.runnable, &entry.boosted, &entry.over, &entry.parked, &entry.active,
                       &entry.yielded}) {
      *flag = in.flag();
    }
    entry.credit = static_cast<std::int64_t>(in.u64());
    entry.ran = in.u64();
    entry.slice_used = in.u64();
    entry.queued = in.u64();
    entries_.push_back(entry);
  }
  shares_.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    const DomainId domain = in.u16();
    const std::uint32_t weight = in.u32();
    shares_.push_back({domain, {weight, in.u32()}});
  }
  next_place_ = in.u64();
  next_tick_ = in.u64();
  ticks_ = in.u32();
}

}  // namespace gv::xen
