// SPDX-License-Identifier: MIT

#include "session/stop_watch.h"

#include "devices/pic_8259.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv {

namespace {

// Patterns are tried on one line of the console; longer ones are cut at the front.
constexpr std::size_t kLongestLine = 1024;

template <class Body>
constexpr std::uint64_t kind_bit() {
  return std::uint64_t{1} << EventBody(Body{}).index();
}

bool same_exit(const OnExit& wanted, const ExitTaken& exit) {
  return wanted.reason == exit.reason && (!wanted.mnemonic || *wanted.mnemonic == exit.mnemonic) &&
         (!wanted.qualification || *wanted.qualification == exit.qualification);
}

}  // namespace

Position position_after_exit(Machine& machine) {
  Position here = machine.position();
  if (machine.inside_block()) {
    ++here.retired;  // its first instant; the events so far lie before it
    here.events = 0;
  }
  return here;
}

Result<void> StopWatch::wait_for_console(const std::string& pattern) {
  try {
    pattern_.emplace(pattern, std::regex::ECMAScript | std::regex::optimize);
  } catch (const std::regex_error& error) {
    return Error{ErrorCode::InvalidInput,
                 "'" + pattern + "' is no regular expression: " + error.what()};
  }
  console_seen_ = machine_.console_bytes();
  return {};
}

Result<void> StopWatch::add(const std::vector<Breakpoint>& breakpoints) {
  for (const Breakpoint& breakpoint : breakpoints) {
    if (!breakpoint.enabled) {
      continue;
    }
    breakpoints_.push_back(breakpoint);
    if (const auto* memory = std::get_if<OnMemory>(&breakpoint.where)) {
      GV_TRY(look_up(*memory, breakpoints_.size() - 1));
    }
  }
  return {};
}

Result<void> StopWatch::look_up(const OnMemory& memory, std::size_t index) {
  if (memory.bytes == 0 || memory.bytes > kMostWatchedBytes) {
    return Error{ErrorCode::InvalidInput, fmt::format("{} bytes cannot be watched; watch 1 to {}",
                                                      memory.bytes, kMostWatchedBytes)};
  }
  const PagingMode paging = machine_.technique().paging();
  const PageWalker walker(machine_.memory());
  const std::uint64_t mask = paging.long_mode() ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  for (std::uint32_t done = 0; done < memory.bytes;) {
    const Gva at((memory.address.value + done) & mask);
    const PageWalk walk =
        walker.walk(paging, at, AccessKind::Read, AccessLevel::Supervisor, SetAccessedDirty::No);
    const bool mapped =
        walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff;
    const auto frame = mapped ? machine_.memory().translate(Gpa(walk.physical)) : std::nullopt;
    if (!frame) {
      return Error{ErrorCode::InvalidInput,
                   fmt::format("{:#010x} has no memory behind it now; watch it once the guest has "
                               "mapped it",
                               at.value)};
    }
    const auto chunk = static_cast<std::uint32_t>(
        std::min<std::uint64_t>(memory.bytes - done, kPageSize - at.page_offset()));
    memory_.push_back({{*frame, chunk, memory.what}, index});
    done += chunk;
  }
  return {};
}

bool StopWatch::arm() {
  std::vector<Gva> addresses;
  for (const Breakpoint& breakpoint : breakpoints_) {
    if (const auto* at = std::get_if<AtAddress>(&breakpoint.where)) {
      addresses.push_back(at->address);
    }
  }
  std::vector<WatchedRange> ranges;
  for (const WatchedMemory& watched : memory_) {
    ranges.push_back(watched.range);
  }
  machine_.engine().watch(addresses);
  const bool possible = machine_.engine().watch_memory(ranges);
  machine_.memory().watch().set(std::move(ranges));
  return possible;
}

void StopWatch::disarm(Machine& machine) {
  machine.engine().watch({});
  machine.engine().watch_memory({});
  machine.memory().watch().set({});
}

bool StopWatch::hit(const Breakpoint& breakpoint, const Event* exit, const Hit& here) {
  if (breakpoint.condition) {
    const RegisterFile registers = machine_.technique().registers();
    const Ledger ledger = machine_.ledger();
    if (!breakpoint.condition(StopProbe{registers, exit, machine_.position(), ledger})) {
      return false;
    }
  }
  if (hits_ != nullptr) {
    hits_->push_back(here);
    return false;
  }
  breakpoint_ = breakpoint.id;
  return true;
}

bool StopWatch::look_at_console() {
  bool matched = false;
  for (const char byte : machine_.console_text(console_seen_)) {
    ++console_seen_;
    line_.push_back(byte);
    if (line_.size() > kLongestLine) {
      line_.erase(0, line_.size() - kLongestLine);
    }
    matched = matched || std::regex_search(line_, *pattern_);
    if (byte == '\n') {
      line_.clear();
    }
  }
  return matched;
}

bool StopWatch::stop_after_exit(std::uint64_t kinds) {
  const bool exited = (kinds & kind_bit<ExitTaken>()) != 0;
  const Event* exit = exited ? &machine_.last_exit() : nullptr;
  for (const Breakpoint& breakpoint : breakpoints_) {
    bool here = false;
    if (const auto* on_exit = std::get_if<OnExit>(&breakpoint.where)) {
      here = exited && same_exit(*on_exit, std::get<ExitTaken>(exit->body));
    } else if (std::get_if<OnAnyExit>(&breakpoint.where) != nullptr) {
      here = exited;
    } else if (const auto* kind = std::get_if<OnEventKind>(&breakpoint.where)) {
      here = kind->kind >= 0 && kind->kind < kEventKindCount && ((kinds >> kind->kind) & 1) != 0;
    }
    if (here && hit(breakpoint, exit, {position_after_exit(machine_), breakpoint.id})) {
      stopped_after_exit_ = true;
      return true;
    }
  }
  if (pattern_ && (kinds & kind_bit<ConsoleWritten>()) != 0 && look_at_console()) {
    console_matched_ = stopped_after_exit_ = true;
    return true;
  }
  return false;
}

bool StopWatch::stop_at_address() {
  const Gva here = machine_.technique().linear_rip();
  for (const Breakpoint& breakpoint : breakpoints_) {
    const auto* at = std::get_if<AtAddress>(&breakpoint.where);
    if (at != nullptr && at->address == here &&
        hit(breakpoint, nullptr, {machine_.position(), breakpoint.id})) {
      return true;
    }
  }
  return false;
}

void StopWatch::look_at_address_now() {
  const bool interrupted =
      machine_.technique().interrupts_enabled() && machine_.interrupt_pending();
  if (!interrupted && machine_.at_boundary()) {
    stop_at_address();
  }
}

bool StopWatch::stop_at_touch(const MemoryTouch& touch) {
  for (const WatchedMemory& watched : memory_) {
    const Breakpoint& breakpoint = breakpoints_[watched.breakpoint];
    if (!touched_at_ && touches(watched.range, touch) &&
        hit(breakpoint, nullptr, {{touch.before, 0, 0}, breakpoint.id, true})) {
      touched_at_ = touch.retired;
      return true;
    }
  }
  return false;
}

}  // namespace gv
