// SPDX-License-Identifier: MIT

#include "technique/interrupt_delivery.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

namespace gv {

using namespace x86;

namespace {

constexpr std::uint32_t kClearedByEveryGate = eflags::TF | eflags::NT | eflags::RF | eflags::VM;

DeliveryFault general_protection(std::uint32_t error) { return {kGeneralProtection, error, {}}; }

DeliveryFault page_fault_of(const PageWalk& walk, AccessKind kind) {
  return {kPageFault, PageWalker::error_code(walk, kind, AccessLevel::Supervisor), walk.address};
}

// Pushes onto a stack that wraps at its own width; remembers the first failure.
class FrameWriter {
 public:
  FrameWriter(const LinearMemory& memory, const Segment& stack, std::uint64_t pointer)
      : memory_(memory),
        base_(stack.base),
        mask_((stack.attributes & attribute::DB) != 0 ? 0xffffffffu : 0xffffu),
        pointer_(pointer) {}

  void push(std::uint32_t value, std::size_t bytes) {
    if (failure_) {
      return;
    }
    const std::uint64_t lower = (pointer_ - bytes) & mask_;
    pointer_ = (pointer_ & ~std::uint64_t{mask_}) | lower;
    failure_ =
        memory_.write(Gva((base_ + lower) & 0xffffffffu), &value, bytes, AccessLevel::Supervisor);
  }
  std::uint64_t pointer() const { return pointer_; }
  const std::optional<PageWalk>& failure() const { return failure_; }

 private:
  const LinearMemory& memory_;
  std::uint64_t base_;
  std::uint32_t mask_;
  std::uint64_t pointer_;
  std::optional<PageWalk> failure_;
};

// SDM vol. 3A, "Real-Address Mode Interrupt and Exception Handling".
DeliveryResult deliver_in_real_mode(const RegisterFile& cpu, const LinearMemory& memory,
                                    const InterruptRequest& request) {
  const auto vector =
      memory.load<std::uint32_t>(Gva(cpu.idtr.base + 4u * request.vector), AccessLevel::Supervisor);
  if (!vector) {
    return general_protection(0);
  }
  RegisterFile next = cpu;
  FrameWriter frame(memory, real_mode_segment(cpu[SegmentName::Ss].selector), cpu[Gpr::Sp]);
  frame.push(static_cast<std::uint32_t>(cpu.rflags), 2);
  frame.push(cpu[SegmentName::Cs].selector, 2);
  frame.push(static_cast<std::uint32_t>(cpu.rip), 2);
  next[Gpr::Sp] = frame.pointer();
  next[SegmentName::Cs] = real_mode_segment(static_cast<std::uint16_t>(*vector >> 16));
  next.rip = *vector & 0xffff;
  next.rflags &= ~std::uint64_t{eflags::IF | eflags::TF | eflags::AC};
  return next;
}

// The code segment that a gate leads to; in long mode a 64-bit one.
std::variant<Descriptor, DeliveryFault> code_segment_of(const Gate& gate, const RegisterFile& cpu,
                                                        const LinearMemory& memory,
                                                        std::uint32_t blame_selector) {
  const std::uint16_t offset = selector_offset(gate.selector);
  if (selector_is_null(gate.selector) || selector_in_ldt(gate.selector) ||
      offset + 7u > cpu.gdtr.limit) {
    return general_protection(blame_selector);
  }
  const auto raw = memory.load<std::uint64_t>(Gva(cpu.gdtr.base + offset), AccessLevel::Supervisor);
  const Descriptor code = parse_descriptor(raw.value_or(0));
  if (!code.is_code() || (memory.long_mode() && !code.long_mode) || code.dpl > cpu.cpl()) {
    return general_protection(blame_selector);
  }
  if (!code.present) {
    return DeliveryFault{kSegmentNotPresent, blame_selector, {}};
  }
  return code;
}

// SDM vol. 3A, "64-Bit Mode IDT", "64-Bit Mode Stack Frame", "Interrupt Stack Table".
DeliveryResult deliver_in_long_mode(const RegisterFile& cpu, const LinearMemory& memory,
                                    const InterruptRequest& request) {
  const std::uint32_t external = request.source == InterruptSource::Software ? 0u : 1u;
  const std::uint32_t blame_vector =
      std::uint32_t{request.vector} * 8 + selector_error::IDT + external;
  const std::uint32_t gate_offset = std::uint32_t{request.vector} * 16;
  std::uint64_t raw[2] = {};
  if (gate_offset + 15 > cpu.idtr.limit) {
    return general_protection(blame_vector);
  }
  if (const auto walk =
          memory.read(Gva(cpu.idtr.base + gate_offset), raw, sizeof raw, AccessLevel::Supervisor)) {
    return page_fault_of(*walk, AccessKind::Read);
  }
  const Gate gate = parse_gate(raw[0]);
  const bool usable =
      gate.type == system_type::kInterruptGate32 || gate.type == system_type::kTrapGate32;
  if (!usable || (request.source == InterruptSource::Software && gate.dpl < cpu.cpl())) {
    return general_protection(blame_vector);
  }
  if (!gate.present) {
    return DeliveryFault{kSegmentNotPresent, blame_vector, {}};
  }
  const auto found = code_segment_of(gate, cpu, memory, (gate.selector & 0xfffcu) + external);
  if (const auto* fault = std::get_if<DeliveryFault>(&found)) {
    return *fault;
  }
  const Descriptor& code = std::get<Descriptor>(found);

  RegisterFile next = cpu;
  const int new_cpl = code.is_conforming() ? cpu.cpl() : code.dpl;
  const auto stack_number = static_cast<std::uint32_t>(raw[0] >> 32) & 7;
  std::uint64_t sp = cpu[Gpr::Sp];
  if (stack_number != 0 || new_cpl < cpu.cpl()) {
    // In a 64-bit TSS: RSP0 to RSP2 from byte 4, the interrupt stacks from byte 36.
    const std::uint32_t at = stack_number != 0 ? 36 + 8 * (stack_number - 1)
                                               : 4 + 8 * static_cast<std::uint32_t>(new_cpl);
    const auto loaded = memory.load<std::uint64_t>(Gva(cpu.tr.base + at), AccessLevel::Supervisor);
    if (!loaded) {
      return DeliveryFault{kInvalidTss, (cpu.tr.selector & 0xfffcu) + external, {}};
    }
    sp = *loaded;
  }
  if (new_cpl < cpu.cpl()) {
    next[SegmentName::Ss] = Segment{.selector = static_cast<std::uint16_t>(new_cpl)};
  }
  std::uint64_t frame[6] = {request.error_code.value_or(0),
                            cpu.rip,
                            cpu[SegmentName::Cs].selector,
                            cpu.rflags,
                            cpu[Gpr::Sp],
                            cpu[SegmentName::Ss].selector};
  const std::size_t first = request.error_code ? 0 : 1;
  const std::size_t bytes = (6 - first) * sizeof frame[0];
  sp = (sp & ~std::uint64_t{15}) - bytes;
  if (const auto walk = memory.write(Gva(sp), frame + first, bytes, AccessLevel::Supervisor)) {
    return page_fault_of(*walk, AccessKind::Write);
  }
  next[Gpr::Sp] = sp;
  next[SegmentName::Cs] = segment_of(with_rpl(gate.selector, new_cpl), code);
  next.rip = (raw[1] << 32) | gate.offset;
  next.rflags &= ~std::uint64_t{kClearedByEveryGate};
  if (gate.clears_if()) {
    next.rflags &= ~std::uint64_t{eflags::IF};
  }
  return next;
}

}  // namespace

DeliveryResult deliver(const RegisterFile& cpu, const LinearMemory& memory,
                       const InterruptRequest& request) {
  if ((cpu.cr0 & cr0::PE) == 0) {
    return deliver_in_real_mode(cpu, memory, request);
  }
  if (memory.long_mode()) {
    return deliver_in_long_mode(cpu, memory, request);
  }
  const std::uint32_t external = request.source == InterruptSource::Software ? 0u : 1u;
  const std::uint32_t blame_vector =
      std::uint32_t{request.vector} * 8 + selector_error::IDT + external;
  const std::uint32_t gate_offset = std::uint32_t{request.vector} * 8;
  if (gate_offset + 7 > cpu.idtr.limit) {
    return general_protection(blame_vector);
  }
  const auto raw_gate =
      memory.load<std::uint64_t>(Gva(cpu.idtr.base + gate_offset), AccessLevel::Supervisor);
  if (!raw_gate) {
    std::uint64_t ignored = 0;
    const auto walk =
        memory.read(Gva(cpu.idtr.base + gate_offset), &ignored, 8, AccessLevel::Supervisor);
    return page_fault_of(*walk, AccessKind::Read);
  }
  const Gate gate = parse_gate(*raw_gate);
  const bool usable = (gate.type & 7) == (system_type::kInterruptGate16 & 7) ||
                      (gate.type & 7) == (system_type::kTrapGate16 & 7);
  if (!usable || (request.source == InterruptSource::Software && gate.dpl < cpu.cpl())) {
    return general_protection(blame_vector);
  }
  if (!gate.present) {
    return DeliveryFault{kSegmentNotPresent, blame_vector, {}};
  }

  const auto found = code_segment_of(gate, cpu, memory, (gate.selector & 0xfffcu) + external);
  if (const auto* fault = std::get_if<DeliveryFault>(&found)) {
    return *fault;
  }
  const Descriptor& code = std::get<Descriptor>(found);

  RegisterFile next = cpu;
  const int new_cpl = code.is_conforming() ? cpu.cpl() : code.dpl;
  const bool changes_stack = new_cpl < cpu.cpl();
  if (changes_stack) {
    // The inner stack stands in the TSS: SDM vol. 3A, "Stack Switching".
    const Gva tss(cpu.tr.base);
    const auto esp =
        memory.load<std::uint32_t>(tss + tss32::esp_of_ring(new_cpl), AccessLevel::Supervisor);
    const auto ss =
        memory.load<std::uint16_t>(tss + tss32::ss_of_ring(new_cpl), AccessLevel::Supervisor);
    const std::uint16_t stack_offset = selector_offset(ss.value_or(0));
    const auto raw_stack =
        memory.load<std::uint64_t>(Gva(cpu.gdtr.base + stack_offset), AccessLevel::Supervisor);
    const Descriptor stack = parse_descriptor(raw_stack.value_or(0));
    if (!esp || !ss || selector_is_null(*ss) || stack_offset + 7u > cpu.gdtr.limit ||
        !stack.is_writable() || stack.dpl != new_cpl || !stack.present) {
      return DeliveryFault{kInvalidTss, (ss.value_or(0) & 0xfffcu) + external, {}};
    }
    next[SegmentName::Ss] = segment_of(with_rpl(*ss, new_cpl), stack);
    next[Gpr::Sp] = *esp;
  }

  const std::size_t width = gate.is_32_bit() ? 4 : 2;
  FrameWriter frame(memory, next[SegmentName::Ss], next[Gpr::Sp]);
  if (changes_stack) {
    frame.push(cpu[SegmentName::Ss].selector, width);
    frame.push(static_cast<std::uint32_t>(cpu[Gpr::Sp]), width);
  }
  frame.push(static_cast<std::uint32_t>(cpu.rflags), width);
  frame.push(cpu[SegmentName::Cs].selector, width);
  frame.push(static_cast<std::uint32_t>(cpu.rip), width);
  if (request.error_code) {
    frame.push(*request.error_code, width);
  }
  if (frame.failure()) {
    return page_fault_of(*frame.failure(), AccessKind::Write);
  }
  next[Gpr::Sp] = frame.pointer();
  next[SegmentName::Cs] = segment_of(with_rpl(gate.selector, new_cpl), code);
  next.rip = gate.offset;
  next.rflags &= ~std::uint64_t{kClearedByEveryGate};
  if (gate.clears_if()) {
    next.rflags &= ~std::uint64_t{eflags::IF};
  }
  return next;
}

namespace {

// SDM vol. 3A, "Interrupt 8, Double Fault Exception": which pairs make one.
bool contributory(std::uint8_t vector) {
  return vector == kDivideError || (vector >= kInvalidTss && vector <= kGeneralProtection);
}
bool makes_double_fault(const InterruptRequest& first, std::uint8_t second) {
  if (first.source != InterruptSource::Exception) {
    return false;
  }
  const bool page_first = first.vector == kPageFault;
  return (contributory(first.vector) && contributory(second)) ||
         (page_first && (contributory(second) || second == kPageFault));
}

}  // namespace

std::optional<Escalated> deliver_or_escalate(const RegisterFile& cpu, const LinearMemory& memory,
                                             const InterruptRequest& request) {
  InterruptRequest current = request;
  RegisterFile from = cpu;
  // Each round is a new exception; a guest whose handlers all fail ends at #DF.
  for (int round = 0; round < 8; ++round) {
    const DeliveryResult result = deliver(from, memory, current);
    if (const auto* next = std::get_if<RegisterFile>(&result)) {
      return Escalated{*next, current};
    }
    const DeliveryFault fault = std::get<DeliveryFault>(result);
    if (current.vector == kDoubleFault && current.source == InterruptSource::Exception) {
      return std::nullopt;
    }
    if (fault.address) {
      from.cr2 = fault.address->value;
    }
    if (makes_double_fault(current, fault.vector)) {
      current = {kDoubleFault, InterruptSource::Exception, 0u};
    } else {
      current = {fault.vector, InterruptSource::Exception, fault.error_code};
    }
  }
  return std::nullopt;
}

}  // namespace gv
