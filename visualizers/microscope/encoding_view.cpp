// SPDX-License-Identifier: MIT
//
// encoding_view.cpp - reads the bit fields. SDM vol. 2A, "ModR/M and SIB Bytes", "REX Prefixes".

#include "visualizers/microscope/encoding_view.h"

#include "visualizers/meaning/quantity.h"

#include <array>
#include <cstdio>

namespace gv {
namespace {

std::string bits_text(unsigned value, int width) {
  std::string text;
  for (int bit = width - 1; bit >= 0; --bit)
    text += (value >> bit & 1) != 0 ? '1' : '0';
  return text;
}

std::string byte_text(std::uint8_t value) {
  char text[4];
  std::snprintf(text, sizeof text, "%02x", value);
  return text;
}

std::string_view prefix_meaning(std::uint8_t byte) {
  switch (byte) {
    case 0xf0:
      return "LOCK";
    case 0xf2:
      return "REPNE";
    case 0xf3:
      return "REP";
    case 0x2e:
      return "CS";
    case 0x36:
      return "SS";
    case 0x3e:
      return "DS";
    case 0x26:
      return "ES";
    case 0x64:
      return "FS";
    case 0x65:
      return "GS";
    case 0x66:
      return "operand size";
    case 0x67:
      return "address size";
    default:
      return "prefix";
  }
}

// The operand that this field names, if it does.
const OperandRecord* named_in(const InstructionRecord& record, OperandPlace place) {
  for (const OperandRecord& operand : record.operands) {
    if (operand.place == place && !operand.implicit)
      return &operand;
  }
  return nullptr;
}

std::uint8_t byte_of(const InstructionRecord& record, InstructionEncoding::Field field) {
  return record.bytes[field.offset];
}

std::uint8_t rex_of(const InstructionRecord& record) {
  return record.encoding.rex.size > 0 ? byte_of(record, record.encoding.rex) : std::uint8_t{0};
}

std::int64_t value_of(const InstructionRecord& record, InstructionEncoding::Field field) {
  std::uint64_t value = 0;
  for (int i = std::min<int>(field.size, 8) - 1; i >= 0; --i)
    value = value << 8 | record.bytes[static_cast<std::size_t>(field.offset + i)];
  if (field.size > 0 && field.size < 8 && (value >> (8 * field.size - 1) & 1) != 0)
    value |= ~std::uint64_t{0} << (8 * field.size);
  return static_cast<std::int64_t>(value);
}

std::string mod_meaning(const InstructionRecord& record, unsigned mod, unsigned rm) {
  const bool wide = record.encoding.address_bytes > 2;
  switch (mod) {
    case 0:
      return rm == (wide ? 5U : 6U) ? "address alone" : "no disp";
    case 1:
      return "8-bit disp";
    case 2:
      return wide ? "32-bit disp" : "16-bit disp";
    default:
      return "a register";
  }
}

std::string rm_meaning(const InstructionRecord& record, unsigned mod, unsigned rm) {
  const int bytes = record.encoding.address_bytes;
  if (mod == 3) {
    const OperandRecord* operand = named_in(record, OperandPlace::ModrmRm);
    return operand != nullptr ? operand->text : "register " + std::to_string(rm);
  }
  if (bytes == 2) {
    static constexpr std::array<std::string_view, 8> kPairs = {"bx+si", "bx+di", "bp+si", "bp+di",
                                                               "si",    "di",    "bp",    "bx"};
    return mod == 0 && rm == 6 ? "disp16" : std::string(kPairs[rm]);
  }
  if (rm == 4)
    return "SIB follows";
  if (mod == 0 && rm == 5)
    return record.code_bits == 64 ? "rip+disp32" : "disp32";
  return register_name(static_cast<Gpr>(rm | (rex_of(record) & 1U) << 3), bytes);
}

std::vector<BitGroup> modrm_groups(const InstructionRecord& record) {
  const std::uint8_t byte = byte_of(record, record.encoding.modrm);
  const unsigned mod = byte >> 6, reg = byte >> 3 & 7U, rm = byte & 7U;
  const OperandRecord* operand = named_in(record, OperandPlace::ModrmReg);
  return {
      {bits_text(mod, 2), "mod: " + mod_meaning(record, mod, rm)},
      {bits_text(reg, 3), operand != nullptr ? "reg: " + operand->text
                                             : "reg: /" + std::to_string(reg) + ", of the opcode"},
      {bits_text(rm, 3), "r/m: " + rm_meaning(record, mod, rm)}};
}

std::vector<BitGroup> sib_groups(const InstructionRecord& record) {
  const std::uint8_t byte = byte_of(record, record.encoding.sib), rex = rex_of(record);
  const unsigned scale = byte >> 6, index = byte >> 3 & 7U, base = byte & 7U;
  const int bytes = record.encoding.address_bytes;
  const unsigned whole_index = index | (rex >> 1 & 1U) << 3;
  const bool no_base = base == 5 && byte_of(record, record.encoding.modrm) >> 6 == 0;
  return {{bits_text(scale, 2), "scale: × " + std::to_string(1U << scale)},
          {bits_text(index, 3),
           "index: " +
               (whole_index == 4 ? "none" : register_name(static_cast<Gpr>(whole_index), bytes))},
          {bits_text(base, 3),
           "base: " + (no_base ? "none, disp32"
                               : register_name(static_cast<Gpr>(base | (rex & 1U) << 3), bytes))}};
}

std::vector<BitGroup> rex_groups(const InstructionRecord& record) {
  const std::uint8_t rex = rex_of(record);
  return {{"0100", "REX"},
          {bits_text(rex >> 3 & 1U, 1), (rex & 8) != 0 ? "W: 64-bit" : "W"},
          {bits_text(rex >> 2 & 1U, 1), (rex & 4) != 0 ? "R: reg + 8" : "R"},
          {bits_text(rex >> 1 & 1U, 1), (rex & 2) != 0 ? "X: index + 8" : "X"},
          {bits_text(rex & 1U, 1), (rex & 1) != 0 ? "B: base + 8" : "B"}};
}

std::string operation_of(const InstructionRecord& record) {
  return record.text.substr(0, record.text.find(' '));
}

std::vector<BitGroup> groups_of(const InstructionRecord& record, EncodingPart part,
                                InstructionEncoding::Field field) {
  std::vector<BitGroup> groups;
  switch (part) {
    case EncodingPart::Prefixes:
      for (std::size_t i = 0; i < field.size; ++i) {
        const std::uint8_t byte = record.bytes[field.offset + i];
        groups.push_back({byte_text(byte), std::string(prefix_meaning(byte))});
      }
      return groups;
    case EncodingPart::Rex:
      return rex_groups(record);
    case EncodingPart::Opcode: {
      std::string bytes;
      for (std::size_t i = 0; i < field.size; ++i)
        bytes += (i > 0 ? " " : "") + byte_text(record.bytes[field.offset + i]);
      return {{bytes, operation_of(record)}};
    }
    case EncodingPart::ModRm:
      return modrm_groups(record);
    case EncodingPart::Sib:
      return sib_groups(record);
    case EncodingPart::Displacement:
      return {{signed_hex_text(value_of(record, field)), "added to the address"}};
    case EncodingPart::Immediate: {
      const OperandRecord* operand = named_in(record, OperandPlace::Immediate);
      const bool jump = operand != nullptr && !operand->before;
      return {{signed_hex_text(value_of(record, field)),
               jump ? "from the next instruction: " + operand->text : "a number in the code"}};
    }
  }
  return groups;
}

}  // namespace

std::vector<FieldView> make_encoding_view(const InstructionRecord& record) {
  struct Named {
    EncodingPart part;
    std::string_view name, short_name;
    InstructionEncoding::Field field;
  };
  const InstructionEncoding& e = record.encoding;
  const std::array<Named, 7> all = {{{EncodingPart::Prefixes, "prefix", "pre", e.prefixes},
                                     {EncodingPart::Rex, "REX", "rex", e.rex},
                                     {EncodingPart::Opcode, "opcode", "op", e.opcode},
                                     {EncodingPart::ModRm, "ModRM", "rm", e.modrm},
                                     {EncodingPart::Sib, "SIB", "sib", e.sib},
                                     {EncodingPart::Displacement, "disp", "d", e.displacement},
                                     {EncodingPart::Immediate, "imm", "i", e.immediate}}};
  std::vector<FieldView> fields;
  if (record.length == 0)
    return fields;
  for (const Named& named : all) {
    if (named.field.size == 0 ||
        std::size_t{named.field.offset} + named.field.size > record.bytes.size())
      continue;
    fields.push_back({named.part, named.name, named.short_name, named.field.offset,
                      named.field.size, groups_of(record, named.part, named.field)});
  }
  return fields;
}

std::string register_name(Gpr which, int bytes) {
  static constexpr std::array<std::string_view, 8> kWords = {"ax", "cx", "dx", "bx",
                                                             "sp", "bp", "si", "di"};
  static constexpr std::array<std::string_view, 8> kBytes = {"al",  "cl",  "dl",  "bl",
                                                             "spl", "bpl", "sil", "dil"};
  const auto number = static_cast<std::size_t>(which);
  if (number >= kWords.size()) {
    return "r" + std::to_string(number) +
           (bytes == 8   ? ""
            : bytes == 4 ? "d"
            : bytes == 2 ? "w"
                         : "b");
  }
  if (bytes == 1)
    return std::string(kBytes[number]);
  return (bytes == 8 ? "r" : bytes == 4 ? "e" : "") + std::string(kWords[number]);
}

std::string_view segment_name(SegmentName which) {
  static constexpr std::array<std::string_view, kSegmentCount> kNames = {"ES", "CS", "SS",
                                                                         "DS", "FS", "GS"};
  return kNames[static_cast<std::size_t>(which)];
}

std::string signed_hex_text(std::int64_t value) {
  return value < 0 ? "-" + hex_text(~static_cast<std::uint64_t>(value) + 1)
                   : "+" + hex_text(static_cast<std::uint64_t>(value));
}

}  // namespace gv
