// SPDX-License-Identifier: MIT
//
// ring.h - a domain's page of shared memory: requests one way, replies the other.
//
// Two rings of 1024 bytes with free-running indices, each side writing its
// own. A pure function over the page's bytes: who maps the page and who sends
// the event channel's notification is the caller's business. The guest may
// write anything anywhere; indices that cannot be are answered with an error
// in the page, and the connection is ignored.
//
// Source: xen/io/xs_wire.h, xenstore_domain_interface; Xen's
// docs/misc/xenstore-ring.txt. Threads: the store's owner.

#pragma once

#include "xen/xenstore/connection.h"

namespace gv::xenstore {

inline constexpr std::size_t kRingPageBytes = sizeof(xenstore_domain_interface);

// The guest's interface page, or its beginning. The size says that it is as long as that.
using RingPage = std::span<std::uint8_t, kRingPageBytes>;

// What the store offers, written when a domain is introduced: reconnection and the error field.
void announce_features(RingPage page);

struct RingTraffic {
  std::size_t taken = 0;  // request bytes
  std::size_t given = 0;  // bytes of replies and events
  bool reconnected = false;
  // The guest waits for one whenever its page has changed.
  bool notify() const { return taken + given > 0 || reconnected; }
};

// Moves what can be moved, both ways, until nothing more does: after an event from the guest, and
// after anything that may have fired one of its watches.
RingTraffic exchange(RingPage page, Connection& connection);

}  // namespace gv::xenstore
