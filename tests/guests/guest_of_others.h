// SPDX-License-Identifier: MIT
//
// guest_of_others.h - guests from Debian's packages, and where they can run.
//
// Nobody here wrote them, so they are used as they are installed. A machine
// without the package skips aloud, and scripts/setup installs them.

#pragma once

#include "gv/machine_config.h"
#include "gv/session.h"

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

namespace gv::testing {

// Where a guest runs.
struct Place {
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::BareMetal;
};
// "HardwareAssistedOnKvm": test names hold letters and digits only.
std::string identifier(const Place& place);
inline void PrintTo(const Place& place, std::ostream* out) {
  *out << title_of(place.engine, place.technique);
}

// One guest in a session that runs in pieces, so that the screen can be looked at in between.
class RunningGuest {
 public:
  // Empty, with a recorded skip: the package or the engine is not there. Only KVM may be missing.
  static std::unique_ptr<RunningGuest> start(const std::string& name, const Place& place,
                                             std::uint64_t memory_mib = 32);

  Session& session() { return *session_; }
  const Snapshot& snapshot() const { return *snapshot_; }
  // The screen as lines; and everything that it shows, for messages.
  std::string row(int number) const;
  std::string screen() const;

  // About `milliseconds` of the guest's time.
  void run(double milliseconds);
  // Until `wanted` holds, looking every `step` milliseconds of the guest's time, at most `times`.
  bool run_until(const std::function<bool()>& wanted, double step, int times);

 private:
  RunningGuest(std::unique_ptr<Session> session, Place place);
  std::unique_ptr<Session> session_;
  Place place_;
  std::shared_ptr<const Snapshot> snapshot_;
};

}  // namespace gv::testing
