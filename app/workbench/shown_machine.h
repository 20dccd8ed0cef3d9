// SPDX-License-Identifier: MIT
//
// shown_machine.h - the session on the screen, as a frame may use it.
//
// Everything here returns at once: commands are queued, snapshots and events
// are the newest that were published. A drag along the time bar can ask for a
// hundred places a second, so seeks are coalesced: one at a time, the latest wins.
//
// Threads: GUI thread.

#pragma once

#include "visualizers/panel.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gv {

class ShownMachine : public CommandSink, public GuestText {
 public:
  ShownMachine();

  void show(std::shared_ptr<Session> session);  // null: no machine yet
  Session* session() const { return session_.get(); }
  const std::shared_ptr<Session>& shared_session() const { return session_; }

  // Once a frame: fetches what is new. True when the picture must be drawn again.
  bool refresh();
  // After the panels have drawn: asks for the views that they want.
  void want(const ViewRequest& wanted);

  const Snapshot& snapshot() const { return *snapshot_; }
  const EventView& events() const { return events_; }
  bool running() const { return session_ && snapshot_->state == RunState::Running; }
  // Whether a further step or seek would be carried out: nothing runs, or only such do.
  bool takes_moves() const;
  bool ended() const { return snapshot_->state == RunState::Ended; }
  // Commands that have no answer yet; SetView and SetBreakpoints are not counted.
  bool waiting() const { return !pending_.empty() || next_seek_.has_value(); }

  std::uint64_t submit(Command command) override;
  void seek(std::uint64_t retired);
  std::string console(std::uint64_t from) const override;
  const std::vector<Symbol>& symbols() const override;
  std::string symbolize(Gva address) const override;

  // Refusals since the last call, to be shown as messages.
  std::vector<std::string> take_refusals();

 private:
  std::shared_ptr<Session> session_;
  std::shared_ptr<const Snapshot> snapshot_;
  EventView events_;
  struct Pending {
    std::uint64_t id = 0;
    bool ends_by_itself = false;  // a step or a seek
  };
  std::vector<Pending> pending_;
  std::optional<std::uint64_t> seek_in_flight_, next_seek_;
  std::optional<ViewRequest> requested_;
  std::vector<std::string> refusals_;
};

}  // namespace gv
