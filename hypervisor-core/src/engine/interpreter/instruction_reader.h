// SPDX-License-Identifier: MIT
//
// instruction_reader.h - a cursor over one instruction's bytes that fills an Operation.
//
// Knows the format (prefixes, REX, ModRM, SIB, displacement, immediate) and no
// opcode. Until use() is called the operation raises #UD.
//
// Private to the decoder. Source: SDM vol. 2A, "Instruction Format".

#pragma once

#include "engine/interpreter/decoder.h"
#include "engine/interpreter/handlers.h"

#include <algorithm>

namespace gv::interpreter {

class InstructionReader {
 public:
  InstructionReader(const std::uint8_t* bytes, std::size_t available, x86::CodeSize size);

  void prefixes_and_opcode();
  x86::CodeSize size() const { return size_; }
  std::uint8_t opcode() const { return opcode_; }
  bool two_byte() const { return two_byte_; }
  // Bit 0 of most opcodes tells bytes from words.
  bool opcode_is_byte() const { return (opcode_ & 1) == 0; }
  int operand_bytes() const { return operand_bytes_; }
  Repeat repeat() const { return op_.repeat; }
  bool operand_prefix() const { return operand_prefix_; }
  bool rex_b() const { return (rex_ & 1) != 0; }
  bool rex_w() const { return (rex_ & 8) != 0; }
  bool too_long() const { return too_long_; }
  std::uint8_t next();  // of the opcode

  // ModRM and what follows it; a register in r/m becomes the destination.
  void modrm(int bytes = 4);
  bool memory() const { return op_.memory_operand; }
  std::uint8_t modrm_byte() const { return modrm_; }
  std::uint8_t field() const { return (modrm_ >> 3) & 7; }  // without REX.R
  std::uint8_t reg_number() const { return reg_; }          // with it
  std::uint8_t rm_number() const { return rm_; }
  // The reg field is the source, r/m the destination; or the other way round.
  void source_from_reg(int bytes) { op_.source = place(reg_, bytes); }
  void destination_from_reg(int bytes) {
    op_.source = op_.destination;
    op_.destination = place(reg_, bytes);
  }
  void source_register(std::uint8_t low_bits, int bytes) {
    op_.source = place(with_rex_b(low_bits), bytes);
  }
  void destination_register(std::uint8_t low_bits, int bytes) {
    op_.destination = place(with_rex_b(low_bits), bytes);
  }
  // The operand size changed after modrm() was read.
  void rm_at_operand_size() { op_.destination = place(rm_, operand_bytes_); }
  void memory_at_offset(int bytes);  // MOV with a bare offset, A0 to A3
  void far_pointer_load(SegmentName segment);

  // Sign-extended; of eight bytes only four are encoded.
  void immediate(int bytes) { read_immediate(std::min(bytes, 4), true); }
  void immediate_unsigned(int bytes) { read_immediate(std::min(bytes, 4), false); }
  void immediate_full(int bytes) { read_immediate(bytes, true); }

  // PUSH, POP and near branches are 64 bits wide in 64-bit mode without REX.W.
  void default_64();
  void lockable(bool yes) { lock_allowed_ = yes; }

  Operation& op() { return op_; }
  void use(Handler handler) { op_.handler = handler; }
  void end_block(Handler handler) {
    op_.handler = handler;
    op_.ends_block = true;
  }
  Decoded finish();

 private:
  // A register's byte offset in the file; 4 to 7 as bytes are AH to BH, unless there is a REX.
  std::uint8_t place(std::uint8_t number, int bytes) const {
    if (bytes == 1 && rex_ == 0 && number >= 4 && number < 8) {
      return static_cast<std::uint8_t>((number - 4) * 8 + 1);
    }
    return static_cast<std::uint8_t>(number * 8);
  }
  std::uint8_t with_rex_b(std::uint8_t number) const {
    return static_cast<std::uint8_t>(number | ((rex_ & 1) << 3));
  }
  std::uint8_t byte();
  std::uint64_t little_endian(int bytes);
  void read_immediate(int bytes, bool sign_extend);
  void read_displacement(int bytes);
  void memory_16();
  void memory_32();
  void default_segment(SegmentName name) {
    if (!override_) {
      op_.segment = name;
    }
  }

  const std::uint8_t* bytes_;
  std::size_t available_;
  x86::CodeSize size_;
  std::size_t at_ = 0;
  bool needs_more_ = false, too_long_ = false;
  std::uint8_t rex_ = 0, opcode_ = 0, modrm_ = 0, reg_ = 0, rm_ = 0;
  bool two_byte_ = false, operand_prefix_ = false, locked_ = false, lock_allowed_ = false;
  bool override_ = false;
  int operand_bytes_ = 4, address_bytes_ = 4;
  Operation op_;
  Encoding encoding_;
};

// decoder_two_byte.cpp
void decode_two_byte(InstructionReader& r);

}  // namespace gv::interpreter
