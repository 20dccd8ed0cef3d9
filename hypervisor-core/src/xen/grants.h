// SPDX-License-Identifier: MIT
//
// grants.h - a domain's grants: the frames where it writes them, and who holds one.
//
// A domain writes into its grant table which of its frames another domain may reach. The table
// is shared memory that it may change at any time; what a mapping was made of is therefore kept
// here, out of its reach. Version 1.
//
// A value. Source: Xen's public header grant_table.h. Control thread only.

#pragma once

#include "gv/address.h"
#include "gv/device.h"
#include "xen/identity.h"

#include <cstdint>
#include <map>
#include <vector>

namespace gv::xen {

inline constexpr std::uint32_t kMostGrantFrames = 32;
inline constexpr std::uint32_t kGrantsPerFrame = 512;  // of 8 bytes, version 1

// One of this domain's grants while others use it.
struct ActiveGrant {
  DomainId user = 0;
  Mfn frame;
  std::uint32_t readers = 0, writers = 0;  // mappings
};

// A mapping that this domain has made of another's grant; its number is the handle.
struct GrantMapping {
  DomainId granter = 0;
  std::uint32_t reference = 0;
  bool writable = false;
};

struct GrantTable {
  std::vector<Mfn> frames;
  std::map<std::uint32_t, ActiveGrant> active;     // by reference
  std::map<std::uint32_t, GrantMapping> mappings;  // by handle
  std::uint32_t next_handle = 0;

  std::uint32_t entries() const {
    return static_cast<std::uint32_t>(frames.size()) * kGrantsPerFrame;
  }
  // REQUIRES: reference < entries().
  Mpa entry(std::uint32_t reference) const {
    return base_of(frames[reference / kGrantsPerFrame]) + (reference % kGrantsPerFrame) * 8;
  }
  void save(StateWriter& out) const;
  void restore(StateReader& in);
};

}  // namespace gv::xen
