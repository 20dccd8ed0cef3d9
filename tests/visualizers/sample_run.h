// SPDX-License-Identifier: MIT
//
// sample_run.h - events and a snapshot made up to test geometry and models.
//
// Only tests use it: what the program shows always comes from a real run.

#pragma once

#include "gv/event_log.h"
#include "gv/snapshot.h"
#include "visualizers/panel.h"

#include <string>
#include <vector>

namespace gv::testing {

class EventList {
 public:
  void add(EventBody body, std::uint64_t instructions, std::uint64_t cycles, std::uint64_t rip);
  EventView view(std::uint64_t end = ~std::uint64_t{0}) const;
  std::uint64_t size() const { return size_; }
  Position position() const { return {retired_, cycles_, size_}; }

 private:
  std::vector<std::shared_ptr<EventChunk>> chunks_;
  std::uint64_t size_ = 0, retired_ = 0, cycles_ = 0;
};

// A kernel that boots, takes hidden and true faults, prints, and serves system calls; `events` long
// at least.
EventList sample_events(std::uint64_t events);
Snapshot sample_snapshot(const EventList& events, TechniqueKind technique);

struct SampleGuest : GuestText {
  std::string console(std::uint64_t from) const override {
    return text.substr(std::min<std::size_t>(from, text.size()));
  }
  const std::vector<Symbol>& symbols() const override { return none; }
  std::string symbolize(Gva address) const override {
    return address.value >= 0x100000 ? "switch_address_space+0x1c" : "";
  }
  std::string text =
      "tinykernel: paging on, 3 processes\n[init] hello from ring 3\n[worker] counted to 1000\n"
      "[init] page 0x00403000 was not there, now it is\n$ ";
  std::vector<Symbol> none;
};

struct CommandList : CommandSink {
  std::uint64_t submit(Command command) override {
    all.push_back(std::move(command));
    return all.size();
  }
  std::vector<Command> all;
};

}  // namespace gv::testing
