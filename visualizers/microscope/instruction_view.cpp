// SPDX-License-Identifier: MIT
//
// instruction_view.cpp - puts a record into rows.

#include "visualizers/microscope/instruction_view.h"

#include "gv/overloaded.h"
#include "visualizers/meaning/quantity.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <variant>

namespace gv {
namespace {

constexpr std::string_view kUnknown = "?";

struct FlagBit {
  int bit;
  std::string_view name, meaning;
};
// SDM vol. 1, "EFLAGS Register".
constexpr std::array<FlagBit, 9> kFlags = {{{0, "CF", "carry"},
                                            {2, "PF", "parity"},
                                            {4, "AF", "auxiliary carry"},
                                            {6, "ZF", "zero"},
                                            {7, "SF", "sign"},
                                            {8, "TF", "single-step trap"},
                                            {9, "IF", "interrupts are accepted"},
                                            {10, "DF", "string direction"},
                                            {11, "OF", "overflow"}}};

std::string vector_text(std::uint8_t vector) {
  static constexpr std::array<std::string_view, 15> kNames = {"#DE", "#DB", "NMI", "#BP", "#OF",
                                                              "#BR", "#UD", "#NM", "#DF", "",
                                                              "#TS", "#NP", "#SS", "#GP", "#PF"};
  if (vector < kNames.size() && !kNames[vector].empty())
    return std::string(kNames[vector]);
  return "vector " + hex_text(vector);
}

std::string outcome_of(const InstructionRecord& record) {
  const std::string left = std::visit(
      Overloaded{
          [](const Faulted& fault) {
            std::string text = vector_text(fault.vector);
            if (fault.vector == 14)
              text += " at " + address_text(fault.address.value);
            return text;
          },
          [](const SoftwareInterrupted& interrupt) {
            return "interrupt " + hex_text(interrupt.vector) + " of its own making";
          },
          [](const PortAccessed& port) {
            return "port " + hex_text(port.port) +
                   (port.direction == Direction::Read ? " to be read" : " to be written");
          },
          [](const HaltExecuted&) { return std::string("the CPU waits for an interrupt"); },
          [](const InvalidOpcode&) { return std::string("#UD"); },
          [](const TripleFaulted&) { return std::string("the CPU shut down"); },
          [](const MachineMemoryMissed&) { return std::string("no memory is there"); },
          [](const MsrAccessed&) { return std::string("a register that its hypervisor keeps"); },
          [](const auto&) { return std::string(); }},
      record.exit);
  if (!record.completed)
    return "It did not complete" + (left.empty() ? "" : ": " + left) +
           ". Nothing was written back.";
  return left.empty() ? "It completed." : "It completed, and left the CPU with: " + left + ".";
}

std::string place_text(OperandPlace place) {
  switch (place) {
    case OperandPlace::Opcode:
      return "opcode";
    case OperandPlace::ModrmReg:
      return "ModRM reg";
    case OperandPlace::ModrmRm:
      return "ModRM r/m";
    case OperandPlace::Immediate:
      return "imm";
    case OperandPlace::Elsewhere:
      return "disp";
    case OperandPlace::Nowhere:
      break;
  }
  return "implied";
}

std::string short_address(std::uint64_t value) {
  return value >> 32 != 0 ? hex_text(value) : address_text(value);
}

std::string value_text(const std::optional<std::uint64_t>& value) {
  return value ? hex_text(*value) : std::string();
}

std::vector<OperandRow> operand_rows(const InstructionRecord& record, bool happened) {
  std::vector<OperandRow> rows;
  for (const OperandRecord& operand : record.operands) {
    OperandRow row;
    row.text = operand.text;
    row.place = place_text(operand.implicit ? OperandPlace::Nowhere : operand.place);
    row.read = operand.read;
    row.written = operand.written;
    row.role = operand.kind == OperandKind::Address ? "address only"
               : operand.read && operand.written    ? "read, written"
               : operand.written                    ? "written"
                                                    : "read";
    row.before = value_text(operand.before);
    row.after = !operand.written ? row.before
                : happened       ? value_text(operand.after)
                                 : std::string(kUnknown);
    row.changed = happened && operand.written && operand.after != operand.before;
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<AddressTerm> address_sum(const InstructionRecord& record, const MemoryAccessRecord& m) {
  std::vector<AddressTerm> sum;
  const auto add = [&sum](std::string name, std::string value, bool result = false) {
    sum.push_back({std::move(name), std::move(value),
                   result        ? "="
                   : sum.empty() ? ""
                                 : "+",
                   result});
  };
  const int bytes = m.address_bytes;
  if (m.rip_relative)
    add("rip, next", short_address(m.base_value));
  if (m.base)
    add(register_name(*m.base, bytes), short_address(m.base_value));
  if (m.index)
    add(register_name(*m.index, bytes) + " × " + std::to_string(m.scale),
        short_address(m.index_value) + " × " + std::to_string(m.scale));
  if (m.displacement != 0 || sum.empty()) {
    const std::string text = signed_hex_text(m.displacement);
    add("disp", text.substr(1));
    if (text.front() == '-' && !sum.back().sign.empty())
      sum.back().sign = "-";
    else if (text.front() == '-')
      sum.back().value = text;
  }
  if (sum.size() > 1)
    add("offset", short_address(m.offset), true);
  // In 64-bit mode all segments but FS and GS begin at 0, and nothing is added.
  const bool flat =
      record.code_bits == 64 && m.segment != SegmentName::Fs && m.segment != SegmentName::Gs;
  if (!flat) {
    add(std::string(segment_name(m.segment)) + " base", short_address(m.segment_base));
    sum.back().sign = "+";
  }
  add("linear", short_address(m.linear.value), true);
  return sum;
}

std::vector<FlagRow> flag_rows(const InstructionRecord& record, bool happened) {
  std::vector<FlagRow> rows;
  for (const FlagBit& flag : kFlags) {
    const std::uint32_t mask = 1U << flag.bit;
    rows.push_back({flag.name, flag.meaning, (record.flags_before & mask) != 0,
                    happened ? (record.flags_after & mask) != 0 : (record.flags_before & mask) != 0,
                    (record.flags.tested & mask) != 0, (record.flags.written & mask) != 0,
                    (record.flags.undefined & mask) != 0});
  }
  return rows;
}

std::string tested_text(const std::vector<FlagRow>& flags) {
  std::string text;
  for (const FlagRow& flag : flags) {
    if (flag.tested)
      text += (text.empty() ? "" : ", ") + std::string(flag.name) + (flag.before ? " 1" : " 0");
  }
  return text;
}

std::string flag_result_text(const std::vector<FlagRow>& flags, bool happened) {
  std::string text;
  bool written = false;
  for (const FlagRow& flag : flags) {
    written = written || flag.written;
    if (flag.before != flag.after)
      text += (text.empty() ? "" : ", ") + std::string(flag.name) + (flag.after ? " 1" : " 0");
  }
  if (!text.empty() || !written)
    return text;
  return happened ? "as before" : std::string(kUnknown);
}

std::vector<WriteRow> write_rows(const InstructionRecord& record) {
  std::vector<WriteRow> rows;
  const int bytes = record.code_bits == 64 ? 8 : 4;
  const auto number = [bytes](std::uint64_t value) {
    char text[20];
    std::snprintf(text, sizeof text, "%0*llx", 2 * bytes, static_cast<unsigned long long>(value));
    return std::string(text);
  };
  for (const RegisterChange& change : record.changes) {
    rows.push_back(
        {register_name(change.which, bytes), number(change.before), number(change.after)});
  }
  for (const OperandRecord& operand : record.operands) {
    if (operand.special && operand.written && operand.before != operand.after)
      rows.push_back({operand.text, value_text(operand.before), value_text(operand.after)});
  }
  for (const MemoryAccessRecord& m : record.memory) {
    if (m.accessed && m.before != m.after)
      rows.push_back(
          {"[" + short_address(m.linear.value) + "]", hex_text(m.before), hex_text(m.after)});
  }
  if (record.flags_before != record.flags_after) {
    rows.push_back({record.code_bits == 64 ? "rflags" : "eflags", hex_text(record.flags_before),
                    hex_text(record.flags_after)});
  }
  rows.push_back({record.code_bits == 64   ? "rip"
                  : record.code_bits == 32 ? "eip"
                                           : "ip",
                  number(record.rip_before), number(record.rip_after)});
  return rows;
}

}  // namespace

std::string_view name_of(InstructionStage stage) {
  static constexpr std::array<std::string_view, kStageCount> kNames = {
      "Fetch", "Decode", "Operands", "Address", "Page walk", "Execute", "Flags", "Write back"};
  return kNames[static_cast<std::size_t>(stage)];
}

std::string_view part_of(InstructionStage stage) {
  static constexpr std::array<std::string_view, kStageCount> kParts = {
      "fetch", "decode", "operands", "address", "walk", "execute", "flags", "write-back"};
  return kParts[static_cast<std::size_t>(stage)];
}

bool reads(InstructionStage stage, EncodingPart part) {
  switch (stage) {
    case InstructionStage::Fetch:
    case InstructionStage::Decode:
      return true;
    case InstructionStage::Operands:
      return part == EncodingPart::ModRm || part == EncodingPart::Rex ||
             part == EncodingPart::Immediate;
    case InstructionStage::Address:
      return part == EncodingPart::ModRm || part == EncodingPart::Sib ||
             part == EncodingPart::Displacement;
    case InstructionStage::Execute:
      return part == EncodingPart::Opcode;
    case InstructionStage::Walk:
    case InstructionStage::Flags:
    case InstructionStage::WriteBack:
      return false;
  }
  return false;
}

bool InstructionView::has(InstructionStage stage) const {
  switch (stage) {
    case InstructionStage::Fetch:
      return true;
    case InstructionStage::Operands:
      return !operands.empty();
    case InstructionStage::Address:
      return !accesses.empty();
    case InstructionStage::Walk:
      return std::any_of(accesses.begin(), accesses.end(),
                         [](const Access& access) { return access.accessed; });
    case InstructionStage::Flags:
      return std::any_of(flags.begin(), flags.end(), [](const FlagRow& flag) {
        return flag.tested || flag.written || flag.undefined || flag.before != flag.after;
      });
    case InstructionStage::WriteBack:
      return happened;
    case InstructionStage::Decode:
    case InstructionStage::Execute:
      return !fields.empty();
  }
  return false;
}

InstructionView make_instruction_view(const InstructionRecord& record, bool happened) {
  InstructionView view;
  view.happened = happened;
  view.completed = record.completed;
  view.address = short_address(record.address.value);
  view.text = record.length > 0 ? record.text : "nothing is mapped here";
  for (std::size_t i = 0; i < record.length && i < record.bytes.size(); ++i) {
    char digits[4];
    std::snprintf(digits, sizeof digits, "%02x", record.bytes[i]);
    view.bytes.emplace_back(digits);
  }
  view.fields = make_encoding_view(record);
  view.fetch_sum = {{record.code_bits == 64   ? "rip"
                     : record.code_bits == 32 ? "eip"
                                              : "ip",
                     short_address(record.rip_before), "", false}};
  if (record.code_bits != 64)
    view.fetch_sum.push_back({"CS base", short_address(record.code_base), "+", false});
  view.fetch_sum.push_back({"linear", view.address, "=", true});
  view.fetch_walk = make_walk_column(record.fetch_walk, "", "", "physical");
  view.operands = operand_rows(record, happened);
  std::size_t operand = 0;
  for (const MemoryAccessRecord& m : record.memory) {
    while (operand < record.operands.size() &&
           record.operands[operand].kind != OperandKind::Memory &&
           record.operands[operand].kind != OperandKind::Address)
      ++operand;
    InstructionView::Access access;
    access.text = operand < record.operands.size() ? record.operands[operand++].text : "";
    access.sum = address_sum(record, m);
    access.walk = make_walk_column(m.walk, "", "", "physical");
    access.accessed = m.accessed;
    view.accesses.push_back(std::move(access));
  }
  view.operation = record.length > 0 ? record.text.substr(0, record.text.find(' ')) : "";
  view.flags = flag_rows(record, happened);
  view.tested = tested_text(view.flags);
  view.flag_result = flag_result_text(view.flags, happened);
  if (happened)
    view.writes = write_rows(record);
  view.outcome = happened ? outcome_of(record) : "It has not run yet: this is what its bytes say.";
  return view;
}

std::string why_no_instruction(const Snapshot& snapshot) {
  if (snapshot.instructions)
    return "";
  if (snapshot.engine == EngineKind::Interpreter) {
    return snapshot.technique == TechniqueKind::BinaryTranslation
               ? "Under binary translation the CPU runs translations and not the guest's own "
                 "instructions: choose the technique interpretation."
               : "The record comes with the next picture of the machine.";
  }
  return "The engine " + std::string(name_of(snapshot.engine)) +
         " does not tell how an instruction comes about: choose --engine interpreter with "
         "--technique interpretation.";
}

namespace {

std::string sum_text(const std::vector<AddressTerm>& sum) {
  std::string text;
  for (const AddressTerm& term : sum)
    text += (term.sign.empty() ? "" : " " + term.sign + " ") + term.name + " " + term.value;
  return text;
}

std::string walk_text(const WalkColumn& walk) {
  std::string text;
  for (const WalkRung& rung : walk.rungs)
    text += rung.level + rung.index + " = " + rung.entry + ", ";
  return text + walk.result;
}

}  // namespace

std::vector<std::string> describe(const InstructionView& view) {
  std::vector<std::string> lines = {(view.happened ? "just executed: " : "comes next: ") +
                                    view.address + " " + view.text};
  std::string bytes = "fetch:";
  for (const std::string& byte : view.bytes)
    bytes += " " + byte;
  lines.push_back(bytes + "; " + walk_text(view.fetch_walk));
  for (const FieldView& field : view.fields) {
    std::string line = "decode " + std::string(field.name) + ":";
    for (const BitGroup& group : field.groups)
      line += " " + group.bits + " (" + group.caption + ")";
    lines.push_back(std::move(line));
  }
  for (const OperandRow& row : view.operands) {
    lines.push_back("operand " + row.text + ", " + row.role + ": " + row.before +
                    (row.written ? " → " + row.after : ""));
  }
  for (const InstructionView::Access& access : view.accesses) {
    lines.push_back("address " + access.text + ": " + sum_text(access.sum));
    if (access.accessed)
      lines.push_back("page walk: " + walk_text(access.walk));
  }
  lines.push_back("execute: " + view.operation +
                  (view.tested.empty() ? "" : ", decided by " + view.tested));
  std::string flags = "flags:";
  for (const FlagRow& flag : view.flags) {
    if (flag.before != flag.after)
      flags += " " + std::string(flag.name) + (flag.before ? " 1 → 0" : " 0 → 1");
  }
  lines.push_back(flags == "flags:" ? "flags: none changed" : flags);
  for (const WriteRow& row : view.writes)
    lines.push_back("write back " + row.where + ": " + row.before + " → " + row.after);
  lines.push_back(view.outcome);
  return lines;
}

}  // namespace gv
