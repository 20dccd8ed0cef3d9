// SPDX-License-Identifier: MIT

#include "xen/grants.h"

namespace gv::xen {

void GrantTable::save(StateWriter& out) const {
  out.u32(static_cast<std::uint32_t>(frames.size()));
  for (const Mfn frame : frames) {
    out.u32(frame.number);
  }
  out.u32(static_cast<std::uint32_t>(active.size()));
  for (const auto& [reference, grant] : active) {
    out.u32(reference);
    out.u16(grant.user);
    out.u32(grant.frame.number);
    out.u32(grant.readers);
    out.u32(grant.writers);
  }
  out.u32(static_cast<std::uint32_t>(mappings.size()));
  for (const auto& [handle, mapping] : mappings) {
    out.u32(handle);
    out.u16(mapping.granter);
    out.u32(mapping.reference);
    out.flag(mapping.writable);
  }
  out.u32(next_handle);
}

void GrantTable::restore(StateReader& in) {
  frames.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    frames.emplace_back(in.u32());
  }
  active.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    ActiveGrant& grant = active[in.u32()];
    grant.user = in.u16();
    grant.frame = Mfn(in.u32());
    grant.readers = in.u32();
    grant.writers = in.u32();
  }
  mappings.clear();
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) {
    GrantMapping& mapping = mappings[in.u32()];
    mapping.granter = in.u16();
    mapping.reference = in.u32();
    mapping.writable = in.flag();
  }
  next_handle = in.u32();
}

}  // namespace gv::xen
