// SPDX-License-Identifier: MIT

#include "engine/block_counter.h"

#include "x86/decode.h"

#include <algorithm>

namespace gv {

namespace {

x86::CodeSize code_size(int bits) {
  switch (bits) {
    case 16:
      return x86::CodeSize::Bits16;
    case 64:
      return x86::CodeSize::Bits64;
    default:
      return x86::CodeSize::Bits32;
  }
}

bool is_prefix(std::uint8_t byte) {
  switch (byte) {
    case 0x26:
    case 0x2e:
    case 0x36:
    case 0x3e:
    case 0x64:
    case 0x65:
    case 0x66:
    case 0x67:
    case 0xf0:
    case 0xf2:
    case 0xf3:
      return true;
    default:
      return false;
  }
}

constexpr std::uint8_t reg_field(std::uint8_t modrm) { return (modrm >> 3) & 7; }
constexpr bool between(std::uint8_t value, std::uint8_t low, std::uint8_t high) {
  return value >= low && value <= high;
}

// Of an instruction 0F `second` `modrm`.
bool is_intercepted(std::uint8_t second, std::uint8_t modrm, const Intercepts& intercepts) {
  switch (second) {
    case 0xa2:
      return intercepts.cpuid;
    case 0x30:
    case 0x32:
      return intercepts.msrs;
    case 0x06:
    case 0x20:
    case 0x22:
      return intercepts.control_registers;
    case 0x01:  // LMSW; INVLPG has a memory operand, SWAPGS and RDTSCP have none
      return (reg_field(modrm) == 6 && intercepts.control_registers) ||
             (reg_field(modrm) == 7 && modrm < 0xc0 && intercepts.invlpg);
    default:
      return false;
  }
}

// One instruction's opcode bytes, looked at for what concerns the counter. The
// opcode maps are few enough to read from the bytes; a full decode per new
// block would cost more than its translation.
void classify(const std::uint8_t* bytes, std::size_t size, int bits, std::uint16_t offset,
              std::int32_t index, const Intercepts& intercepts, BlockFacts& facts) {
  std::size_t at = offset;
  while (at < size && is_prefix(bytes[at])) {
    ++at;
  }
  if (bits == 64 && at < size && (bytes[at] & 0xf0) == 0x40) {
    ++at;  // REX
  }
  const auto byte = [&](std::size_t i) -> std::uint8_t { return i < size ? bytes[i] : 0; };
  const std::uint8_t opcode = byte(at);
  facts.ends_with_shadow = false;
  if (between(opcode, 0xe4, 0xe7) || between(opcode, 0xec, 0xef) || between(opcode, 0x6c, 0x6f)) {
    facts.has_port_io = true;
    facts.port_offsets.push_back(offset);
    facts.port_indices.push_back(index);
  } else if (between(opcode, 0xd8, 0xdf)) {
    facts.uses_fpu = true;
  } else if (opcode == 0xfb) {  // STI
    facts.may_change_if = true;
    facts.ends_with_shadow = true;
  } else if (opcode == 0x9d) {  // POPF
    facts.may_change_if = true;
  } else if (opcode == 0xcf) {  // IRET
    facts.may_change_if = true;
    facts.may_change_mode = true;
  } else if (opcode == 0x17 || (opcode == 0x8e && reg_field(byte(at + 1)) == 2)) {  // SS
    facts.ends_with_shadow = true;
    facts.may_change_mode = true;
  } else if (opcode == 0xea || opcode == 0x9a || opcode == 0xcb || opcode == 0xca ||
             (opcode == 0xff && (reg_field(byte(at + 1)) == 3 || reg_field(byte(at + 1)) == 5))) {
    facts.may_change_mode = true;  // far transfers
  } else if (opcode == 0x0f) {
    const std::uint8_t second = byte(at + 1);
    if (is_intercepted(second, byte(at + 2), intercepts) && facts.intercept_index < 0) {
      facts.intercept_index = index;
    }
    if (second == 0x31 || second == 0x23 || (second == 0x01 && byte(at + 2) == 0xf9)) {
      // RDTSC, MOV DR and RDTSCP
      if (facts.intercept_index < 0) {
        facts.intercept_index = index;
      }
    } else if (second == 0x22 || second == 0x01 || second == 0x00 || second == 0x30) {
      facts.may_change_mode = true;  // MOV CR, LGDT and its group, LLDT and its group, WRMSR
    } else if (second == 0x05 || second == 0x07) {  // SYSCALL and SYSRET; else LOADALL and nothing
      facts.may_change_mode = facts.may_change_if = true;
    } else if (between(second, 0x10, 0x17) || between(second, 0x28, 0x2f) ||
               between(second, 0x50, 0x7f) || second == 0xc2 || between(second, 0xc4, 0xc6) ||
               second >= 0xd0 || second == 0xae) {
      facts.uses_fpu = true;
    }
  }
}

}  // namespace

BlockFacts read_block(const std::uint8_t* bytes, std::size_t size, int bits,
                      const Intercepts& intercepts) {
  const x86::BlockScan scan = x86::scan_block(bytes, size, code_size(bits));
  BlockFacts facts;
  // Bytes that are no instruction end a block with #UD: at least one callback, one entry.
  facts.count = std::max<std::int32_t>(1, static_cast<std::int32_t>(scan.instructions));
  for (std::size_t i = 0; i < scan.offsets.size(); ++i) {
    classify(bytes, size, bits, scan.offsets[i], static_cast<std::int32_t>(i), intercepts, facts);
  }
  return facts;
}

std::vector<std::uint16_t> instruction_offsets(const std::uint8_t* bytes, std::size_t size,
                                               int bits) {
  return x86::scan_block(bytes, size, code_size(bits)).offsets;
}

std::int32_t count_instructions(const std::uint8_t* bytes, std::size_t size, int bits) {
  return static_cast<std::int32_t>(x86::scan_block(bytes, size, code_size(bits)).instructions);
}

const BlockFacts* BlockCounter::facts(BlockKey key) const {
  const auto found = facts_.find(key);
  return found == facts_.end() ? nullptr : &found->second;
}

const BlockFacts* BlockCounter::remember(BlockKey key, BlockFacts facts) {
  BlockFacts& kept = facts_[key];
  kept = std::move(facts);
  if (!kept.needs_attention()) {
    slots_[slot_of(key)] = {key, kept.count, static_cast<std::uint32_t>(kept.added)};
  }
  return &kept;
}

void BlockCounter::code_translated(BlockKey key, const BlockFacts& facts) {
  const BlockFacts* known = this->facts(key);
  if (known != nullptr && !(*known == facts)) {
    clear();
  }
  if (known == nullptr || facts_.empty()) {
    remember(key, facts);
  }
}

void BlockCounter::forget(std::uint64_t first, std::uint64_t end) {
  std::erase_if(facts_, [&](const auto& known) {
    const std::uint64_t begins = known.first & 0xffffffffu;
    const std::uint64_t size = (known.first >> 32) & 0x7fff;
    if (begins >= end || begins + size <= first) {
      return false;
    }
    Slot& slot = slots_[slot_of(known.first)];
    if (slot.key == known.first) {
      slot = Slot{};
    }
    return true;
  });
}

std::int32_t BlockFacts::added_before(std::int32_t instructions) const {
  if (added == 0) {
    return 0;
  }
  const auto end = retires.begin() + std::min<std::ptrdiff_t>(instructions, std::ssize(retires));
  return static_cast<std::int32_t>(std::count(retires.begin(), end, false));
}

void BlockCounter::clear() {
  slots_.fill(Slot{});
  facts_.clear();
}

}  // namespace gv
