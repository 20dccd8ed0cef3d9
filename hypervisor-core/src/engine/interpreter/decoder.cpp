// SPDX-License-Identifier: MIT
//
// decoder.cpp - prefixes, ModRM and SIB, and the one-byte opcode map.
//
// Long because an opcode map is: one case per opcode or row of opcodes, in
// their order. The two-byte map is in decoder_two_byte.cpp.

#include "engine/interpreter/decoder.h"

#include "engine/interpreter/instruction_reader.h"

namespace gv::interpreter {

namespace {

void fpu_escape(InstructionReader& r) {
  r.modrm();
  r.use(&floating_point);
  r.op().immediate = r.opcode();
  r.op().extra = r.modrm_byte();
}

// 80 to 83: arithmetic with an immediate.
void group_1(InstructionReader& r) {
  const int bytes = r.opcode_is_byte() ? 1 : r.operand_bytes();
  r.modrm(bytes);
  r.immediate(r.opcode() == 0x81 ? bytes : 1);
  r.lockable(r.memory() && r.field() != 7);
  r.use(arithmetic(r.field(), r.memory() ? Form::MemImm : Form::RegImm, bytes));
}

// C0, C1, D0 to D3.
void group_2(InstructionReader& r) {
  const int bytes = r.opcode_is_byte() ? 1 : r.operand_bytes();
  const std::uint8_t opcode = r.opcode();
  r.modrm(bytes);
  const bool by_cl = opcode >= 0xd2;
  if (opcode <= 0xc1) {
    r.immediate(1);
  } else {
    r.op().immediate = 1;
  }
  r.use(shift(r.field(), r.memory(), by_cl, bytes));
}

// F6 and F7.
void group_3(InstructionReader& r) {
  const int bytes = r.opcode_is_byte() ? 1 : r.operand_bytes();
  r.modrm(bytes);
  switch (r.field()) {
    case 0:
    case 1:
      r.immediate(bytes);
      r.use(test(r.memory() ? Form::MemImm : Form::RegImm, bytes));
      break;
    case 2:
    case 3:
      r.lockable(r.memory());
      r.use(unary(r.field() == 2 ? Unary::Not : Unary::Neg, r.memory(), bytes));
      break;
    case 4:
      r.use(wide(Wide::Mul, r.memory(), bytes));
      break;
    case 5:
      r.use(wide(Wide::Imul, r.memory(), bytes));
      break;
    case 6:
      r.use(wide(Wide::Div, r.memory(), bytes));
      break;
    default:
      r.use(wide(Wide::Idiv, r.memory(), bytes));
      break;
  }
}

// FE and FF.
void group_5(InstructionReader& r) {
  const bool byte = r.opcode_is_byte();
  r.modrm(byte ? 1 : r.operand_bytes());
  if (r.field() <= 1) {
    r.lockable(r.memory());
    r.use(
        unary(r.field() == 0 ? Unary::Inc : Unary::Dec, r.memory(), byte ? 1 : r.operand_bytes()));
    return;
  }
  if (byte || r.field() == 7) {
    return;
  }
  if (r.field() == 2 || r.field() == 4) {
    r.default_64();
    r.rm_at_operand_size();
    const bool call = r.field() == 2;
    r.end_block(r.memory() ? (call ? &call_memory : &jump_memory)
                           : (call ? &call_register : &jump_register));
  } else if (r.field() == 6) {
    r.default_64();
    r.rm_at_operand_size();
    r.use(r.memory() ? &push_memory : push_register(r.operand_bytes()));
    r.op().source = r.op().destination;
  } else if (r.memory()) {
    r.end_block(r.field() == 3 ? &far_call_memory : &far_jump_memory);
  }
}

void arithmetic_row(InstructionReader& r) {
  const unsigned which = r.opcode() >> 3;
  const int bytes = r.opcode_is_byte() ? 1 : r.operand_bytes();
  switch (r.opcode() & 7) {
    case 0:
    case 1:
      r.modrm(bytes);
      r.source_from_reg(bytes);
      r.lockable(r.memory() && which != 7);
      r.use(arithmetic(which, r.memory() ? Form::MemReg : Form::RegReg, bytes));
      break;
    case 2:
    case 3:
      r.modrm(bytes);
      r.destination_from_reg(bytes);
      r.use(arithmetic(which, r.memory() ? Form::RegMem : Form::RegReg, bytes));
      break;
    default:
      r.immediate(bytes);
      r.use(arithmetic(which, Form::RegImm, bytes));  // AL, AX, EAX: register 0
      break;
  }
}

void string_row(InstructionReader& r, StringKind which) {
  const bool repeated = r.repeat() != Repeat::None;
  r.op().stands_alone = repeated;
  r.use(string(which, repeated, r.opcode_is_byte() ? 1 : r.operand_bytes()));
}

void move_row(InstructionReader& r) {
  const int bytes = r.opcode_is_byte() ? 1 : r.operand_bytes();
  r.modrm(bytes);
  if (r.opcode() < 0x8a) {
    r.source_from_reg(bytes);
    r.use(move(r.memory() ? Form::MemReg : Form::RegReg, bytes));
  } else {
    r.destination_from_reg(bytes);
    r.use(move(r.memory() ? Form::RegMem : Form::RegReg, bytes));
  }
}

void far_immediate(InstructionReader& r, Handler handler) {
  r.immediate_unsigned(r.operand_bytes());
  const std::uint64_t offset = r.op().immediate;
  r.immediate_unsigned(2);
  r.op().immediate = offset | r.op().immediate << 32;
  r.end_block(handler);
}

void port(InstructionReader& r, Handler handler, bool in_dx) {
  r.op().operand_bytes =
      static_cast<std::uint8_t>(r.opcode_is_byte() ? 1 : std::min(r.operand_bytes(), 4));
  r.op().extra = in_dx ? 1 : 0;
  if (!in_dx) {
    r.immediate_unsigned(1);
  }
  r.op().stands_alone = true;
  r.use(handler);
}

// Opcodes that 64-bit mode gave away or took out.
bool gone_in_64_bit_mode(std::uint8_t opcode) {
  switch (opcode) {
    case 0x06:
    case 0x07:
    case 0x0e:
    case 0x16:
    case 0x17:
    case 0x1e:
    case 0x1f:
    case 0x27:
    case 0x2f:
    case 0x37:
    case 0x3f:
    case 0x60:
    case 0x61:
    case 0x62:
    case 0x82:
    case 0x9a:
    case 0xc4:
    case 0xc5:
    case 0xce:
    case 0xd4:
    case 0xd5:
    case 0xd6:
    case 0xea:
      return true;
    default:
      return false;
  }
}

void push_pop_segment(InstructionReader& r, std::uint8_t opcode) {
  r.default_64();
  const auto segment = static_cast<std::uint8_t>((opcode >> 3) & 7);
  r.op().extra = segment;
  if ((opcode & 1) == 0) {
    r.use(&push_segment);
  } else {
    r.op().ends_block = segment == static_cast<std::uint8_t>(SegmentName::Ss);
    r.use(&pop_segment);
  }
}

void one_byte(InstructionReader& r) {
  const std::uint8_t opcode = r.opcode();
  const bool wide_mode = r.size() == x86::CodeSize::Bits64;
  if (wide_mode && gone_in_64_bit_mode(opcode)) {
    return;
  }
  const int bytes = r.opcode_is_byte() ? 1 : r.operand_bytes();
  const auto low = static_cast<std::uint8_t>(opcode & 7);
  if (opcode < 0x40 && (opcode & 7) < 6) {
    arithmetic_row(r);
    return;
  }
  switch (opcode >> 3) {
    case 0x40 >> 3:
    case 0x48 >> 3:
      r.destination_register(low, r.operand_bytes());
      r.use(unary(opcode < 0x48 ? Unary::Inc : Unary::Dec, false, r.operand_bytes()));
      return;
    case 0x50 >> 3:
      r.default_64();
      r.source_register(low, r.operand_bytes());
      r.use(push_register(r.operand_bytes()));
      return;
    case 0x58 >> 3:
      r.default_64();
      r.destination_register(low, r.operand_bytes());
      r.use(pop_register(r.operand_bytes()));
      return;
    case 0x70 >> 3:
    case 0x78 >> 3:
      r.default_64();
      r.immediate(1);
      r.end_block(jump_on_condition(opcode & 15));
      return;
    case 0x90 >> 3:
      if (opcode == 0x90 && !r.rex_b()) {
        r.use(&no_operation);
        return;
      }
      r.destination_register(low, r.operand_bytes());
      r.op().source = 0;
      r.use(exchange(false, r.operand_bytes()));
      return;
    case 0xb0 >> 3:
      r.destination_register(low, 1);
      r.immediate(1);
      r.use(move(Form::RegImm, 1));
      return;
    case 0xb8 >> 3:
      r.destination_register(low, r.operand_bytes());
      r.immediate_full(r.operand_bytes());
      r.use(move(Form::RegImm, r.operand_bytes()));
      return;
    case 0xd8 >> 3:
      fpu_escape(r);
      return;
    default:
      break;
  }
  switch (opcode) {
    case 0x06:
    case 0x07:
    case 0x0e:
    case 0x16:
    case 0x17:
    case 0x1e:
    case 0x1f:
      push_pop_segment(r, opcode);
      return;
    case 0x27:
      r.use(&decimal_adjust);
      return;
    case 0x2f:
      r.op().extra = 1;
      r.use(&decimal_adjust);
      return;
    case 0x37:
      r.use(&ascii_adjust);
      return;
    case 0x3f:
      r.op().extra = 1;
      r.use(&ascii_adjust);
      return;
    case 0x60:
      r.use(&push_all);
      return;
    case 0x61:
      r.use(&pop_all);
      return;
    case 0x62:
      r.modrm(bytes);
      if (r.memory()) {
        r.source_from_reg(r.operand_bytes());
        r.use(&check_bounds);
      }
      return;
    case 0x63:
      if (wide_mode) {
        r.modrm(4);
        r.destination_from_reg(r.operand_bytes());
        r.use(extend(true, r.memory(), std::min(4, r.operand_bytes()), r.operand_bytes()));
      } else {
        r.op().operand_bytes = 2;
        r.modrm(2);
        r.source_from_reg(2);
        r.use(&adjust_requested_privilege);
      }
      return;
    case 0x68:
      r.default_64();
      r.immediate(r.operand_bytes());
      r.use(&push_immediate);
      return;
    case 0x6a:
      r.default_64();
      r.immediate(1);
      r.use(&push_immediate);
      return;
    case 0x69:
    case 0x6b:
      r.modrm(r.operand_bytes());
      r.immediate(opcode == 0x69 ? r.operand_bytes() : 1);
      r.destination_from_reg(r.operand_bytes());
      r.use(multiply(r.memory(), true, r.operand_bytes()));
      return;
    case 0x6c:
    case 0x6d:
      port(r, &port_in_string, true);
      return;
    case 0x6e:
    case 0x6f:
      port(r, &port_out_string, true);
      return;
    case 0x80:
    case 0x81:
    case 0x82:
    case 0x83:
      group_1(r);
      return;
    case 0x84:
    case 0x85:
      r.modrm(bytes);
      r.source_from_reg(bytes);
      r.use(test(r.memory() ? Form::MemReg : Form::RegReg, bytes));
      return;
    case 0x86:
    case 0x87:
      r.modrm(bytes);
      r.source_from_reg(bytes);
      r.lockable(r.memory());
      r.use(exchange(r.memory(), bytes));
      return;
    case 0x88:
    case 0x89:
    case 0x8a:
    case 0x8b:
      move_row(r);
      return;
    case 0x8c:
      r.modrm(r.operand_bytes());
      r.op().extra = r.field();
      if (r.field() < 6) {
        r.use(&move_from_segment);
      }
      return;
    case 0x8d:
      r.modrm(r.operand_bytes());
      if (r.memory()) {
        r.destination_from_reg(r.operand_bytes());
        r.use(&load_effective_address);
      }
      return;
    case 0x8e:
      r.modrm(2);
      r.op().extra = r.field();
      if (r.field() < 6 && r.field() != static_cast<std::uint8_t>(SegmentName::Cs)) {
        r.op().ends_block = r.field() == static_cast<std::uint8_t>(SegmentName::Ss);
        r.use(&move_to_segment);
      }
      return;
    case 0x8f:
      r.default_64();
      r.modrm(r.operand_bytes());
      if (r.field() == 0) {
        r.use(r.memory() ? &pop_memory : pop_register(r.operand_bytes()));
      }
      return;
    case 0x98:
      r.use(&widen_accumulator);
      return;
    case 0x99:
      r.use(&sign_of_accumulator);
      return;
    case 0x9a:
      far_immediate(r, &far_call_immediate);
      return;
    case 0x9b:
      r.use(&wait_for_floating_point);
      return;
    case 0x9c:
      r.default_64();
      r.use(&push_flags);
      return;
    case 0x9d:
      r.default_64();
      r.end_block(&pop_flags);
      return;
    case 0x9e:
      r.use(&ah_to_flags);
      return;
    case 0x9f:
      r.use(&flags_to_ah);
      return;
    case 0xa0:
    case 0xa1:
      r.memory_at_offset(bytes);
      r.use(move(Form::RegMem, bytes));
      return;
    case 0xa2:
    case 0xa3:
      r.memory_at_offset(bytes);
      r.use(move(Form::MemReg, bytes));
      return;
    case 0xa4:
    case 0xa5:
      string_row(r, StringKind::Movs);
      return;
    case 0xa6:
    case 0xa7:
      string_row(r, StringKind::Cmps);
      return;
    case 0xa8:
    case 0xa9:
      r.immediate(bytes);
      r.use(test(Form::RegImm, bytes));
      return;
    case 0xaa:
    case 0xab:
      string_row(r, StringKind::Stos);
      return;
    case 0xac:
    case 0xad:
      string_row(r, StringKind::Lods);
      return;
    case 0xae:
    case 0xaf:
      string_row(r, StringKind::Scas);
      return;
    case 0xc0:
    case 0xc1:
    case 0xd0:
    case 0xd1:
    case 0xd2:
    case 0xd3:
      group_2(r);
      return;
    case 0xc2:
    case 0xc3:
      r.default_64();
      if (opcode == 0xc2) {
        r.immediate_unsigned(2);
      }
      r.end_block(&return_near);
      return;
    case 0xc4:
    case 0xc5:
      r.far_pointer_load(opcode == 0xc4 ? SegmentName::Es : SegmentName::Ds);
      return;
    case 0xc6:
    case 0xc7:
      r.modrm(bytes);
      r.immediate(bytes);
      if (r.field() == 0) {
        r.use(move(r.memory() ? Form::MemImm : Form::RegImm, bytes));
      }
      return;
    case 0xc8:
      r.default_64();
      r.immediate_unsigned(2);
      {
        const std::uint64_t frame = r.op().immediate;
        r.immediate_unsigned(1);
        r.op().extra = static_cast<std::uint8_t>(r.op().immediate);
        r.op().immediate = frame;
      }
      r.use(&enter_frame);
      return;
    case 0xc9:
      r.default_64();
      r.use(&leave_frame);
      return;
    case 0xca:
    case 0xcb:
      if (opcode == 0xca) {
        r.immediate_unsigned(2);
      }
      r.end_block(&far_return);
      return;
    case 0xcc:
      r.end_block(&breakpoint);
      return;
    case 0xcd:
      r.immediate_unsigned(1);
      r.end_block(&interrupt);
      return;
    case 0xce:
      r.end_block(&interrupt_on_overflow);
      return;
    case 0xcf:
      r.end_block(&interrupt_return);
      return;
    case 0xd4:
      r.immediate_unsigned(1);
      r.use(&ascii_adjust_multiply);
      return;
    case 0xd5:
      r.immediate_unsigned(1);
      r.use(&ascii_adjust_divide);
      return;
    case 0xd6:
      r.use(&carry_to_al);
      return;
    case 0xd7:
      r.op().base = static_cast<std::uint8_t>(Gpr::Bx);
      r.use(&translate_byte);
      return;
    case 0xe0:
    case 0xe1:
    case 0xe2:
    case 0xe3:
      r.default_64();
      r.op().extra = opcode & 3;
      r.immediate(1);
      r.end_block(&loop);
      return;
    case 0xe4:
    case 0xe5:
      port(r, &port_in, false);
      return;
    case 0xe6:
    case 0xe7:
      port(r, &port_out, false);
      return;
    case 0xec:
    case 0xed:
      port(r, &port_in, true);
      return;
    case 0xee:
    case 0xef:
      port(r, &port_out, true);
      return;
    case 0xe8:
    case 0xe9:
      r.default_64();
      r.immediate(r.operand_bytes());
      r.end_block(opcode == 0xe8 ? &call_relative : &jump_relative);
      return;
    case 0xea:
      far_immediate(r, &far_jump_immediate);
      return;
    case 0xeb:
      r.default_64();
      r.immediate(1);
      r.end_block(&jump_relative);
      return;
    case 0xf1:
      r.end_block(&debug_trap);
      return;
    case 0xf4:
      r.end_block(&halt);
      return;
    case 0xf5:
    case 0xf8:
    case 0xf9:
    case 0xfc:
    case 0xfd:
      r.op().extra = opcode;
      r.use(&set_flag_bit);
      return;
    case 0xf6:
    case 0xf7:
      group_3(r);
      return;
    case 0xfa:
      r.use(&clear_interrupt_flag);
      return;
    case 0xfb:
      r.end_block(&set_interrupt_flag);
      return;
    case 0xfe:
    case 0xff:
      group_5(r);
      return;
    default:
      return;  // #UD
  }
}

bool too_long(Cpu& cpu, const Operation&) { return cpu.general_protection(); }

}  // namespace

Decoded decode(const std::uint8_t* bytes, std::size_t available, x86::CodeSize size) {
  InstructionReader r(bytes, available, size);
  r.prefixes_and_opcode();
  if (r.two_byte()) {
    decode_two_byte(r);
  } else {
    one_byte(r);
  }
  Decoded decoded = r.finish();
  if (r.too_long()) {
    decoded.operation.handler = &too_long;
    decoded.operation.ends_block = true;
    decoded.needs_more_bytes = false;
  }
  return decoded;
}

}  // namespace gv::interpreter
