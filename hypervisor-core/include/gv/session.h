// SPDX-License-Identifier: MIT
//
// session.h - one machine, its control thread and its history.
//
// Commands go down, events and notices come up, immutable snapshots go across.
// A session owns exactly one thread, and only that thread touches the machine.
// Sessions are values passed in: two in one process do not know of each other.
//
// Threads: every method may be called from any thread.

#pragma once

#include "gv/command.h"
#include "gv/event_log.h"
#include "gv/machine_config.h"
#include "gv/result.h"
#include "gv/snapshot.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gv {

struct Symbol {
  Gva address;
  std::uint32_t size = 0;
  std::string name;
};

class Session {
 public:
  // Loads the image and stops before the first instruction.
  static Result<std::unique_ptr<Session>> create(MachineConfig config);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Queues a command. Pause takes effect at once, also in the middle of a Run.
  std::uint64_t submit(Command command);
  // All notices since the last call.
  std::vector<Notice> take_notices();
  // Submits, waits for the notice and returns it: the headless way. Its notice is not queued.
  Notice perform(Command command);

  // The newest published snapshot; never null.
  std::shared_ptr<const Snapshot> snapshot() const;
  // The events of this timeline up to the furthest instant explored.
  EventView events() const;
  // The guest's console text up to the current position, from byte `from` on.
  std::string console(std::uint64_t from = 0) const;
  // The same of a domain of a Xen host, by its number.
  std::string domain_console(std::uint16_t domain, std::uint64_t from = 0) const;
  // Hash over everything recorded so far up to the current position.
  std::uint64_t event_log_hash() const;

  const MachineConfig& config() const;
  const std::vector<Symbol>& symbols() const;  // by address; from the image's ELF symbol table
  // "timer_interrupt+0x1c", or empty.
  std::string symbolize(Gva address) const;

  // Writes the events so far as a trace file (trace/trace_file.h). Error names the path.
  Result<void> write_trace(const std::string& path) const;

 private:
  struct Implementation;
  explicit Session(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv
