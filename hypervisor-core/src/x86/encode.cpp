// SPDX-License-Identifier: MIT

#include "x86/encode.h"

#include "gv/result.h"

#include <Zydis/Zydis.h>

#include <array>
#include <cstring>
#include <initializer_list>

namespace gv::x86 {

namespace {

ZydisRegister register32(Gpr which) {
  return static_cast<ZydisRegister>(ZYDIS_REGISTER_EAX + static_cast<int>(which));
}
ZydisRegister register16(Gpr which) {
  return static_cast<ZydisRegister>(ZYDIS_REGISTER_AX + static_cast<int>(which));
}

ZydisInstructionAttributes prefix_of(SegmentName segment) {
  switch (segment) {
    case SegmentName::Es:
      return ZYDIS_ATTRIB_HAS_SEGMENT_ES;
    case SegmentName::Cs:
      return ZYDIS_ATTRIB_HAS_SEGMENT_CS;
    case SegmentName::Ss:
      return ZYDIS_ATTRIB_HAS_SEGMENT_SS;
    case SegmentName::Ds:
      return ZYDIS_ATTRIB_HAS_SEGMENT_DS;
    case SegmentName::Fs:
      return ZYDIS_ATTRIB_HAS_SEGMENT_FS;
    case SegmentName::Gs:
      return ZYDIS_ATTRIB_HAS_SEGMENT_GS;
  }
  return 0;
}

ZydisEncoderOperand of(ZydisRegister r) {
  ZydisEncoderOperand operand{};
  operand.type = ZYDIS_OPERAND_TYPE_REGISTER;
  operand.reg.value = r;
  return operand;
}
ZydisEncoderOperand of(std::int64_t immediate) {
  ZydisEncoderOperand operand{};
  operand.type = ZYDIS_OPERAND_TYPE_IMMEDIATE;
  operand.imm.s = immediate;
  return operand;
}
ZydisEncoderOperand memory(ZydisRegister base, ZydisRegister index, int scale,
                           std::int64_t displacement, int bytes) {
  ZydisEncoderOperand operand{};
  operand.type = ZYDIS_OPERAND_TYPE_MEMORY;
  operand.mem.base = base;
  operand.mem.index = index;
  operand.mem.scale = static_cast<ZyanU8>(index == ZYDIS_REGISTER_NONE ? 0 : scale);
  // As a 32-bit address wraps: the encoder wants it sign-extended.
  operand.mem.displacement = static_cast<std::int32_t>(static_cast<std::uint32_t>(displacement));
  operand.mem.size = static_cast<ZyanU16>(bytes);
  return operand;
}
ZydisEncoderOperand word(StateWord at, int bytes = 4) {
  return memory(ZYDIS_REGISTER_NONE, ZYDIS_REGISTER_NONE, 0, at.address, bytes);
}
ZydisEncoderOperand memory(const MemoryOperand& m, int bytes) {
  return memory(m.base ? register32(*m.base) : ZYDIS_REGISTER_NONE,
                m.index ? register32(*m.index) : ZYDIS_REGISTER_NONE, m.scale, m.displacement,
                bytes);
}

constexpr std::array kConditions = {
    ZYDIS_MNEMONIC_JO, ZYDIS_MNEMONIC_JNO, ZYDIS_MNEMONIC_JB,  ZYDIS_MNEMONIC_JNB,
    ZYDIS_MNEMONIC_JZ, ZYDIS_MNEMONIC_JNZ, ZYDIS_MNEMONIC_JBE, ZYDIS_MNEMONIC_JNBE,
    ZYDIS_MNEMONIC_JS, ZYDIS_MNEMONIC_JNS, ZYDIS_MNEMONIC_JP,  ZYDIS_MNEMONIC_JNP,
    ZYDIS_MNEMONIC_JL, ZYDIS_MNEMONIC_JNL, ZYDIS_MNEMONIC_JLE, ZYDIS_MNEMONIC_JNLE};

constexpr ZydisInstructionAttributes kThroughStack = ZYDIS_ATTRIB_HAS_SEGMENT_SS;

}  // namespace

struct Encoder::Request {
  ZydisMnemonic mnemonic;
  std::initializer_list<ZydisEncoderOperand> operands = {};
  ZydisInstructionAttributes prefixes = 0;
  int branch_bits = 0;
};

void Encoder::emit(const Request& request) {
  ZydisEncoderRequest wanted{};
  wanted.machine_mode = ZYDIS_MACHINE_MODE_LEGACY_32;
  wanted.allowed_encodings = ZYDIS_ENCODABLE_ENCODING_LEGACY;
  wanted.mnemonic = request.mnemonic;
  wanted.prefixes = request.prefixes;
  if (request.branch_bits != 0) {
    wanted.branch_type =
        request.branch_bits == 8 ? ZYDIS_BRANCH_TYPE_SHORT : ZYDIS_BRANCH_TYPE_NEAR;
    wanted.branch_width = request.branch_bits == 8 ? ZYDIS_BRANCH_WIDTH_8 : ZYDIS_BRANCH_WIDTH_32;
  }
  for (const ZydisEncoderOperand& operand : request.operands) {
    wanted.operands[wanted.operand_count++] = operand;
  }
  std::array<std::uint8_t, ZYDIS_MAX_INSTRUCTION_LENGTH> out;
  ZyanUSize length = out.size();
  GV_CHECK(ZYAN_SUCCESS(ZydisEncoderEncodeInstruction(&wanted, out.data(), &length)));
  copy(out.data(), length);
}

void Encoder::copy(const std::uint8_t* bytes, std::size_t count) {
  bytes_.insert(bytes_.end(), bytes, bytes + count);
}

void Encoder::load(Gpr to, StateWord from) {
  emit({ZYDIS_MNEMONIC_MOV, {of(register32(to)), word(from)}, kThroughStack});
}
void Encoder::load16(Gpr to, StateWord from) {
  emit({ZYDIS_MNEMONIC_MOV, {of(register16(to)), word(from, 2)}, kThroughStack});
}
void Encoder::store(StateWord to, Gpr from) {
  emit({ZYDIS_MNEMONIC_MOV, {word(to), of(register32(from))}, kThroughStack});
}
void Encoder::store(StateWord to, std::uint32_t value) {
  emit({ZYDIS_MNEMONIC_MOV,
        {word(to), of(std::int64_t{static_cast<std::int32_t>(value)})},
        kThroughStack});
}
void Encoder::load(Gpr to, const MemoryOperand& from) {
  emit({ZYDIS_MNEMONIC_MOV, {of(register32(to)), memory(from, 4)}, prefix_of(from.segment)});
}
void Encoder::store(const MemoryOperand& to, Gpr from, int bits) {
  emit({ZYDIS_MNEMONIC_MOV,
        {memory(to, bits / 8), of(bits == 16 ? register16(from) : register32(from))},
        prefix_of(to.segment)});
}
void Encoder::load_stack(Gpr to) {
  emit({ZYDIS_MNEMONIC_MOV,
        {of(register32(to)), memory(ZYDIS_REGISTER_ESP, ZYDIS_REGISTER_NONE, 0, 0, 4)}});
}
void Encoder::store_stack(Gpr from) {
  emit({ZYDIS_MNEMONIC_MOV,
        {memory(ZYDIS_REGISTER_ESP, ZYDIS_REGISTER_NONE, 0, 0, 4), of(register32(from))}});
}
void Encoder::move(Gpr to, Gpr from) {
  emit({ZYDIS_MNEMONIC_MOV, {of(register32(to)), of(register32(from))}});
}
void Encoder::zero_extend_low_half(Gpr to, Gpr from) {
  emit({ZYDIS_MNEMONIC_MOVZX, {of(register32(to)), of(register16(from))}});
}
void Encoder::add_to(Gpr to, Gpr base, std::int32_t displacement) {
  emit({ZYDIS_MNEMONIC_LEA,
        {of(register32(to)), memory(register32(base), ZYDIS_REGISTER_NONE, 0, displacement, 4)}});
}
void Encoder::add_to(Gpr to, Gpr base, Gpr index, std::int32_t displacement) {
  emit({ZYDIS_MNEMONIC_LEA,
        {of(register32(to)), memory(register32(base), register32(index), 1, displacement, 4)}});
}
void Encoder::load_indexed(Gpr to, std::uint32_t table, Gpr index) {
  emit({ZYDIS_MNEMONIC_MOV,
        {of(register32(to)), memory(ZYDIS_REGISTER_NONE, register32(index), 4, table, 4)},
        kThroughStack});
}
void Encoder::bit_and(Gpr to, StateWord from) {
  emit({ZYDIS_MNEMONIC_AND, {of(register32(to)), word(from)}, kThroughStack});
}
void Encoder::bit_and(Gpr to, std::uint32_t value) {
  emit({ZYDIS_MNEMONIC_AND,
        {of(register32(to)), of(std::int64_t{static_cast<std::int32_t>(value)})}});
}
void Encoder::push(std::uint32_t value) {
  emit({ZYDIS_MNEMONIC_PUSH, {of(std::int64_t{static_cast<std::int32_t>(value)})}});
}
void Encoder::push(StateWord from, int bits) {
  emit({ZYDIS_MNEMONIC_PUSH, {word(from, bits / 8)}, kThroughStack});
}
void Encoder::push_flags() { emit({ZYDIS_MNEMONIC_PUSHFD}); }
void Encoder::pop_flags() { emit({ZYDIS_MNEMONIC_POPFD}); }
void Encoder::nop() { emit({ZYDIS_MNEMONIC_NOP}); }
void Encoder::interrupt(std::uint8_t vector) {
  emit({ZYDIS_MNEMONIC_INT, {of(std::int64_t{vector})}});
}
void Encoder::jump(Gpr to) { emit({ZYDIS_MNEMONIC_JMP, {of(register32(to))}}); }

std::uint32_t Encoder::jump(std::uint32_t target) {
  const std::uint32_t after = here() + static_cast<std::uint32_t>(kNearJumpBytes);
  emit({ZYDIS_MNEMONIC_JMP, {of(std::int64_t{static_cast<std::int32_t>(target - after)})}, 0, 32});
  return here() - 4;
}
std::uint32_t Encoder::jump_if(std::uint8_t condition, std::uint32_t target) {
  const std::uint32_t after = here() + 6;
  emit({kConditions[condition & 0xf],
        {of(std::int64_t{static_cast<std::int32_t>(target - after)})},
        0,
        32});
  return here() - 4;
}

std::size_t Encoder::jump_short() {
  emit({ZYDIS_MNEMONIC_JMP, {of(std::int64_t{0})}, 0, 8});
  return bytes_.size();
}
std::size_t Encoder::jump_short_if_zero() {
  emit({ZYDIS_MNEMONIC_JZ, {of(std::int64_t{0})}, 0, 8});
  return bytes_.size();
}
std::size_t Encoder::jump_short_if_ecx_zero() {
  emit({ZYDIS_MNEMONIC_JECXZ, {of(std::int64_t{0})}, 0, 8});
  return bytes_.size();
}
void Encoder::land(std::size_t jump) {
  bytes_[jump - 1] = static_cast<std::uint8_t>(bytes_.size() - jump);
}

std::int32_t displacement_to(std::uint32_t displacement_address, std::uint32_t target) {
  return static_cast<std::int32_t>(target - (displacement_address + 4));
}

}  // namespace gv::x86
