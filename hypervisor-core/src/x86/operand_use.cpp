// SPDX-License-Identifier: MIT
//
// operand_use.cpp - Zydis' operands, boiled down to what is shown of them.

#include "x86/operand_use.h"

#include "x86/zydis_decoder.h"

#include <array>

namespace gv::x86 {
namespace {

struct OperandFormatter {
  ZydisFormatter zydis{};
  OperandFormatter() {
    ZydisFormatterInit(&zydis, ZYDIS_FORMATTER_STYLE_INTEL);
    ZydisFormatterSetProperty(&zydis, ZYDIS_FORMATTER_PROP_HEX_UPPERCASE, ZYAN_FALSE);
    for (const auto property :
         {ZYDIS_FORMATTER_PROP_ADDR_PADDING_ABSOLUTE, ZYDIS_FORMATTER_PROP_ADDR_PADDING_RELATIVE,
          ZYDIS_FORMATTER_PROP_DISP_PADDING, ZYDIS_FORMATTER_PROP_IMM_PADDING}) {
      ZydisFormatterSetProperty(&zydis, property, ZYDIS_PADDING_DISABLED);
    }
  }
};

std::optional<RegisterPart> part_of(ZydisRegister r) {
  const auto id = static_cast<std::uint8_t>(ZydisRegisterGetId(r));
  switch (ZydisRegisterGetClass(r)) {
    case ZYDIS_REGCLASS_GPR8:
      if (r >= ZYDIS_REGISTER_AH && r <= ZYDIS_REGISTER_BH) {
        return RegisterPart{static_cast<Gpr>(r - ZYDIS_REGISTER_AH), 8, 1};
      }
      if (r <= ZYDIS_REGISTER_BL) {
        return RegisterPart{static_cast<Gpr>(r - ZYDIS_REGISTER_AL), 0, 1};
      }
      return RegisterPart{static_cast<Gpr>(4 + (r - ZYDIS_REGISTER_SPL)), 0, 1};
    case ZYDIS_REGCLASS_GPR16:
      return RegisterPart{static_cast<Gpr>(id), 0, 2};
    case ZYDIS_REGCLASS_GPR32:
      return RegisterPart{static_cast<Gpr>(id), 0, 4};
    case ZYDIS_REGCLASS_GPR64:
      return RegisterPart{static_cast<Gpr>(id), 0, 8};
    default:
      return std::nullopt;
  }
}

std::optional<Gpr> whole(ZydisRegister r) {
  const auto part = part_of(r);
  return part ? std::optional(part->which) : std::nullopt;
}

// ES, CS, SS, DS, FS, GS: Zydis' order is the manual's.
SegmentName segment_of(ZydisRegister r) {
  return r >= ZYDIS_REGISTER_ES && r <= ZYDIS_REGISTER_GS
             ? static_cast<SegmentName>(r - ZYDIS_REGISTER_ES)
             : SegmentName::Ds;
}

MemoryOperand memory_of(const ZydisDecodedInstruction& in, const ZydisDecodedOperand& operand) {
  const auto& mem = operand.mem;
  MemoryOperand m;
  m.segment = segment_of(mem.segment);
  m.base = whole(mem.base);
  m.index = whole(mem.index);
  m.scale = mem.scale == 0 ? std::uint8_t{1} : mem.scale;
  m.displacement = mem.disp.has_displacement ? mem.disp.value : 0;
  m.address_size = in.address_width;
  const bool stack_pointer =
      m.base == Gpr::Sp && !m.index && operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
  if (stack_pointer) {
    m.address_size = in.stack_width;
    // A push stores below the stack pointer; Zydis names the pointer alone.
    if ((operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0 && m.displacement == 0) {
      m.displacement = -static_cast<std::int64_t>(operand.size / 8);
    }
  }
  return m;
}

bool is_bookkeeping(const ZydisDecodedOperand& operand) {
  if (operand.type != ZYDIS_OPERAND_TYPE_REGISTER) {
    return false;
  }
  const auto kind = ZydisRegisterGetClass(operand.reg.value);
  return kind == ZYDIS_REGCLASS_FLAGS || kind == ZYDIS_REGCLASS_IP;
}

OperandPlace place_of(const ZydisDecodedOperand& operand) {
  switch (operand.encoding) {
    case ZYDIS_OPERAND_ENCODING_NONE:
      return OperandPlace::Nowhere;
    case ZYDIS_OPERAND_ENCODING_OPCODE:
      return OperandPlace::Opcode;
    case ZYDIS_OPERAND_ENCODING_MODRM_REG:
      return OperandPlace::ModrmReg;
    case ZYDIS_OPERAND_ENCODING_MODRM_RM:
      return OperandPlace::ModrmRm;
    default:
      return operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE ? OperandPlace::Immediate
                                                          : OperandPlace::Elsewhere;
  }
}

OperandUse read_operand(const ZydisDecodedInstruction& in, const ZydisDecodedOperand& operand) {
  OperandUse use;
  use.place = place_of(operand);
  use.read = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_READ) != 0;
  use.written = (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0;
  use.implicit = operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN;
  use.bytes = static_cast<std::uint8_t>(operand.size / 8);
  switch (operand.type) {
    case ZYDIS_OPERAND_TYPE_REGISTER:
      use.part = part_of(operand.reg.value);
      if (ZydisRegisterGetClass(operand.reg.value) == ZYDIS_REGCLASS_SEGMENT) {
        use.segment = segment_of(operand.reg.value);
      } else if (ZydisRegisterGetClass(operand.reg.value) == ZYDIS_REGCLASS_CONTROL) {
        use.control_register = static_cast<std::uint8_t>(ZydisRegisterGetId(operand.reg.value));
      }
      break;
    case ZYDIS_OPERAND_TYPE_MEMORY:
      use.kind =
          operand.mem.type == ZYDIS_MEMOP_TYPE_AGEN ? OperandKind::Address : OperandKind::Memory;
      use.memory = memory_of(in, operand);
      break;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE:
      use.kind = OperandKind::Immediate;
      if (!operand.imm.is_relative) {
        use.immediate = operand.imm.value.u;
      }
      break;
    default:
      use.kind = OperandKind::Immediate;  // a far pointer
      break;
  }
  return use;
}

}  // namespace

InstructionUse use_of(const std::uint8_t* bytes, std::size_t available, Gva address,
                      CodeSize code_size) {
  static const OperandFormatter formatter;
  ZydisDecodedInstruction in;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  InstructionUse out;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&zydis_decoder(code_size, DecoderDetail::Full), bytes,
                                           available, &in, operands.data()))) {
    return out;
  }
  for (std::size_t i = 0; i < in.operand_count; ++i) {
    if (is_bookkeeping(operands[i])) {
      continue;
    }
    OperandUse use = read_operand(in, operands[i]);
    std::array<char, 128> text{};
    if (ZYAN_SUCCESS(ZydisFormatterFormatOperand(&formatter.zydis, &in, &operands[i], text.data(),
                                                 text.size(), address.value, nullptr))) {
      use.text = text.data();
    }
    out.operands.push_back(std::move(use));
  }
  if (in.cpu_flags != nullptr) {
    out.flags.tested = in.cpu_flags->tested;
    out.flags.written = in.cpu_flags->modified | in.cpu_flags->set_0 | in.cpu_flags->set_1;
    out.flags.undefined = in.cpu_flags->undefined;
  }
  return out;
}

}  // namespace gv::x86
