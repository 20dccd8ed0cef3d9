// SPDX-License-Identifier: MIT
//
// handlers.h - the functions that execute instructions, as the decoder picks them.
//
// One section for each .cpp beside it. A function with a width or a form picks
// an instantiation; a Handler-shaped one is the instruction itself, at the width
// that Operation::operand_bytes says.

#pragma once

#include "engine/interpreter/cpu.h"
#include "engine/interpreter/operation.h"

#include <cstdint>

namespace gv::interpreter {

// Where the operands of a two-operand instruction are: destination, then source.
enum class Form : std::uint8_t { RegReg, MemReg, RegMem, RegImm, MemImm };
constexpr bool in_memory(Form form) { return form == Form::MemReg || form == Form::MemImm; }

// Calls `pick` with a value of the unsigned type that has `bytes`.
template <class Pick>
Handler for_width(int bytes, Pick pick) {
  switch (bytes) {
    case 1:
      return pick(std::uint8_t{});
    case 2:
      return pick(std::uint16_t{});
    case 8:
      return pick(std::uint64_t{});
    default:
      return pick(std::uint32_t{});
  }
}

// arithmetic.cpp. `which` is the opcode's field: ADD OR ADC SBB AND SUB XOR CMP.
Handler arithmetic(unsigned which, Form form, int bytes);
Handler test(Form form, int bytes);
enum class Unary : std::uint8_t { Inc, Dec, Not, Neg };
Handler unary(Unary which, bool memory, int bytes);

// shift.cpp. `which`: ROL ROR RCL RCR SHL SHR SAL SAR; the count is CL or the immediate.
Handler shift(unsigned which, bool memory, bool by_cl, int bytes);
Handler double_shift(bool left, bool memory, bool by_cl, int bytes);

// multiply_divide.cpp
enum class Wide : std::uint8_t { Mul, Imul, Div, Idiv };
Handler wide(Wide which, bool memory, int bytes);
// IMUL of two or three operands: destination = source * (immediate or destination).
Handler multiply(bool memory, bool by_immediate, int bytes);

// bit_test.cpp. `which`: BT BTS BTR BTC.
Handler bit_test(unsigned which, bool memory, bool by_immediate, int bytes);
Handler bit_scan(bool reverse, bool memory, int bytes);
Handler byte_swap(int bytes);

// move.cpp
Handler move(Form form, int bytes);
Handler extend(bool is_signed, bool memory, int from_bytes, int to_bytes);
Handler exchange(bool memory, int bytes);
Handler compare_exchange(bool memory, int bytes);
Handler exchange_add(bool memory, int bytes);
Handler conditional_move(bool memory, int bytes);
bool set_on_condition_register(Cpu& cpu, const Operation& op);
bool set_on_condition_memory(Cpu& cpu, const Operation& op);
bool load_effective_address(Cpu& cpu, const Operation& op);
bool translate_byte(Cpu& cpu, const Operation& op);         // XLAT
bool widen_accumulator(Cpu& cpu, const Operation& op);      // CBW, CWDE, CDQE
bool sign_of_accumulator(Cpu& cpu, const Operation& op);    // CWD, CDQ, CQO
bool flags_to_ah(Cpu& cpu, const Operation& op);            // LAHF
bool ah_to_flags(Cpu& cpu, const Operation& op);            // SAHF
bool compare_exchange_pair(Cpu& cpu, const Operation& op);  // CMPXCHG8B, CMPXCHG16B
bool set_flag_bit(Cpu& cpu, const Operation& op);           // CLC STC CMC CLD STD: extra
bool carry_to_al(Cpu& cpu, const Operation& op);            // SALC
bool no_operation(Cpu& cpu, const Operation& op);
bool undefined(Cpu& cpu, const Operation& op);

// decimal.cpp
bool decimal_adjust(Cpu& cpu, const Operation& op);  // DAA, DAS: extra 0, 1
bool ascii_adjust(Cpu& cpu, const Operation& op);    // AAA, AAS: extra 0, 1
bool ascii_adjust_multiply(Cpu& cpu, const Operation& op);
bool ascii_adjust_divide(Cpu& cpu, const Operation& op);

// stack.cpp
Handler push_register(int bytes);
Handler pop_register(int bytes);
bool push_memory(Cpu& cpu, const Operation& op);
bool pop_memory(Cpu& cpu, const Operation& op);
bool push_immediate(Cpu& cpu, const Operation& op);
bool push_all(Cpu& cpu, const Operation& op);
bool pop_all(Cpu& cpu, const Operation& op);
bool push_flags(Cpu& cpu, const Operation& op);
bool pop_flags(Cpu& cpu, const Operation& op);
bool enter_frame(Cpu& cpu, const Operation& op);
bool leave_frame(Cpu& cpu, const Operation& op);

// control_transfer.cpp
bool jump_relative(Cpu& cpu, const Operation& op);
Handler jump_on_condition(unsigned condition);
bool jump_register(Cpu& cpu, const Operation& op);
bool jump_memory(Cpu& cpu, const Operation& op);
bool call_relative(Cpu& cpu, const Operation& op);
bool call_register(Cpu& cpu, const Operation& op);
bool call_memory(Cpu& cpu, const Operation& op);
bool return_near(Cpu& cpu, const Operation& op);
bool loop(Cpu& cpu, const Operation& op);        // extra: 0 LOOPNE, 1 LOOPE, 2 LOOP, 3 JCXZ
bool interrupt(Cpu& cpu, const Operation& op);   // INT n
bool breakpoint(Cpu& cpu, const Operation& op);  // INT3
bool interrupt_on_overflow(Cpu& cpu, const Operation& op);  // INTO
bool debug_trap(Cpu& cpu, const Operation& op);             // INT1
bool check_bounds(Cpu& cpu, const Operation& op);           // BOUND

// far_transfer.cpp
bool far_jump_immediate(Cpu& cpu, const Operation& op);
bool far_jump_memory(Cpu& cpu, const Operation& op);
bool far_call_immediate(Cpu& cpu, const Operation& op);
bool far_call_memory(Cpu& cpu, const Operation& op);
bool far_return(Cpu& cpu, const Operation& op);
bool interrupt_return(Cpu& cpu, const Operation& op);

// segment_load.cpp
bool push_segment(Cpu& cpu, const Operation& op);  // segment number in extra
bool pop_segment(Cpu& cpu, const Operation& op);
bool move_from_segment(Cpu& cpu, const Operation& op);
bool move_to_segment(Cpu& cpu, const Operation& op);
bool load_far_pointer(Cpu& cpu, const Operation& op);  // LDS, LES, LSS, LFS, LGS

// string.cpp
enum class StringKind : std::uint8_t { Movs, Cmps, Stos, Lods, Scas };
Handler string(StringKind which, bool repeated, int bytes);

// port.cpp
bool port_in(Cpu& cpu, const Operation& op);  // extra 1: port in DX
bool port_out(Cpu& cpu, const Operation& op);
bool port_in_string(Cpu& cpu, const Operation& op);
bool port_out_string(Cpu& cpu, const Operation& op);
// The port was answered: what is left of the instruction. False after a fault.
bool complete_port(Cpu& cpu, const Operation& op, std::uint32_t reply);

// system.cpp
bool clear_interrupt_flag(Cpu& cpu, const Operation& op);
bool set_interrupt_flag(Cpu& cpu, const Operation& op);
bool halt(Cpu& cpu, const Operation& op);
bool move_from_control(Cpu& cpu, const Operation& op);
bool move_to_control(Cpu& cpu, const Operation& op);
bool move_debug(Cpu& cpu, const Operation& op);
bool store_machine_status(Cpu& cpu, const Operation& op);  // SMSW
bool load_machine_status(Cpu& cpu, const Operation& op);   // LMSW
bool clear_task_switched(Cpu& cpu, const Operation& op);
bool invalidate_page(Cpu& cpu, const Operation& op);
bool flush_caches(Cpu& cpu, const Operation& op);
bool read_time_stamp(Cpu& cpu, const Operation& op);

// x87_instruction.cpp
bool floating_point(Cpu& cpu, const Operation& op);  // opcode in immediate, ModRM in extra
bool wait_for_floating_point(Cpu& cpu, const Operation& op);

// descriptor_table.cpp
bool store_table(Cpu& cpu, const Operation& op);     // SGDT, SIDT: extra 0, 1
bool load_table(Cpu& cpu, const Operation& op);      // LGDT, LIDT
bool store_selector(Cpu& cpu, const Operation& op);  // SLDT, STR: extra 0, 1
bool load_ldt(Cpu& cpu, const Operation& op);
bool load_task_register(Cpu& cpu, const Operation& op);
bool verify_segment(Cpu& cpu, const Operation& op);              // VERR, VERW: extra 0, 1
bool load_access_or_limit(Cpu& cpu, const Operation& op);        // LAR, LSL: extra 0, 1
bool adjust_requested_privilege(Cpu& cpu, const Operation& op);  // ARPL

// model_specific.cpp
bool read_msr(Cpu& cpu, const Operation& op);
bool write_msr(Cpu& cpu, const Operation& op);
bool identify(Cpu& cpu, const Operation& op);  // CPUID
bool swap_gs(Cpu& cpu, const Operation& op);

// fast_system_call.cpp
bool system_enter(Cpu& cpu, const Operation& op);
bool system_exit(Cpu& cpu, const Operation& op);
bool system_call(Cpu& cpu, const Operation& op);
bool system_return(Cpu& cpu, const Operation& op);

}  // namespace gv::interpreter
