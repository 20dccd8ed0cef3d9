// SPDX-License-Identifier: MIT

#include "memory/guest_memory.h"

#include <algorithm>
#include <cstring>

namespace gv {

std::optional<Mpa> GuestMemory::translate(Gpa address) const {
  const auto mfn = p2m_.lookup(frame_of(address));
  if (address.frame_number() > UINT32_MAX || !mfn) {
    return std::nullopt;
  }
  return base_of(*mfn) + address.page_offset();
}

std::uint8_t* GuestMemory::frame(Gfn gfn) {
  const auto mfn = p2m_.lookup(gfn);
  return mfn ? machine_.at(base_of(*mfn)) : nullptr;
}

const std::uint8_t* GuestMemory::frame(Gfn gfn) const {
  const auto mfn = p2m_.lookup(gfn);
  return mfn ? machine_.at(base_of(*mfn)) : nullptr;
}

void GuestMemory::read(Gpa address, void* out, std::size_t bytes) const {
  auto* to = static_cast<std::uint8_t*>(out);
  while (bytes > 0) {
    const std::size_t chunk = std::min<std::size_t>(bytes, kPageSize - address.page_offset());
    if (const auto machine = translate(address)) {
      std::memcpy(to, machine_.at(*machine), chunk);
    } else {
      std::memset(to, 0xff, chunk);
    }
    to += chunk;
    bytes -= chunk;
    address = address + chunk;
  }
}

void GuestMemory::write(Gpa address, const void* from, std::size_t bytes) {
  const auto* source = static_cast<const std::uint8_t*>(from);
  while (bytes > 0) {
    const std::size_t chunk = std::min<std::size_t>(bytes, kPageSize - address.page_offset());
    if (const auto machine = translate(address)) {
      std::memcpy(machine_.at(*machine), source, chunk);
    }
    source += chunk;
    bytes -= chunk;
    address = address + chunk;
  }
}

void GuestMemory::note_write(Gpa address, std::size_t bytes) {
  while (bytes > 0) {
    const std::size_t chunk = std::min<std::size_t>(bytes, kPageSize - address.page_offset());
    if (const auto machine = translate(address)) {
      watch_.note({0, 0, 0, *machine, static_cast<std::uint32_t>(chunk), Direction::Write});
    }
    bytes -= chunk;
    address = address + chunk;
  }
}

}  // namespace gv
