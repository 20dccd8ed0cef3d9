// SPDX-License-Identifier: MIT
//
// shown_machine.cpp - queueing down, fetching up.

#include "workbench/shown_machine.h"

#include <algorithm>

namespace gv {

ShownMachine::ShownMachine() : snapshot_(std::make_shared<Snapshot>()) {}

void ShownMachine::show(std::shared_ptr<Session> session) {
  if (session == session_)
    return;
  session_ = std::move(session);
  snapshot_ = session_ ? session_->snapshot() : std::make_shared<Snapshot>();
  events_ = session_ ? session_->events() : EventView();
  pending_.clear();
  seek_in_flight_.reset();
  next_seek_.reset();
  requested_.reset();
}

bool ShownMachine::refresh() {
  if (!session_)
    return false;
  bool changed = false;
  for (Notice& notice : session_->take_notices()) {
    changed = true;
    std::erase_if(pending_, [&](const Pending& p) { return p.id == notice.command; });
    if (seek_in_flight_ == notice.command)
      seek_in_flight_.reset();
    if (notice.refused)
      refusals_.push_back(std::move(notice.text));
  }
  if (!seek_in_flight_ && next_seek_) {
    seek_in_flight_ = submit(Seek{*next_seek_});
    next_seek_.reset();
  }
  auto newest = session_->snapshot();
  if (newest->generation != snapshot_->generation) {
    changed = true;
    snapshot_ = std::move(newest);
    events_ = session_->events();
  }
  return changed;
}

void ShownMachine::want(const ViewRequest& wanted) {
  if (!session_ || (requested_ && *requested_ == wanted))
    return;
  requested_ = wanted;
  session_->submit(SetView{wanted});
}

bool ShownMachine::takes_moves() const {
  return !running() || (!pending_.empty() &&
                        std::all_of(pending_.begin(), pending_.end(),
                                    [](const Pending& p) { return p.ends_by_itself; }));
}

std::uint64_t ShownMachine::submit(Command command) {
  if (!session_)
    return 0;
  const bool moves =
      !std::holds_alternative<SetView>(command) && !std::holds_alternative<SetBreakpoints>(command);
  const bool ends_by_itself = std::holds_alternative<Step>(command) ||
                              std::holds_alternative<StepBack>(command) ||
                              std::holds_alternative<Seek>(command);
  const std::uint64_t id = session_->submit(std::move(command));
  if (moves)
    pending_.push_back({id, ends_by_itself});
  return id;
}

void ShownMachine::seek(std::uint64_t retired) {
  if (!session_)
    return;
  if (seek_in_flight_) {
    next_seek_ = retired;
  } else if (retired != snapshot_->position.retired) {
    seek_in_flight_ = submit(Seek{retired});
  }
}

std::string ShownMachine::console(std::uint64_t from) const {
  return session_ ? session_->console(from) : std::string();
}

const std::vector<Symbol>& ShownMachine::symbols() const {
  static const std::vector<Symbol> kNone;
  return session_ ? session_->symbols() : kNone;
}

std::string ShownMachine::symbolize(Gva address) const {
  return session_ ? session_->symbolize(address) : std::string();
}

std::vector<std::string> ShownMachine::take_refusals() { return std::exchange(refusals_, {}); }

}  // namespace gv
