// SPDX-License-Identifier: MIT

#include "x86/near_branch.h"

#include "x86/zydis_decoder.h"

#include <array>

namespace gv::x86 {

namespace {

struct FullDecode {
  ZydisDecodedInstruction in;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  bool valid = false;
};

FullDecode decode_fully(const std::uint8_t* bytes, std::size_t available, CodeSize code_size) {
  FullDecode d;
  d.valid = ZYAN_SUCCESS(ZydisDecoderDecodeFull(&zydis_decoder(code_size, DecoderDetail::Full),
                                                bytes, available, &d.in, d.operands.data()));
  return d;
}

std::optional<Gpr> register_of(ZydisRegister r) {
  switch (ZydisRegisterGetClass(r)) {
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
    case ZYDIS_REGCLASS_GPR64:
      return static_cast<Gpr>(ZydisRegisterGetId(r));
    default:
      return std::nullopt;
  }
}

SegmentName segment_of(ZydisRegister r) {
  constexpr std::array kNames = {
      std::pair{ZYDIS_REGISTER_ES, SegmentName::Es}, std::pair{ZYDIS_REGISTER_CS, SegmentName::Cs},
      std::pair{ZYDIS_REGISTER_SS, SegmentName::Ss}, std::pair{ZYDIS_REGISTER_FS, SegmentName::Fs},
      std::pair{ZYDIS_REGISTER_GS, SegmentName::Gs}};
  for (const auto& [zydis, name] : kNames) {
    if (zydis == r) {
      return name;
    }
  }
  return SegmentName::Ds;
}

void read_target(const FullDecode& d, NearBranch& out) {
  const ZydisDecodedOperand& operand = d.operands[0];
  if (operand.type == ZYDIS_OPERAND_TYPE_IMMEDIATE) {
    out.displacement = static_cast<std::int32_t>(operand.imm.value.s);
  } else if (operand.type == ZYDIS_OPERAND_TYPE_REGISTER) {
    out.gpr = register_of(operand.reg.value);
  } else if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY) {
    const auto& mem = operand.mem;
    out.memory = MemoryOperand{.segment = segment_of(mem.segment),
                               .base = register_of(mem.base),
                               .index = register_of(mem.index),
                               .scale = mem.scale == 0 ? std::uint8_t{1} : mem.scale,
                               .displacement = mem.disp.has_displacement ? mem.disp.value : 0,
                               .address_size = d.in.address_width};
  }
}

}  // namespace

NearBranch near_branch(const std::uint8_t* bytes, std::size_t available, CodeSize code_size) {
  using Kind = NearBranch::Kind;
  NearBranch out;
  const FullDecode d = decode_fully(bytes, available, code_size);
  if (!d.valid) {
    return out;
  }
  const ZydisDecodedInstruction& in = d.in;
  const bool indirect = in.opcode == 0xff && in.opcode_map == ZYDIS_OPCODE_MAP_DEFAULT;
  switch (in.mnemonic) {
    case ZYDIS_MNEMONIC_JMP:
      out.kind = indirect            ? (in.raw.modrm.reg == 4 ? Kind::IndirectJump : Kind::None)
                 : in.opcode == 0xea ? Kind::None
                                     : Kind::Jump;
      break;
    case ZYDIS_MNEMONIC_CALL:
      out.kind = indirect            ? (in.raw.modrm.reg == 2 ? Kind::IndirectCall : Kind::None)
                 : in.opcode == 0x9a ? Kind::None
                                     : Kind::Call;
      break;
    case ZYDIS_MNEMONIC_RET:
      if (in.opcode == 0xc2 || in.opcode == 0xc3) {
        out.kind = Kind::Return;
        out.stack_adjustment = in.opcode == 0xc2
                                   ? static_cast<std::uint16_t>(d.operands[0].imm.value.u)
                                   : std::uint16_t{0};
        out.operand_size = in.operand_width;
      }
      return out;
    case ZYDIS_MNEMONIC_LOOP:
    case ZYDIS_MNEMONIC_LOOPE:
    case ZYDIS_MNEMONIC_LOOPNE:
    case ZYDIS_MNEMONIC_JCXZ:
    case ZYDIS_MNEMONIC_JECXZ:
    case ZYDIS_MNEMONIC_JRCXZ:
      out.kind = Kind::Counted;
      break;
    default:
      if (in.meta.category == ZYDIS_CATEGORY_COND_BR) {
        out.kind = Kind::Conditional;
        out.condition = in.opcode & 0xf;
      }
      break;
  }
  if (out.kind != Kind::None) {
    out.operand_size = in.operand_width;
    read_target(d, out);
  }
  return out;
}

bool writes_memory(const std::uint8_t* bytes, std::size_t available, CodeSize code_size) {
  const FullDecode d = decode_fully(bytes, available, code_size);
  if (!d.valid) {
    return true;
  }
  for (std::size_t i = 0; i < d.in.operand_count; ++i) {
    const ZydisDecodedOperand& operand = d.operands[i];
    if (operand.type == ZYDIS_OPERAND_TYPE_MEMORY &&
        (operand.actions & ZYDIS_OPERAND_ACTION_MASK_WRITE) != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace gv::x86
