// SPDX-License-Identifier: MIT

#include "engine/interpreter/cpu.h"

#include "engine/interpreter/block_cache.h"
#include "x86/exceptions.h"

namespace gv::interpreter {

using namespace x86;

Cpu::Cpu(MachineMemory& memory, P2m seen, BlockCache& code)
    : machine_(memory), code_(code), view_(memory, std::move(seen)), walker_(view_) {
  // Reset, but for CS: where a guest starts is its loader's to say.
  cr0 = cr0::ET;
  for (SegmentRegister& s : segments) {
    s.value = real_mode_segment(0);
  }
  ldtr.value = {.selector = 0, .base = 0, .limit = 0xffff, .attributes = 0x82};
  tr.value = {.selector = 0, .base = 0, .limit = 0xffff, .attributes = 0x8b};
  mode_changed();
}

void Cpu::mode_changed() {
  const SegmentRegister& cs = segment(SegmentName::Cs);
  in_64_bit_mode_ = long_mode() && cs.is_long();
  code_size_ = in_64_bit_mode_ ? CodeSize::Bits64
               : cs.is_big()   ? CodeSize::Bits32
                               : CodeSize::Bits16;
  linear_mask_ = in_64_bit_mode_ ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  stack_mask_ = in_64_bit_mode_                     ? ~std::uint64_t{0}
                : segment(SegmentName::Ss).is_big() ? std::uint64_t{0xffffffff}
                                                    : std::uint64_t{0xffff};
  for (int i = 0; i < kSegmentCount; ++i) {
    const auto name = static_cast<SegmentName>(i);
    segment(name).work_out_bounds(in_64_bit_mode_,
                                  name == SegmentName::Fs || name == SegmentName::Gs);
  }
}

void Cpu::set_gpr_part(Gpr which, std::uint64_t value, int bytes) {
  std::uint64_t& whole = gpr(which);
  switch (bytes) {
    case 1:
      whole = (whole & ~std::uint64_t{0xff}) | (value & 0xff);
      break;
    case 2:
      whole = (whole & ~std::uint64_t{0xffff}) | (value & 0xffff);
      break;
    case 4:
      whole = value & 0xffffffff;
      break;
    default:
      whole = value;
      break;
  }
}

void Cpu::set_sp(std::uint64_t value) {
  std::uint64_t& whole = gpr(Gpr::Sp);
  whole =
      stack_mask_ == 0xffff ? (whole & ~stack_mask_) | (value & stack_mask_) : value & stack_mask_;
}

std::uint64_t Cpu::code_version() const { return code_.withdrawn_blocks(); }

bool Cpu::fault(std::uint8_t vector, std::uint32_t error) {
  outcome = Outcome::Fault;
  exit = Faulted{vector, error, Gva(0)};
  return false;
}

bool Cpu::general_protection(std::uint32_t error) { return fault(kGeneralProtection, error); }

bool Cpu::invalid_opcode() {
  outcome = Outcome::Fault;
  exit = InvalidOpcode{};
  return false;
}

bool Cpu::refuse_segment(SegmentName name) {
  return fault(name == SegmentName::Ss ? kStackFault : kGeneralProtection);
}

Tlb::Entry* Cpu::translate(std::uint64_t at, AccessKind kind, bool user, SegmentName blame) {
  if (!canonical(at)) {
    refuse_segment(blame);
    return nullptr;
  }
  const AccessLevel level = user ? AccessLevel::User : AccessLevel::Supervisor;
  const PagingMode mode = paging();
  const PageWalk walk = walker_.walk(mode, Gva(at), kind, level, SetAccessedDirty::Yes);
  if (walk.outcome != WalkOutcome::Mapped && walk.outcome != WalkOutcome::PagingOff) {
    cr2 = at;
    outcome = Outcome::Fault;
    exit =
        Faulted{kPageFault, PageWalker::error_code(walk, kind, level, mode.no_execute()), Gva(at)};
    return nullptr;
  }
  // From here on "physical" is the machine's: what identifies the bytes.
  const auto frame = view_.translate(Gpa(walk.physical & ~kPageOffsetMask));
  const std::uint64_t page = frame ? frame->value : walk.physical & ~kPageOffsetMask;
  const std::uint64_t tag = tlb_.tag_of(at);
  Tlb::Entry& entry = tlb_.entry(at, user);
  // What the last walk of this very page allowed goes on being allowed.
  const bool same_page = (entry.read_tag == tag || entry.execute_tag == tag ||
                          entry.checked_write_tag == tag || entry.write_tag == tag) &&
                         entry.physical == page;
  if (!same_page) {
    entry = Tlb::Entry{};
    entry.physical = page;
    entry.host = frame ? machine_.at(*frame) : nullptr;
  }
  if (entry.host == nullptr) {
    return &entry;  // no memory there: each access goes to the bus
  }
  if (kind == AccessKind::Execute) {
    entry.execute_tag = tag;
  } else {
    entry.read_tag = tag;
  }
  if (kind == AccessKind::Write) {
    const bool holds_code = code_.has_code(page);
    entry.write_tag = holds_code ? Tlb::kNoTag : tag;
    entry.checked_write_tag = holds_code ? tag : Tlb::kNoTag;
  }
  if (!watch.ranges().empty() && watch.watches_frame_of(Mpa(page))) {
    entry.read_tag = entry.write_tag = entry.checked_write_tag = Tlb::kNoTag;
  }
  return &entry;
}

bool Cpu::read_slowly(std::uint64_t at, void* out, std::size_t bytes, bool user,
                      SegmentName blame) {
  auto* to = static_cast<std::uint8_t*>(out);
  const std::uint64_t mask = long_mode() ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  while (bytes > 0) {
    const std::size_t chunk = std::min<std::size_t>(bytes, kPageSize - (at & kPageOffsetMask));
    const Tlb::Entry* entry = translate(at, AccessKind::Read, user, blame);
    if (entry == nullptr) {
      return false;
    }
    if (entry->host != nullptr) {
      std::memcpy(to, entry->host + (at & kPageOffsetMask), chunk);
      note_access(*entry, at, chunk, Direction::Read);
    } else {
      std::memset(to, 0xff, chunk);  // an empty bus floats high
    }
    to += chunk;
    bytes -= chunk;
    at = (at + chunk) & mask;
  }
  return true;
}

// REQUIRES: while memory is watched every instruction runs alone, so that the count is exact.
void Cpu::note_access(const Tlb::Entry& entry, std::uint64_t at, std::size_t bytes,
                      Direction direction) {
  if (!watch.ranges().empty()) {
    watch.note({retired, retired + 1, retired + added, Mpa(entry.physical | (at & kPageOffsetMask)),
                static_cast<std::uint32_t>(bytes), direction});
  }
}

void Cpu::write_physical(const Tlb::Entry& entry, std::uint64_t at, const void* from,
                         std::size_t bytes) {
  if (entry.host == nullptr) {
    return;
  }
  const std::uint64_t offset = at & kPageOffsetMask;
  std::memcpy(entry.host + offset, from, bytes);
  note_access(entry, at, bytes, Direction::Write);
  if (code_.has_code(entry.physical)) {
    code_.written(entry.physical + offset, bytes);
  }
}

bool Cpu::write_slowly(std::uint64_t at, const void* from, std::size_t bytes, bool user,
                       SegmentName blame) {
  const std::uint64_t offset = at & kPageOffsetMask;
  const std::size_t first = std::min<std::size_t>(bytes, kPageSize - offset);
  if (first == bytes) {
    Tlb::Entry& known = tlb_.entry(at, user);
    Tlb::Entry* entry = known.checked_write_tag == tlb_.tag_of(at)
                            ? &known
                            : translate(at, AccessKind::Write, user, blame);
    if (entry == nullptr) {
      return false;
    }
    write_physical(*entry, at, from, bytes);
    return true;
  }
  // Both pages must agree before either is written. The second walk may take the first's slot.
  const std::uint64_t mask = long_mode() ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  const std::uint64_t next = (at + first) & mask;
  const Tlb::Entry* low = translate(at, AccessKind::Write, user, blame);
  if (low == nullptr) {
    return false;
  }
  const Tlb::Entry low_copy = *low;
  const Tlb::Entry* high = translate(next, AccessKind::Write, user, blame);
  if (high == nullptr) {
    return false;
  }
  const auto* bytes_from = static_cast<const std::uint8_t*>(from);
  const Tlb::Entry high_copy = *high;
  write_physical(low_copy, at, bytes_from, first);
  write_physical(high_copy, next, bytes_from + first, bytes - first);
  return true;
}

bool Cpu::writable(SegmentName name, std::uint64_t offset, std::size_t bytes) {
  if (!segment(name).allows_write(offset, bytes)) {
    return refuse_segment(name);
  }
  const std::uint64_t at = linear(name, offset);
  const std::size_t first = std::min<std::size_t>(bytes, kPageSize - (at & kPageOffsetMask));
  const auto ready = [&](std::uint64_t page) {
    const Tlb::Entry& entry = tlb_.entry(page, user_);
    const std::uint64_t tag = tlb_.tag_of(page);
    return entry.write_tag == tag || entry.checked_write_tag == tag ||
           translate(page, AccessKind::Write, user_, name) != nullptr;
  };
  return ready(at) && (first == bytes || ready((at + first) & linear_mask_));
}

const Tlb::Entry* Cpu::fetch_page(std::uint64_t at) {
  const Tlb::Entry& known = tlb_.entry(at, user_);
  if (known.execute_tag == tlb_.tag_of(at)) [[likely]] {
    return &known;
  }
  const Tlb::Entry* entry = translate(at, AccessKind::Execute, user_, SegmentName::Cs);
  if (entry != nullptr && entry->host == nullptr) {
    outcome = Outcome::Fault;
    exit = MachineMemoryMissed{Mpa(entry->physical + (at & kPageOffsetMask)), Direction::Read};
    return nullptr;
  }
  return entry;
}

std::size_t Cpu::fetch_slowly(std::uint8_t* out, std::size_t bytes) {
  std::size_t got = 0;
  while (got < bytes) {
    const std::uint64_t at = (code_linear() + got) & linear_mask_;
    const Tlb::Entry* entry = fetch_page(at);
    if (entry == nullptr) {
      break;
    }
    const std::uint64_t offset = at & kPageOffsetMask;
    const std::size_t chunk = std::min<std::size_t>(bytes - got, kPageSize - offset);
    std::memcpy(out + got, entry->host + offset, chunk);
    got += chunk;
  }
  return got;
}

std::size_t Cpu::peek(std::uint64_t at, void* out, std::size_t bytes) {
  auto* to = static_cast<std::uint8_t*>(out);
  std::size_t done = 0;
  while (done < bytes) {
    const PageWalk walk = walker_.walk(paging(), Gva(at + done), AccessKind::Read,
                                       AccessLevel::Supervisor, SetAccessedDirty::No);
    const bool reached =
        walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff;
    const auto machine = reached ? view_.translate(Gpa(walk.physical)) : std::nullopt;
    if (!machine) {
      break;
    }
    const std::size_t chunk =
        std::min<std::size_t>(bytes - done, kPageSize - ((at + done) & kPageOffsetMask));
    std::memcpy(to + done, machine_.at(*machine), chunk);
    done += chunk;
  }
  return done;
}

}  // namespace gv::interpreter
