// SPDX-License-Identifier: MIT

#include "xen/call.h"

#include "xen/public_headers.h"

#include <algorithm>

namespace gv::xen {

bool Call::is_self(DomainId id) { return id == DOMID_SELF || id == domain().id; }

Domain* Call::domain_named(DomainId id) { return is_self(id) ? &domain() : xen().find(id); }

bool Call::read_bytes(std::uint64_t from, void* out, std::size_t bytes) {
  if (bytes == 0) {
    return true;
  }
  const std::uint64_t last = from + bytes - 1;
  return last >= from && is_guest_address(domain().width, from) &&
         is_guest_address(domain().width, last) &&
         !guest().linear().read(Gva(from), out, bytes, guest().kernel_level());
}

bool Call::write_bytes(std::uint64_t to, const void* from, std::size_t bytes) {
  if (bytes == 0) {
    return true;
  }
  const std::uint64_t last = to + bytes - 1;
  if (last < to || !is_guest_address(domain().width, to) ||
      !is_guest_address(domain().width, last)) {
    return false;
  }
  const AccessLevel level = guest().kernel_level();
  const LinearMemory memory = guest().linear();
  const auto* source = static_cast<const std::uint8_t*>(from);
  PageWalker walker(guest().context().memory);
  while (bytes > 0) {
    const Gva at(to);
    const std::size_t chunk = std::min<std::size_t>(bytes, kPageSize - at.page_offset());
    if (memory.write(at, source, chunk, level)) {
      return false;
    }
    const PageWalk walk =
        walker.walk(guest().paging(), at, AccessKind::Write, level, SetAccessedDirty::No);
    xen().host().memory_written(Mpa(walk.physical), chunk);
    to += chunk;
    source += chunk;
    bytes -= chunk;
  }
  return true;
}

bool Call::write_word(std::uint64_t to, std::uint64_t value) {
  return write_bytes(to, &value, word_bytes());
}

std::optional<std::uint64_t> Call::read_word(std::uint64_t from) {
  std::uint64_t value = 0;
  return read_bytes(from, &value, word_bytes()) ? std::optional(value) : std::nullopt;
}

}  // namespace gv::xen
