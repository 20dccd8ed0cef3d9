// SPDX-License-Identifier: MIT

#include "engine/interpreter/instruction_reader.h"

namespace gv::interpreter {

namespace {

constexpr std::uint64_t mask_of(int bytes) {
  return bytes == 8 ? ~std::uint64_t{0} : (std::uint64_t{1} << (8 * bytes)) - 1;
}
constexpr std::uint8_t slot(Gpr which) { return static_cast<std::uint8_t>(which); }

}  // namespace

InstructionReader::InstructionReader(const std::uint8_t* bytes, std::size_t available,
                                     x86::CodeSize size)
    : bytes_(bytes), available_(available), size_(size) {
  op_.handler = &undefined;
}

std::uint8_t InstructionReader::byte() {
  if (at_ >= x86::kLongestInstruction) {
    too_long_ = true;
    return 0;
  }
  if (at_ >= available_) {
    needs_more_ = true;
    return 0;
  }
  return bytes_[at_++];
}

std::uint64_t InstructionReader::little_endian(int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value |= std::uint64_t{byte()} << (8 * i);
  }
  return value;
}

void InstructionReader::prefixes_and_opcode() {
  const bool wide = size_ == x86::CodeSize::Bits64;
  bool address_prefix = false;
  bool more = true;
  const auto segment = [&](SegmentName name) {
    // 64-bit mode ignores the overrides of segments that have no base there.
    if (!wide || name == SegmentName::Fs || name == SegmentName::Gs) {
      op_.segment = name;
      override_ = true;
    }
  };
  while (more) {
    opcode_ = byte();
    switch (opcode_) {
      case 0x26:
        segment(SegmentName::Es);
        break;
      case 0x2e:
        segment(SegmentName::Cs);
        break;
      case 0x36:
        segment(SegmentName::Ss);
        break;
      case 0x3e:
        segment(SegmentName::Ds);
        break;
      case 0x64:
        segment(SegmentName::Fs);
        break;
      case 0x65:
        segment(SegmentName::Gs);
        break;
      case 0x66:
        operand_prefix_ = true;
        break;
      case 0x67:
        address_prefix = true;
        break;
      case 0xf0:
        locked_ = true;
        break;
      case 0xf2:
        op_.repeat = Repeat::WhileNotEqual;
        break;
      case 0xf3:
        op_.repeat = Repeat::WhileEqual;
        break;
      default:
        more = false;
        break;
    }
    more = more && !too_long_ && !needs_more_;
  }
  encoding_.prefixes = {0, static_cast<std::uint8_t>(at_ > 0 ? at_ - 1 : 0)};
  if (wide && (opcode_ & 0xf0) == 0x40) {
    rex_ = opcode_;
    encoding_.rex = {static_cast<std::uint8_t>(at_ - 1), 1};
    opcode_ = byte();
  }
  encoding_.opcode = {static_cast<std::uint8_t>(at_ > 0 ? at_ - 1 : 0), 1};
  if (opcode_ == 0x0f) {
    two_byte_ = true;
    opcode_ = next();
  }
  operand_bytes_ = (size_ == x86::CodeSize::Bits16) != operand_prefix_ ? 2 : 4;
  if (rex_w()) {
    operand_bytes_ = 8;
  }
  address_bytes_ = wide                                                 ? (address_prefix ? 4 : 8)
                   : (size_ == x86::CodeSize::Bits16) != address_prefix ? 2
                                                                        : 4;
  op_.operand_bytes = static_cast<std::uint8_t>(operand_bytes_);
  op_.address_mask = mask_of(address_bytes_);
}

std::uint8_t InstructionReader::next() {
  ++encoding_.opcode.size;
  return byte();
}

void InstructionReader::default_64() {
  if (size_ == x86::CodeSize::Bits64) {
    operand_bytes_ = operand_prefix_ && !rex_w() ? 2 : 8;
    op_.operand_bytes = static_cast<std::uint8_t>(operand_bytes_);
  }
}

void InstructionReader::modrm(int bytes) {
  encoding_.modrm = {static_cast<std::uint8_t>(at_), 1};
  modrm_ = byte();
  reg_ = static_cast<std::uint8_t>(((modrm_ >> 3) & 7) | ((rex_ & 4) << 1));
  rm_ = with_rex_b(modrm_ & 7);
  if (modrm_ >= 0xc0) {
    op_.destination = place(rm_, bytes);
    return;
  }
  op_.memory_operand = true;
  if (address_bytes_ == 2) {
    memory_16();
  } else {
    memory_32();
  }
}

void InstructionReader::read_displacement(int bytes) {
  if (bytes == 0) {
    return;
  }
  encoding_.displacement = {static_cast<std::uint8_t>(at_), static_cast<std::uint8_t>(bytes)};
  const std::uint64_t raw = little_endian(bytes);
  const int unused = 64 - 8 * bytes;
  op_.displacement = static_cast<std::int64_t>(raw << unused) >> unused;
}

// SDM vol. 2A, "16-Bit Addressing Forms with the ModR/M Byte".
void InstructionReader::memory_16() {
  static constexpr Gpr kBase[8] = {Gpr::Bx, Gpr::Bx, Gpr::Bp, Gpr::Bp,
                                   Gpr::Si, Gpr::Di, Gpr::Bp, Gpr::Bx};
  const int mod = modrm_ >> 6;
  const int rm = modrm_ & 7;
  if (mod == 0 && rm == 6) {
    read_displacement(2);
    return;
  }
  op_.base = slot(kBase[rm]);
  if (rm < 4) {
    op_.index = slot((rm & 1) != 0 ? Gpr::Di : Gpr::Si);
  }
  if (kBase[rm] == Gpr::Bp) {
    default_segment(SegmentName::Ss);
  }
  read_displacement(mod);
}

// SDM vol. 2A, "32-Bit Addressing Forms with the ModR/M Byte" and "... the SIB Byte".
void InstructionReader::memory_32() {
  const int mod = modrm_ >> 6;
  std::uint8_t base = modrm_ & 7;
  bool has_base = true;
  if (base == 4) {
    encoding_.sib = {static_cast<std::uint8_t>(at_), 1};
    const std::uint8_t sib = byte();
    const auto index = static_cast<std::uint8_t>(((sib >> 3) & 7) | ((rex_ & 2) << 2));
    if (index != 4) {
      op_.index = index;
      op_.scale_shift = sib >> 6;
    }
    base = sib & 7;
    has_base = base != 5 || mod != 0;
  } else if (base == 5 && mod == 0) {
    has_base = false;
    if (size_ == x86::CodeSize::Bits64) {
      op_.base = kRipSlot;
    }
  }
  if (has_base) {
    op_.base = with_rex_b(base);
    if (op_.base == slot(Gpr::Sp) || op_.base == slot(Gpr::Bp)) {
      default_segment(SegmentName::Ss);
    }
  }
  read_displacement(mod == 1 ? 1 : mod == 2 || !has_base ? 4 : 0);
}

void InstructionReader::memory_at_offset(int bytes) {
  encoding_.displacement = {static_cast<std::uint8_t>(at_),
                            static_cast<std::uint8_t>(address_bytes_)};
  const std::uint64_t offset = little_endian(address_bytes_);
  op_.memory_operand = true;
  op_.operand_bytes = static_cast<std::uint8_t>(bytes);
  op_.displacement = static_cast<std::int64_t>(offset);
}

void InstructionReader::far_pointer_load(SegmentName segment) {
  modrm(operand_bytes_);
  if (!memory()) {
    return;
  }
  destination_from_reg(operand_bytes_);
  op_.extra = static_cast<std::uint8_t>(segment);
  use(&load_far_pointer);
  op_.ends_block = segment == SegmentName::Ss;
}

void InstructionReader::read_immediate(int bytes, bool sign_extend) {
  if (encoding_.immediate.size == 0) {
    encoding_.immediate.offset = static_cast<std::uint8_t>(at_);
  }
  encoding_.immediate.size = static_cast<std::uint8_t>(encoding_.immediate.size + bytes);
  const std::uint64_t raw = little_endian(bytes);
  const int unused = 64 - 8 * bytes;
  op_.immediate =
      sign_extend ? static_cast<std::uint64_t>(static_cast<std::int64_t>(raw << unused) >> unused)
                  : raw;
}

Decoded InstructionReader::finish() {
  if ((locked_ && !lock_allowed_) || op_.handler == nullptr) {
    op_.handler = &undefined;
  }
  if (op_.handler == &undefined) {
    op_.ends_block = true;
    op_.stands_alone = false;
  }
  op_.length = static_cast<std::uint8_t>(std::max<std::size_t>(at_, 1));
  encoding_.length = op_.length;
  encoding_.operand_bytes = op_.operand_bytes;
  encoding_.address_bytes = static_cast<std::uint8_t>(address_bytes_);
  return {op_, encoding_, needs_more_};
}

}  // namespace gv::interpreter
