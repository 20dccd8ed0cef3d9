// SPDX-License-Identifier: MIT

#include "engine/interpreter/instruction_record.h"

#include "engine/interpreter/interpreter_state.h"
#include "x86/disassemble.h"

namespace gv {

using namespace interpreter;

namespace {

std::optional<Gpr> named(std::uint8_t slot) {
  return slot < kGprCount ? std::optional(static_cast<Gpr>(slot)) : std::nullopt;
}

MemoryAccessRecord describe_memory(Cpu& cpu, const Operation& op) {
  MemoryAccessRecord m;
  m.segment = op.segment;
  m.segment_base = cpu.segment(op.segment).base;
  m.base = named(op.base);
  m.index = named(op.index);
  m.rip_relative = op.base == kRipSlot;
  // While an instruction runs RIP is after it.
  const std::uint64_t rip = cpu.rip();
  cpu.rip() += op.length;
  m.base_value = cpu.slots[op.base];
  m.index_value = cpu.slots[op.index];
  m.scale = static_cast<std::uint8_t>(1u << op.scale_shift);
  m.displacement = op.displacement;
  m.offset = cpu.offset_of(op);
  m.linear = Gva(cpu.linear(op.segment, m.offset));
  cpu.rip() = rip;
  m.walk = cpu.walker().walk(cpu.paging(), m.linear, AccessKind::Read, AccessLevel::Supervisor,
                             SetAccessedDirty::No);
  m.bytes = op.operand_bytes;
  cpu.peek(m.linear.value, &m.before, m.bytes);
  m.after = m.before;
  return m;
}

}  // namespace

InstructionRecord InterpreterEngine::look_inside() {
  Cpu& cpu = state_->cpu;
  InstructionRecord r;
  r.address = linear_rip();
  r.fetch_walk = cpu.walker().walk(cpu.paging(), r.address, AccessKind::Execute,
                                   cpu.cpl() == 3 ? AccessLevel::User : AccessLevel::Supervisor,
                                   SetAccessedDirty::No);
  const std::size_t got = cpu.peek(r.address.value, r.bytes.data(), r.bytes.size());
  const Decoded decoded = interpreter::decode(r.bytes.data(), got, cpu.code_size());
  r.length = decoded.operation.length;
  r.encoding = decoded.encoding;
  r.text = x86::disassemble(r.bytes.data(), got, r.address, cpu.code_size()).text;
  if (decoded.operation.memory_operand) {
    r.memory = describe_memory(cpu, decoded.operation);
  }
  r.flags_before = r.flags_after = cpu.flags.word();
  r.rip_before = r.rip_after = cpu.rip();
  return r;
}

InstructionRecord InterpreterEngine::step_inside(const Entry& entry) {
  state_->apply_pending();
  InstructionRecord r = look_inside();
  Cpu& cpu = state_->cpu;
  const auto before = cpu.slots;
  const std::uint64_t retired = cpu.retired;
  Entry one = entry;
  one.stop_exactly = retired + 1;
  const auto exit = run(one);
  r.exit = exit ? *exit : Exit{TripleFaulted{}};
  r.completed = cpu.retired != retired;
  for (std::size_t i = 0; i < kGprCount; ++i) {
    if (cpu.slots[i] != before[i]) {
      r.changes.push_back({static_cast<Gpr>(i), before[i], cpu.slots[i]});
    }
  }
  if (r.memory) {
    cpu.peek(r.memory->linear.value, &r.memory->after, r.memory->bytes);
  }
  r.flags_after = cpu.flags.word();
  r.rip_after = cpu.rip();
  return r;
}

}  // namespace gv
