// SPDX-License-Identifier: MIT

#include "session/stop_watch.h"

namespace gv {

namespace {

// Patterns are tried on one line of the console; longer ones are cut at the front.
constexpr std::size_t kLongestLine = 1024;

template <class Body>
constexpr std::uint32_t kind_bit() {
  return 1u << EventBody(Body{}).index();
}

bool same_exit(const OnExit& wanted, const ExitTaken& exit) {
  return wanted.reason == exit.reason && (!wanted.mnemonic || *wanted.mnemonic == exit.mnemonic) &&
         (!wanted.qualification || *wanted.qualification == exit.qualification);
}

}  // namespace

Position position_after_exit(Machine& machine) {
  Position here = machine.position();
  if (!machine.at_boundary()) {
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

void StopWatch::add(const std::vector<Breakpoint>& breakpoints) {
  for (const Breakpoint& breakpoint : breakpoints) {
    if (breakpoint.enabled) {
      breakpoints_.push_back(breakpoint);
    }
  }
}

void StopWatch::arm() {
  std::vector<Gva> addresses;
  for (const Breakpoint& breakpoint : breakpoints_) {
    if (const auto* at = std::get_if<AtAddress>(&breakpoint.where)) {
      addresses.push_back(at->address);
    }
  }
  machine_.engine().watch(addresses);
}

bool StopWatch::hit(const Breakpoint& breakpoint, const Event* exit) {
  if (breakpoint.condition) {
    const RegisterFile registers = machine_.technique().registers();
    const Ledger ledger = machine_.ledger();
    if (!breakpoint.condition(StopProbe{registers, exit, machine_.position(), ledger})) {
      return false;
    }
  }
  if (hits_ != nullptr) {
    hits_->emplace_back(position_after_exit(machine_), breakpoint.id);
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

bool StopWatch::stop_after_exit(std::uint32_t kinds) {
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
    if (here && hit(breakpoint, exit)) {
      return true;
    }
  }
  if (pattern_ && (kinds & kind_bit<ConsoleWritten>()) != 0 && look_at_console()) {
    console_matched_ = true;
    return true;
  }
  return false;
}

bool StopWatch::stop_at_address() {
  const Gva here = machine_.technique().linear_rip();
  for (const Breakpoint& breakpoint : breakpoints_) {
    const auto* at = std::get_if<AtAddress>(&breakpoint.where);
    if (at != nullptr && at->address == here && hit(breakpoint, nullptr)) {
      return true;
    }
  }
  return false;
}

}  // namespace gv
