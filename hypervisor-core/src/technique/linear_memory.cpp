// SPDX-License-Identifier: MIT

#include "technique/linear_memory.h"

#include <algorithm>

namespace gv {

namespace {

bool reached(const PageWalk& walk) {
  return walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff;
}

std::size_t to_page_end(Gva address, std::size_t bytes) {
  return std::min<std::size_t>(bytes, kPageSize - address.page_offset());
}

}  // namespace

std::optional<PageWalk> LinearMemory::read(Gva address, void* out, std::size_t bytes,
                                           AccessLevel level) const {
  auto* to = static_cast<std::uint8_t*>(out);
  while (bytes > 0) {
    const std::size_t chunk = to_page_end(address, bytes);
    const PageWalk walk =
        walker_.walk(mode_, address, AccessKind::Read, level, SetAccessedDirty::Yes);
    if (!reached(walk)) {
      return walk;
    }
    memory_.read(Gpa(walk.physical), to, chunk);
    to += chunk;
    bytes -= chunk;
    address = address + chunk;
  }
  return std::nullopt;
}

std::optional<PageWalk> LinearMemory::write(Gva address, const void* from, std::size_t bytes,
                                            AccessLevel level) const {
  const auto* source = static_cast<const std::uint8_t*>(from);
  while (bytes > 0) {
    const std::size_t chunk = to_page_end(address, bytes);
    const PageWalk walk =
        walker_.walk(mode_, address, AccessKind::Write, level, SetAccessedDirty::Yes);
    if (!reached(walk)) {
      return walk;
    }
    memory_.write_for_guest(Gpa(walk.physical), source, chunk);
    source += chunk;
    bytes -= chunk;
    address = address + chunk;
  }
  return std::nullopt;
}

std::size_t LinearMemory::peek(Gva address, void* out, std::size_t bytes) const {
  auto* to = static_cast<std::uint8_t*>(out);
  std::size_t done = 0;
  while (done < bytes) {
    const Gva at = wrapped(address.value + done);
    const PageWalk walk =
        walker_.walk(mode_, at, AccessKind::Read, AccessLevel::Supervisor, SetAccessedDirty::No);
    if (!reached(walk) || !memory_.translate(Gpa(walk.physical))) {
      break;
    }
    const std::size_t chunk = to_page_end(at, bytes - done);
    memory_.read(Gpa(walk.physical), to + done, chunk);
    done += chunk;
  }
  return done;
}

std::size_t LinearMemory::poke(Gva address, const void* from, std::size_t bytes) const {
  const auto* source = static_cast<const std::uint8_t*>(from);
  std::size_t done = 0;
  while (done < bytes) {
    const Gva at = wrapped(address.value + done);
    const PageWalk walk =
        walker_.walk(mode_, at, AccessKind::Read, AccessLevel::Supervisor, SetAccessedDirty::No);
    if (!reached(walk) || !memory_.translate(Gpa(walk.physical))) {
      break;
    }
    const std::size_t chunk = to_page_end(at, bytes - done);
    memory_.write(Gpa(walk.physical), source + done, chunk);
    done += chunk;
  }
  return done;
}

}  // namespace gv
