// SPDX-License-Identifier: MIT

#include "technique/deprivileged/shadow_gdt.h"

#include "x86/descriptor.h"

#include <algorithm>

namespace gv {

using namespace x86;

namespace {

constexpr std::uint8_t kGuestKernelRing = 1;

// The descriptor as the deprivileged kernel may load it; zero is absent.
std::uint64_t deprivilege(std::uint64_t raw) {
  Descriptor d = parse_descriptor(raw);
  if (!d.present || !d.code_or_data) {
    return 0;
  }
  if (d.dpl == 0) {
    d.dpl = kGuestKernelRing;
  }
  // Set beforehand: the table is mapped read-only, and the CPU would write it.
  d.type = static_cast<std::uint8_t>(d.type | segment_type::kAccessed);
  return pack_descriptor(d);
}

bool is_user_code(std::uint64_t raw) {
  const Descriptor d = parse_descriptor(raw);
  return d.present && d.is_code() && d.dpl == 3;
}

std::uint64_t without_present(std::uint64_t raw) {
  Descriptor d = parse_descriptor(raw);
  d.present = false;
  return pack_descriptor(d);
}

}  // namespace

void ShadowGdt::reserve(std::uint16_t selector, std::uint64_t descriptor) {
  const std::uint16_t offset = selector_offset(selector);
  reserved_limit_ = static_cast<std::uint16_t>(offset + 7);
  machine_.store(kernel_copy_ + offset, descriptor);
  machine_.store(user_copy_ + offset, descriptor);
}

bool ShadowGdt::update(const DescriptorTableRegister& guest, const LinearMemory& memory) {
  const std::uint32_t bytes = std::min<std::uint32_t>(guest.limit + 1u, kShadowGdtBytes) & ~7u;
  bool changed = false;
  std::uint64_t table[64];
  for (std::uint32_t at = 0; at < bytes; at += sizeof table) {
    const std::uint32_t chunk = std::min<std::uint32_t>(bytes - at, sizeof table);
    const auto got = static_cast<std::uint32_t>(memory.peek(Gva(guest.base + at), table, chunk));
    for (std::uint32_t i = 0; i < chunk; i += 8) {
      if (reserved_limit_ != 0 && at + i + 7 == reserved_limit_) {
        continue;
      }
      const std::uint64_t raw = i + 8 <= got ? table[i / 8] : 0;
      const std::uint64_t user = deprivilege(raw);
      const std::uint64_t kernel = is_user_code(user) ? without_present(user) : user;
      const Mpa slot = user_copy_ + at + i;
      if (machine_.load<std::uint64_t>(slot) != user) {
        machine_.store(slot, user);
        changed = true;
      }
      machine_.store(kernel_copy_ + at + i, kernel);
    }
  }
  const auto limit = static_cast<std::uint16_t>(bytes == 0 ? 0 : bytes - 1);
  changed = changed || limit != limit_;
  limit_ = limit;
  return changed;
}

}  // namespace gv
