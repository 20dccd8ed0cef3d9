// SPDX-License-Identifier: MIT
//
// decoder_two_byte.cpp - the opcodes behind 0F.
//
// POPCNT, LZCNT, TZCNT, MOVBE and all vector instructions are not in the CPUID
// of this CPU: they decode to what the bytes mean without them.

#include "engine/interpreter/instruction_reader.h"

namespace gv::interpreter {

namespace {

// 0F 00: SLDT STR LLDT LTR VERR VERW.
void group_6(InstructionReader& r) {
  r.modrm(r.operand_bytes());
  r.op().extra = r.field() & 1;
  switch (r.field()) {
    case 0:
    case 1:
      r.use(&store_selector);
      break;
    case 2:
      r.use(&load_ldt);
      break;
    case 3:
      r.use(&load_task_register);
      break;
    case 4:
    case 5:
      r.use(&verify_segment);
      break;
    default:
      break;
  }
}

// 0F 01: SGDT SIDT LGDT LIDT SMSW LMSW INVLPG, and SWAPGS where r/m would be a register.
void group_7(InstructionReader& r) {
  r.modrm(r.operand_bytes());
  r.op().extra = r.field() & 1;
  switch (r.field()) {
    case 0:
    case 1:
      if (r.memory()) {
        r.use(&store_table);
      }
      break;
    case 2:
    case 3:
      if (r.memory()) {
        r.end_block(&load_table);
      }
      break;
    case 4:
      r.use(&store_machine_status);
      break;
    case 6:
      r.end_block(&load_machine_status);
      break;
    case 7:
      if (r.memory()) {
        r.end_block(&invalidate_page);
      } else if (r.modrm_byte() == 0xf8 && r.size() == x86::CodeSize::Bits64) {
        r.end_block(&swap_gs);
      }
      break;
    default:
      break;
  }
}

// 0F BA: BT BTS BTR BTC with an immediate.
void group_8(InstructionReader& r) {
  r.modrm(r.operand_bytes());
  r.immediate_unsigned(1);
  if (r.field() >= 4) {
    r.lockable(r.memory() && r.field() > 4);
    r.use(bit_test(r.field() & 3, r.memory(), true, r.operand_bytes()));
  }
}

// 0F C7 /1.
void group_9(InstructionReader& r) {
  r.modrm(r.operand_bytes());
  if (r.field() == 1 && r.memory()) {
    r.lockable(true);
    r.use(&compare_exchange_pair);
  }
}

void control_or_debug_register(InstructionReader& r) {
  const std::uint8_t opcode = r.opcode();
  r.modrm();  // mod is ignored: always registers
  r.op().memory_operand = false;
  r.op().destination = static_cast<std::uint8_t>(r.rm_number() * 8);
  r.op().extra = r.reg_number();
  r.op().operand_bytes = r.size() == x86::CodeSize::Bits64 ? 8 : 4;
  if ((opcode & 1) != 0) {
    r.op().stands_alone = true;
    r.use(&move_debug);
  } else if (opcode == 0x20) {
    r.use(&move_from_control);
  } else {
    r.end_block(&move_to_control);
  }
}

void fences(InstructionReader& r) {
  r.modrm(r.operand_bytes());
  // LFENCE, MFENCE, SFENCE; CLFLUSH reads its operand's address and no more.
  const bool fence = !r.memory() && r.field() >= 5;
  const bool flush = r.memory() && r.field() == 7;
  if (fence || flush) {
    r.use(&no_operation);
  }
}

}  // namespace

void decode_two_byte(InstructionReader& r) {
  const std::uint8_t opcode = r.opcode();
  const int bytes = r.opcode_is_byte() ? 1 : r.operand_bytes();
  const bool wide_mode = r.size() == x86::CodeSize::Bits64;
  switch (opcode >> 4) {
    case 0x4:
      r.modrm(r.operand_bytes());
      r.op().extra = opcode & 15;
      r.destination_from_reg(r.operand_bytes());
      r.use(conditional_move(r.memory(), r.operand_bytes()));
      return;
    case 0x8:
      r.default_64();
      r.immediate(r.operand_bytes());
      r.end_block(jump_on_condition(opcode & 15));
      return;
    case 0x9:
      r.modrm(1);
      r.op().extra = opcode & 15;
      r.use(r.memory() ? &set_on_condition_memory : &set_on_condition_register);
      return;
    default:
      break;
  }
  switch (opcode) {
    case 0x00:
      group_6(r);
      return;
    case 0x01:
      group_7(r);
      return;
    case 0x02:
    case 0x03:
      r.modrm(r.operand_bytes());
      r.destination_from_reg(r.operand_bytes());
      r.op().extra = opcode & 1;
      r.use(&load_access_or_limit);
      return;
    case 0x05:
      if (wide_mode) {
        r.end_block(&system_call);
      }
      return;
    case 0x06:
      r.use(&clear_task_switched);
      return;
    case 0x07:
      if (wide_mode) {
        r.end_block(&system_return);
      }
      return;
    case 0x08:
    case 0x09:
      r.use(&flush_caches);
      return;
    case 0x0b:
      return;  // UD2
    case 0x0d:
    case 0x18:
    case 0x19:
    case 0x1a:
    case 0x1b:
    case 0x1c:
    case 0x1d:
    case 0x1e:
    case 0x1f:
      r.modrm(r.operand_bytes());
      r.use(&no_operation);
      return;
    case 0x20:
    case 0x21:
    case 0x22:
    case 0x23:
      control_or_debug_register(r);
      return;
    case 0x30:
      r.end_block(&write_msr);
      return;
    case 0x31:
      r.op().stands_alone = true;
      r.use(&read_time_stamp);
      return;
    case 0x32:
      r.use(&read_msr);
      return;
    case 0x34:
      r.end_block(&system_enter);
      return;
    case 0x35:
      r.end_block(&system_exit);
      return;
    case 0xa0:
    case 0xa8:
    case 0xa1:
    case 0xa9:
      r.default_64();
      r.op().extra = opcode < 0xa8 ? 4 : 5;
      r.use((opcode & 1) == 0 ? &push_segment : &pop_segment);
      return;
    case 0xa2:
      r.use(&identify);
      return;
    case 0xa3:
    case 0xab:
    case 0xb3:
    case 0xbb:
      r.modrm(r.operand_bytes());
      r.source_from_reg(r.operand_bytes());
      r.lockable(r.memory() && opcode != 0xa3);
      r.use(bit_test((opcode >> 3) & 3, r.memory(), false, r.operand_bytes()));
      return;
    case 0xa4:
    case 0xa5:
    case 0xac:
    case 0xad:
      r.modrm(r.operand_bytes());
      r.source_from_reg(r.operand_bytes());
      if ((opcode & 1) == 0) {
        r.immediate_unsigned(1);
      }
      r.use(double_shift(opcode < 0xa8, r.memory(), (opcode & 1) != 0, r.operand_bytes()));
      return;
    case 0xae:
      fences(r);
      return;
    case 0xaf:
      r.modrm(r.operand_bytes());
      r.destination_from_reg(r.operand_bytes());
      r.use(multiply(r.memory(), false, r.operand_bytes()));
      return;
    case 0xb0:
    case 0xb1:
      r.modrm(bytes);
      r.source_from_reg(bytes);
      r.lockable(r.memory());
      r.use(compare_exchange(r.memory(), bytes));
      return;
    case 0xb2:
      r.far_pointer_load(SegmentName::Ss);
      return;
    case 0xb4:
      r.far_pointer_load(SegmentName::Fs);
      return;
    case 0xb5:
      r.far_pointer_load(SegmentName::Gs);
      return;
    case 0xb6:
    case 0xb7:
    case 0xbe:
    case 0xbf: {
      const int from = r.opcode_is_byte() ? 1 : 2;
      r.modrm(from);
      r.destination_from_reg(r.operand_bytes());
      r.use(extend(opcode >= 0xbe, r.memory(), from, r.operand_bytes()));
      return;
    }
    case 0xba:
      group_8(r);
      return;
    case 0xbc:
    case 0xbd:
      r.modrm(r.operand_bytes());
      r.destination_from_reg(r.operand_bytes());
      r.use(bit_scan(opcode == 0xbd, r.memory(), r.operand_bytes()));
      return;
    case 0xc0:
    case 0xc1:
      r.modrm(bytes);
      r.source_from_reg(bytes);
      r.lockable(r.memory());
      r.use(exchange_add(r.memory(), bytes));
      return;
    case 0xc3:
      r.modrm(r.operand_bytes());
      r.source_from_reg(r.operand_bytes());
      if (r.memory() && r.operand_bytes() != 2) {
        r.use(move(Form::MemReg, r.operand_bytes()));  // MOVNTI
      }
      return;
    case 0xc7:
      group_9(r);
      return;
    case 0xc8:
    case 0xc9:
    case 0xca:
    case 0xcb:
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
      r.destination_register(opcode & 7, r.operand_bytes());
      r.use(byte_swap(r.operand_bytes()));
      return;
    default:
      return;  // #UD
  }
}

}  // namespace gv::interpreter
