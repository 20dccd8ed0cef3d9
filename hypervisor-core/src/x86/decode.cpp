// SPDX-License-Identifier: MIT
//
// decode.cpp - Zydis decoding, boiled down to what a hypervisor asks.
//
// Two passes: a minimal one gives length and mnemonic, and nearly all
// instructions stop there; only the few with a gv::Mnemonic of their own pay
// for the second, which looks at operands.

#include "x86/decode.h"

#include "x86/descriptor.h"
#include "x86/zydis_decoder.h"

#include <array>

namespace gv::x86 {
namespace {

struct DecoderSet {
  std::array<std::array<ZydisDecoder, 2>, 3> by_size_and_detail;
  DecoderSet() {
    constexpr std::array kModes = {
        std::pair{ZYDIS_MACHINE_MODE_LEGACY_16, ZYDIS_STACK_WIDTH_16},
        std::pair{ZYDIS_MACHINE_MODE_LEGACY_32, ZYDIS_STACK_WIDTH_32},
        std::pair{ZYDIS_MACHINE_MODE_LONG_64, ZYDIS_STACK_WIDTH_64},
    };
    for (std::size_t i = 0; i < kModes.size(); ++i) {
      for (auto& decoder : by_size_and_detail[i]) {
        ZydisDecoderInit(&decoder, kModes[i].first, kModes[i].second);
      }
      ZydisDecoderEnableMode(&by_size_and_detail[i][0], ZYDIS_DECODER_MODE_MINIMAL, ZYAN_TRUE);
    }
  }
};

// What the opcode alone tells. `Other` for everything that needs no second look.
Mnemonic classify(const ZydisDecodedInstruction& in) {
  switch (in.mnemonic) {
    case ZYDIS_MNEMONIC_CLI:
      return Mnemonic::Cli;
    case ZYDIS_MNEMONIC_STI:
      return Mnemonic::Sti;
    case ZYDIS_MNEMONIC_HLT:
      return Mnemonic::Hlt;
    case ZYDIS_MNEMONIC_LGDT:
      return Mnemonic::Lgdt;
    case ZYDIS_MNEMONIC_LIDT:
      return Mnemonic::Lidt;
    case ZYDIS_MNEMONIC_LLDT:
      return Mnemonic::Lldt;
    case ZYDIS_MNEMONIC_LTR:
      return Mnemonic::Ltr;
    case ZYDIS_MNEMONIC_LMSW:
      return Mnemonic::Lmsw;
    case ZYDIS_MNEMONIC_CLTS:
      return Mnemonic::Clts;
    case ZYDIS_MNEMONIC_INVLPG:
      return Mnemonic::Invlpg;
    case ZYDIS_MNEMONIC_INVD:
      return Mnemonic::Invd;
    case ZYDIS_MNEMONIC_WBINVD:
      return Mnemonic::Wbinvd;
    case ZYDIS_MNEMONIC_RDMSR:
      return Mnemonic::Rdmsr;
    case ZYDIS_MNEMONIC_WRMSR:
      return Mnemonic::Wrmsr;
    case ZYDIS_MNEMONIC_IRET:
    case ZYDIS_MNEMONIC_IRETD:
    case ZYDIS_MNEMONIC_IRETQ:
      return Mnemonic::Iret;
    case ZYDIS_MNEMONIC_IN:
      return Mnemonic::In;
    case ZYDIS_MNEMONIC_OUT:
      return Mnemonic::Out;
    case ZYDIS_MNEMONIC_INSB:
    case ZYDIS_MNEMONIC_INSW:
    case ZYDIS_MNEMONIC_INSD:
      return Mnemonic::Ins;
    case ZYDIS_MNEMONIC_OUTSB:
    case ZYDIS_MNEMONIC_OUTSW:
    case ZYDIS_MNEMONIC_OUTSD:
      return Mnemonic::Outs;
    case ZYDIS_MNEMONIC_RDTSC:
      return Mnemonic::Rdtsc;
    case ZYDIS_MNEMONIC_CPUID:
      return Mnemonic::Cpuid;
    case ZYDIS_MNEMONIC_INT:
    case ZYDIS_MNEMONIC_INT1:
    case ZYDIS_MNEMONIC_INT3:
    case ZYDIS_MNEMONIC_INTO:
      return Mnemonic::Int;
    case ZYDIS_MNEMONIC_SGDT:
      return Mnemonic::Sgdt;
    case ZYDIS_MNEMONIC_SIDT:
      return Mnemonic::Sidt;
    case ZYDIS_MNEMONIC_SLDT:
      return Mnemonic::Sldt;
    case ZYDIS_MNEMONIC_SMSW:
      return Mnemonic::Smsw;
    case ZYDIS_MNEMONIC_STR:
      return Mnemonic::Str;
    case ZYDIS_MNEMONIC_PUSHF:
    case ZYDIS_MNEMONIC_PUSHFD:
    case ZYDIS_MNEMONIC_PUSHFQ:
      return Mnemonic::Pushf;
    case ZYDIS_MNEMONIC_POPF:
    case ZYDIS_MNEMONIC_POPFD:
    case ZYDIS_MNEMONIC_POPFQ:
      return Mnemonic::Popf;
    case ZYDIS_MNEMONIC_LAR:
      return Mnemonic::Lar;
    case ZYDIS_MNEMONIC_LSL:
      return Mnemonic::Lsl;
    case ZYDIS_MNEMONIC_VERR:
      return Mnemonic::Verr;
    case ZYDIS_MNEMONIC_VERW:
      return Mnemonic::Verw;
    case ZYDIS_MNEMONIC_LDS:
    case ZYDIS_MNEMONIC_LES:
    case ZYDIS_MNEMONIC_LSS:
    case ZYDIS_MNEMONIC_LFS:
    case ZYDIS_MNEMONIC_LGS:
      return Mnemonic::LoadSegment;
    case ZYDIS_MNEMONIC_MOV:
      if (in.opcode_map == ZYDIS_OPCODE_MAP_0F) {
        switch (in.opcode) {
          case 0x20:
            return Mnemonic::MovFromCr;
          case 0x21:
            return Mnemonic::MovFromDr;
          case 0x22:
            return Mnemonic::MovToCr;
          case 0x23:
            return Mnemonic::MovToDr;
          default:
            return Mnemonic::Other;
        }
      }
      if (in.opcode == 0x8c)
        return Mnemonic::MovFromSegment;
      if (in.opcode == 0x8e)
        return Mnemonic::LoadSegment;
      return Mnemonic::Other;
    case ZYDIS_MNEMONIC_PUSH:
      if (in.opcode_map == ZYDIS_OPCODE_MAP_0F)
        return Mnemonic::PushSegment;  // FS, GS
      return (in.opcode & 0xe7) == 0x06 ? Mnemonic::PushSegment : Mnemonic::Other;
    case ZYDIS_MNEMONIC_POP:
      if (in.opcode_map == ZYDIS_OPCODE_MAP_0F)
        return Mnemonic::PopSegment;
      return (in.opcode & 0xe7) == 0x07 ? Mnemonic::PopSegment : Mnemonic::Other;
    case ZYDIS_MNEMONIC_CALL:
      if (in.opcode == 0x9a || (in.opcode == 0xff && in.raw.modrm.reg == 3)) {
        return Mnemonic::FarCall;
      }
      return Mnemonic::Other;
    case ZYDIS_MNEMONIC_JMP:
      if (in.opcode == 0xea || (in.opcode == 0xff && in.raw.modrm.reg == 5)) {
        return Mnemonic::FarJmp;
      }
      return Mnemonic::Other;
    case ZYDIS_MNEMONIC_RET:
      return in.opcode == 0xca || in.opcode == 0xcb ? Mnemonic::FarRet : Mnemonic::Other;
    default:
      return Mnemonic::Other;
  }
}

bool changes_control_flow(const ZydisDecodedInstruction& in) {
  switch (in.mnemonic) {
    case ZYDIS_MNEMONIC_JB:
    case ZYDIS_MNEMONIC_JBE:
    case ZYDIS_MNEMONIC_JCXZ:
    case ZYDIS_MNEMONIC_JECXZ:
    case ZYDIS_MNEMONIC_JRCXZ:
    case ZYDIS_MNEMONIC_JL:
    case ZYDIS_MNEMONIC_JLE:
    case ZYDIS_MNEMONIC_JMP:
    case ZYDIS_MNEMONIC_JNB:
    case ZYDIS_MNEMONIC_JNBE:
    case ZYDIS_MNEMONIC_JNL:
    case ZYDIS_MNEMONIC_JNLE:
    case ZYDIS_MNEMONIC_JNO:
    case ZYDIS_MNEMONIC_JNP:
    case ZYDIS_MNEMONIC_JNS:
    case ZYDIS_MNEMONIC_JNZ:
    case ZYDIS_MNEMONIC_JO:
    case ZYDIS_MNEMONIC_JP:
    case ZYDIS_MNEMONIC_JS:
    case ZYDIS_MNEMONIC_JZ:
    case ZYDIS_MNEMONIC_LOOP:
    case ZYDIS_MNEMONIC_LOOPE:
    case ZYDIS_MNEMONIC_LOOPNE:
    case ZYDIS_MNEMONIC_CALL:
    case ZYDIS_MNEMONIC_RET:
    case ZYDIS_MNEMONIC_SYSCALL:
    case ZYDIS_MNEMONIC_SYSENTER:
    case ZYDIS_MNEMONIC_SYSEXIT:
    case ZYDIS_MNEMONIC_SYSRET:
    case ZYDIS_MNEMONIC_UD0:
    case ZYDIS_MNEMONIC_UD1:
    case ZYDIS_MNEMONIC_UD2:
    case ZYDIS_MNEMONIC_RSM:
      return true;
    default:
      return false;
  }
}

bool ends_block(const ZydisDecodedInstruction& in, Mnemonic mnemonic) {
  switch (mnemonic) {
    case Mnemonic::Other:
      return changes_control_flow(in);
    case Mnemonic::Hlt:
    case Mnemonic::MovToCr:
    case Mnemonic::Lmsw:
    case Mnemonic::Clts:
    case Mnemonic::Invlpg:
    case Mnemonic::Wrmsr:
    case Mnemonic::Iret:
    case Mnemonic::Int:
    case Mnemonic::FarCall:
    case Mnemonic::FarJmp:
    case Mnemonic::FarRet:
      return true;
    default:
      return false;
  }
}

std::optional<Gpr> gpr_of(ZydisRegister r) {
  switch (ZydisRegisterGetClass(r)) {
    case ZYDIS_REGCLASS_GPR16:
    case ZYDIS_REGCLASS_GPR32:
    case ZYDIS_REGCLASS_GPR64:
      return static_cast<Gpr>(ZydisRegisterGetId(r));
    default:
      return std::nullopt;
  }
}

SegmentName segment_name_of(ZydisRegister r) {
  switch (r) {
    case ZYDIS_REGISTER_ES:
      return SegmentName::Es;
    case ZYDIS_REGISTER_CS:
      return SegmentName::Cs;
    case ZYDIS_REGISTER_SS:
      return SegmentName::Ss;
    case ZYDIS_REGISTER_FS:
      return SegmentName::Fs;
    case ZYDIS_REGISTER_GS:
      return SegmentName::Gs;
    default:
      return SegmentName::Ds;
  }
}

MemoryOperand memory_of(const ZydisDecodedInstruction& in, const ZydisDecodedOperandMem& mem) {
  MemoryOperand m;
  m.segment = segment_name_of(mem.segment);
  if (mem.base == ZYDIS_REGISTER_RIP || mem.base == ZYDIS_REGISTER_EIP) {
    m.rip_relative = in.length;
  } else {
    m.base = gpr_of(mem.base);
  }
  m.index = gpr_of(mem.index);
  m.scale = mem.scale == 0 ? std::uint8_t{1} : mem.scale;
  m.displacement = mem.disp.has_displacement ? mem.disp.value : 0;
  m.address_size = in.address_width;
  return m;
}

void read_operand(const ZydisDecodedInstruction& in, const ZydisDecodedOperand& operand,
                  Instruction& out) {
  switch (operand.type) {
    case ZYDIS_OPERAND_TYPE_REGISTER: {
      const ZydisRegister r = operand.reg.value;
      switch (ZydisRegisterGetClass(r)) {
        case ZYDIS_REGCLASS_CONTROL:
        case ZYDIS_REGCLASS_DEBUG:
          out.system_register = static_cast<std::uint8_t>(ZydisRegisterGetId(r));
          break;
        case ZYDIS_REGCLASS_SEGMENT:
          out.segment = segment_name_of(r);
          break;
        default:
          // Of two registers (LAR, LSL) the last stays: the source, a selector.
          if (auto gpr = gpr_of(r)) {
            if (out.mnemonic == Mnemonic::Lar || out.mnemonic == Mnemonic::Lsl) {
              if (!out.destination)
                out.destination = gpr;
              else
                out.gpr = gpr;
            } else {
              out.gpr = gpr;
            }
          }
          break;
      }
      break;
    }
    case ZYDIS_OPERAND_TYPE_MEMORY:
      out.memory = memory_of(in, operand.mem);
      break;
    case ZYDIS_OPERAND_TYPE_POINTER:
      out.far_pointer = FarPointer{operand.ptr.segment, operand.ptr.offset};
      break;
    case ZYDIS_OPERAND_TYPE_IMMEDIATE: {
      const auto value = operand.imm.value.u;
      if (out.mnemonic == Mnemonic::In || out.mnemonic == Mnemonic::Out) {
        out.port = static_cast<std::uint16_t>(value & 0xff);
      } else if (out.mnemonic == Mnemonic::FarRet) {
        out.stack_adjustment = static_cast<std::uint16_t>(value);
      } else if (out.mnemonic == Mnemonic::Int) {
        out.vector = static_cast<std::uint8_t>(value);
      }
      break;
    }
    default:
      break;
  }
}

void read_operands(const std::uint8_t* bytes, std::size_t available, CodeSize code_size,
                   Instruction& out) {
  ZydisDecodedInstruction in;
  std::array<ZydisDecodedOperand, ZYDIS_MAX_OPERAND_COUNT> operands;
  if (!ZYAN_SUCCESS(ZydisDecoderDecodeFull(&zydis_decoder(code_size, DecoderDetail::Full), bytes,
                                           available, &in, operands.data()))) {
    out.valid = false;  // e.g. MOV CS: only the full decoder checks operands
    return;
  }
  out.operand_size = in.operand_width;
  out.repeated = (in.attributes &
                  (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
  switch (out.mnemonic) {
    case Mnemonic::In:
    case Mnemonic::Out:
    case Mnemonic::Ins:
    case Mnemonic::Outs:
      // Port accesses are 8, 16 or 32 bits; the low opcode bit is clear for bytes.
      out.operand_size = (in.opcode & 1) == 0     ? std::uint8_t{8}
                         : in.operand_width == 16 ? std::uint8_t{16}
                                                  : std::uint8_t{32};
      break;
    case Mnemonic::Int:
      if (in.mnemonic == ZYDIS_MNEMONIC_INT1)
        out.vector = 1;
      if (in.mnemonic == ZYDIS_MNEMONIC_INT3)
        out.vector = 3;
      if (in.mnemonic == ZYDIS_MNEMONIC_INTO) {
        out.vector = 4;
        out.conditional_interrupt = true;
      }
      break;
    case Mnemonic::LoadSegment:
      out.loads_far_pointer = in.mnemonic != ZYDIS_MNEMONIC_MOV;
      // Zydis lists the segment register of LDS and friends as a hidden operand or not at all.
      if (in.mnemonic == ZYDIS_MNEMONIC_LDS)
        out.segment = SegmentName::Ds;
      if (in.mnemonic == ZYDIS_MNEMONIC_LES)
        out.segment = SegmentName::Es;
      if (in.mnemonic == ZYDIS_MNEMONIC_LSS)
        out.segment = SegmentName::Ss;
      if (in.mnemonic == ZYDIS_MNEMONIC_LFS)
        out.segment = SegmentName::Fs;
      if (in.mnemonic == ZYDIS_MNEMONIC_LGS)
        out.segment = SegmentName::Gs;
      break;
    default:
      break;
  }
  const bool string_port = out.mnemonic == Mnemonic::Ins || out.mnemonic == Mnemonic::Outs;
  for (std::size_t i = 0; i < in.operand_count; ++i) {
    const auto& operand = operands[i];
    // Hidden operands (the stack, DX, flags) are known from the mnemonic; INS and OUTS show theirs.
    if (operand.visibility == ZYDIS_OPERAND_VISIBILITY_HIDDEN && !string_port)
      continue;
    if (string_port && operand.type != ZYDIS_OPERAND_TYPE_MEMORY)
      continue;
    // IN, OUT: AL/AX/EAX and DX are fixed; only an immediate port matters.
    if ((out.mnemonic == Mnemonic::In || out.mnemonic == Mnemonic::Out) &&
        operand.type == ZYDIS_OPERAND_TYPE_REGISTER) {
      continue;
    }
    read_operand(in, operand, out);
  }
}

bool is_control(Mnemonic m) {
  switch (m) {
    case Mnemonic::MovToCr:
    case Mnemonic::MovFromCr:
    case Mnemonic::Lgdt:
    case Mnemonic::Lidt:
    case Mnemonic::Lldt:
    case Mnemonic::Ltr:
    case Mnemonic::Lmsw:
    case Mnemonic::Clts:
    case Mnemonic::Invlpg:
    case Mnemonic::Invd:
    case Mnemonic::Wbinvd:
    case Mnemonic::Rdmsr:
    case Mnemonic::Wrmsr:
    case Mnemonic::Iret:
    case Mnemonic::LoadSegment:
    case Mnemonic::PopSegment:
    case Mnemonic::FarCall:
    case Mnemonic::FarJmp:
    case Mnemonic::FarRet:
      return true;
    default:
      return false;
  }
}

}  // namespace

const ZydisDecoder& zydis_decoder(CodeSize code_size, DecoderDetail detail) {
  static const DecoderSet decoders;
  return decoders
      .by_size_and_detail[static_cast<std::size_t>(code_size)][static_cast<std::size_t>(detail)];
}

CodeSize code_size_of(const Segment& cs, bool long_mode_active) {
  if (long_mode_active && (cs.attributes & attribute::L) != 0)
    return CodeSize::Bits64;
  return (cs.attributes & attribute::DB) != 0 ? CodeSize::Bits32 : CodeSize::Bits16;
}

Instruction decode(const std::uint8_t* bytes, std::size_t available, CodeSize code_size) {
  Instruction out;
  ZydisDecodedInstruction in;
  const ZyanStatus status = ZydisDecoderDecodeInstruction(
      &zydis_decoder(code_size, DecoderDetail::Minimal), nullptr, bytes, available, &in);
  if (!ZYAN_SUCCESS(status)) {
    out.needs_more_bytes = status == ZYDIS_STATUS_NO_MORE_DATA && available < kLongestInstruction;
    return out;
  }
  out.valid = true;
  out.length = in.length;
  out.operand_size = in.operand_width;
  out.address_size = in.address_width;
  out.mnemonic = classify(in);
  out.ends_block = ends_block(in, out.mnemonic);
  if (out.mnemonic == Mnemonic::Other) {
    out.repeated = (in.attributes &
                    (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
    return out;
  }
  read_operands(bytes, available, code_size, out);
  return out;
}

std::uint64_t effective_offset(const MemoryOperand& operand, const RegisterFile& registers) {
  std::uint64_t offset = static_cast<std::uint64_t>(operand.displacement);
  if (operand.rip_relative != 0)
    offset += registers.rip + operand.rip_relative;
  if (operand.base)
    offset += registers[*operand.base];
  if (operand.index)
    offset += registers[*operand.index] * operand.scale;
  if (operand.address_size == 16)
    return offset & 0xffff;
  if (operand.address_size == 32)
    return offset & 0xffffffff;
  return offset;
}

Gva effective_address(const MemoryOperand& operand, const RegisterFile& registers,
                      CodeSize code_size) {
  const std::uint64_t offset = effective_offset(operand, registers);
  if (code_size == CodeSize::Bits64) {
    // In 64-bit mode only FS and GS have a base.
    const bool has_base = operand.segment == SegmentName::Fs || operand.segment == SegmentName::Gs;
    return Gva((has_base ? registers[operand.segment].base : 0) + offset);
  }
  return Gva((registers[operand.segment].base + offset) & 0xffffffff);
}

BlockScan scan_block(const std::uint8_t* bytes, std::size_t size, CodeSize code_size) {
  BlockScan scan;
  const ZydisDecoder& decoder = zydis_decoder(code_size, DecoderDetail::Minimal);
  scan.offsets.reserve(size / 3 + 1);
  std::size_t at = 0;
  while (at < size) {
    ZydisDecodedInstruction in;
    if (!ZYAN_SUCCESS(
            ZydisDecoderDecodeInstruction(&decoder, nullptr, bytes + at, size - at, &in))) {
      return scan;
    }
    const Mnemonic mnemonic = classify(in);
    scan.port_io |= mnemonic == Mnemonic::In || mnemonic == Mnemonic::Out ||
                    mnemonic == Mnemonic::Ins || mnemonic == Mnemonic::Outs;
    scan.control |= is_control(mnemonic);
    scan.debug_registers |= mnemonic == Mnemonic::MovToDr || mnemonic == Mnemonic::MovFromDr;
    scan.sensitive |= kind_of(mnemonic) != SensitiveKind::Innocuous;
    scan.rdtsc |= mnemonic == Mnemonic::Rdtsc;
    scan.repeated |= (in.attributes &
                      (ZYDIS_ATTRIB_HAS_REP | ZYDIS_ATTRIB_HAS_REPE | ZYDIS_ATTRIB_HAS_REPNE)) != 0;
    scan.offsets.push_back(static_cast<std::uint16_t>(at));
    ++scan.instructions;
    at += in.length;
  }
  scan.complete = true;
  return scan;
}

}  // namespace gv::x86
