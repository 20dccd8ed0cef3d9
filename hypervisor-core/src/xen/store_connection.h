// SPDX-License-Identifier: MIT
//
// store_connection.h - a XenStore's end of one domain's ring.
//
// Xen's part is to say when to look: after the guest's event, and when it gives the CPU away.
// What the page's bytes mean is the store's business. A domain without a connection finds its
// requests unanswered, as on a real Xen without a xenstored.
//
// Control thread only.

#pragma once

#include <cstdint>
#include <span>

namespace gv::xen {

class StoreConnection {
 public:
  virtual ~StoreConnection() = default;
  // Moves requests and replies through the page, both ways. Whether the guest has to be told.
  virtual bool serve(std::span<std::uint8_t> ring_page) = 0;
};

}  // namespace gv::xen
