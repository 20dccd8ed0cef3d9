// SPDX-License-Identifier: MIT
//
// callouts.cpp - what translated code leaves to the hypervisor.
//
// Also whatever the cache does itself, for the forms that it does not: 16-bit
// operands, 16-bit addresses, and a guest whose stack segment is not flat. SDM
// vol. 2, under the instruction's name.

#include "technique/binary_translation/binary_translation.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"
#include "x86/near_branch.h"

#include <cstring>

namespace gv {

using namespace x86;

namespace {

constexpr std::uint32_t kTakenByPopf =
    eflags::CF | eflags::PF | eflags::AF | eflags::ZF | eflags::SF | eflags::TF | eflags::IF |
    eflags::DF | eflags::OF | eflags::IOPL | eflags::NT | eflags::AC | eflags::ID;

std::uint64_t mask_of(int bits) { return bits == 32 ? 0xffffffffu : (1u << bits) - 1; }

// Which descriptors LAR and LSL answer for. SDM vol. 2A, "LAR", "LSL".
bool lar_knows(const Descriptor& d) {
  return d.code_or_data || (d.type >= 1 && d.type <= 5) || d.type == 9 || d.type == 11 ||
         d.type == 12;
}
bool lsl_knows(const Descriptor& d) {
  return d.code_or_data || (d.type >= 1 && d.type <= 3) || d.type == 9 || d.type == 11;
}

}  // namespace

void BinaryTranslation::callout() {
  const std::uint32_t call = cache_rip() - cache_call::kBytes;
  const Place* place = code_.place_at(call);
  if (place == nullptr) {
    context_.machine.end_guest(GuestEnd::Crashed, cache_call::kCallout);
    return;
  }
  pending_rip_ = place->guest;
  const Instruction what = instruction_at(Gva(place->guest));
  const bool port = what.mnemonic == Mnemonic::In || what.mnemonic == Mnemonic::Out;
  const auto port_number = static_cast<std::uint32_t>(
      what.port.value_or(static_cast<std::uint16_t>(context_.engine.gpr(Gpr::Dx))));
  take_exit(ExitReason::Callout,
            port                             ? port_number
            : what.mnemonic == Mnemonic::Int ? what.vector
                                             : what.system_register,
            &instruction_at(Gva(place->guest)));
  if (!what.valid) {
    reflect({kInvalidOpcode, InterruptSource::Exception, {}});
    resume(Handling::Reflected, context_.cost.reflect);
    return;
  }
  if (what.mnemonic == Mnemonic::Int) {
    const bool taken = interrupt_instruction(what);
    resume(taken ? Handling::Reflected : Handling::Emulated, taken ? context_.cost.reflect : 0);
    return;
  }
  const std::uint64_t reflections = context_.ledger.reflections;
  if (!emulate_in_callout(what)) {
    if (reflections == context_.ledger.reflections) {
      reflect({kGeneralProtection, InterruptSource::Exception, 0u});
    }
    resume(Handling::Reflected, context_.cost.reflect);
    return;
  }
  const std::uint32_t cost = port ? context_.cost.device_access : context_.cost.decode_and_emulate;
  LedgerRow& row = context_.ledger.emulated[static_cast<std::size_t>(what.mnemonic)];
  ++row.count;
  row.cycles += context_.cost.callout + cost;
  resume(port ? Handling::DeviceAccessed : Handling::Emulated, cost);
}

bool BinaryTranslation::emulate_in_callout(const Instruction& what) {
  switch (what.mnemonic) {
    case Mnemonic::Other:
      return near_branch(what);
    case Mnemonic::Pushf:
    case Mnemonic::Popf:
      return push_or_pop_flags(what);
    case Mnemonic::Sgdt:
    case Mnemonic::Sidt:
      return store_table(what);
    case Mnemonic::Sldt:
    case Mnemonic::Str:
    case Mnemonic::Smsw:
    case Mnemonic::MovFromSegment:
    case Mnemonic::PushSegment:
      return read_hidden_state(what);
    case Mnemonic::Lar:
    case Mnemonic::Lsl:
    case Mnemonic::Verr:
    case Mnemonic::Verw:
      return ask_descriptor(what);
    case Mnemonic::FarCall:
    case Mnemonic::FarJmp:
      return far_transfer(what);
    case Mnemonic::LoadSegment:
      return what.loads_far_pointer ? load_stack_segment_and_pointer(what) : emulate(what);
    default:
      return emulate(what);
  }
}

bool BinaryTranslation::push32(std::uint32_t value) {
  VcpuEngine& cpu = context_.engine;
  const RegisterFile r = registers();
  const std::uint64_t pointer = (r[Gpr::Sp] - 4) & 0xffffffffu;
  const Gva at((r[SegmentName::Ss].base + pointer) & 0xffffffffu);
  if (const auto failed = guest_linear().write(at, &value, sizeof value, AccessLevel::Supervisor)) {
    cpu_.cr2 = static_cast<std::uint32_t>(failed->address.value);
    reflect({kPageFault, InterruptSource::Exception,
             PageWalker::error_code(*failed, AccessKind::Write, AccessLevel::Supervisor)});
    return false;
  }
  wrote_memory(at, sizeof value);
  cpu.set_gpr(Gpr::Sp, pointer);
  return true;
}

bool BinaryTranslation::push_or_pop_flags(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  const RegisterFile r = registers();
  const std::size_t bytes = what.operand_size / 8;
  if (what.mnemonic == Mnemonic::Pushf) {
    const std::uint64_t pointer = (r[Gpr::Sp] - bytes) & 0xffffffffu;
    const Gva at((r[SegmentName::Ss].base + pointer) & 0xffffffffu);
    const auto image =
        static_cast<std::uint32_t>(r.rflags & ~std::uint64_t{eflags::VM | eflags::RF});
    if (guest_linear().write(at, &image, bytes, AccessLevel::Supervisor)) {
      return false;
    }
    wrote_memory(at, bytes);
    cpu.set_gpr(Gpr::Sp, pointer);
    finish_instruction(what, image);
    return true;
  }
  std::uint32_t image = 0;
  const Gva at((r[SegmentName::Ss].base + r[Gpr::Sp]) & 0xffffffffu);
  if (guest_linear().read(at, &image, bytes, AccessLevel::Supervisor)) {
    return false;
  }
  const std::uint64_t taken = kTakenByPopf & mask_of(what.operand_size);
  const std::uint64_t flags = (r.rflags & ~taken) | (image & taken) | eflags::kAlwaysOne;
  const bool before = cpu_.interrupt_flag;
  cpu_.interrupt_flag = (flags & eflags::IF) != 0;
  cpu_.iopl = static_cast<std::uint8_t>(eflags::iopl(flags));
  if (before != cpu_.interrupt_flag) {
    context_.record(linear_rip(), InterruptFlagChanged{cpu_.interrupt_flag});
  }
  cpu.set_rflags(physical_flags(flags));
  cpu.set_gpr(Gpr::Sp, (r[Gpr::Sp] + bytes) & 0xffffffffu);
  finish_instruction(what, image);
  return true;
}

// To the instruction's register or memory operand.
bool BinaryTranslation::write_result(const Instruction& what, std::uint32_t value,
                                     int memory_bits) {
  VcpuEngine& cpu = context_.engine;
  if (what.memory) {
    const Gva at = effective_address(*what.memory, registers(), CodeSize::Bits32);
    const auto bytes = static_cast<std::size_t>(memory_bits / 8);
    if (guest_linear().write(at, &value, bytes, AccessLevel::Supervisor)) {
      return false;
    }
    wrote_memory(at, bytes);
  } else if (what.gpr) {
    const std::uint64_t mask =
        mask_of(what.mnemonic == Mnemonic::Smsw ? 16 : int{what.operand_size});
    cpu.set_gpr(*what.gpr, (cpu.gpr(*what.gpr) & ~mask) | (value & mask));
  } else {
    return false;
  }
  return true;
}

bool BinaryTranslation::read_hidden_state(const Instruction& what) {
  const RegisterFile r = registers();
  std::uint32_t value = 0;
  switch (what.mnemonic) {
    case Mnemonic::Sldt:
      value = cpu_.ldtr.selector;
      break;
    case Mnemonic::Str:
      value = cpu_.tr.selector;
      break;
    case Mnemonic::Smsw:
      value = cpu_.cr0;
      break;
    default:
      value = r[what.segment.value_or(SegmentName::Cs)].selector;
      break;
  }
  if (what.mnemonic == Mnemonic::PushSegment) {
    if (what.operand_size != 32 || !push32(value)) {
      return false;
    }
  } else if (!write_result(what, value, 16)) {
    return false;
  }
  finish_instruction(what, value);
  return true;
}

bool BinaryTranslation::store_table(const Instruction& what) {
  const DescriptorTableRegister& table = what.mnemonic == Mnemonic::Sgdt ? cpu_.gdtr : cpu_.idtr;
  if (!what.memory) {
    return false;
  }
  std::uint8_t image[6];
  const auto base = static_cast<std::uint32_t>(table.base);
  std::memcpy(image, &table.limit, 2);
  std::memcpy(image + 2, &base, 4);
  const Gva at = effective_address(*what.memory, registers(), CodeSize::Bits32);
  if (guest_linear().write(at, image, sizeof image, AccessLevel::Supervisor)) {
    return false;
  }
  wrote_memory(at, sizeof image);
  finish_instruction(what, base);
  return true;
}

// From the guest's own GDT. Its LDT is not kept: selectors into it are refused.
std::optional<Descriptor> BinaryTranslation::guest_descriptor(std::uint16_t selector,
                                                              std::uint64_t* raw) {
  const std::uint32_t offset = selector_offset(selector);
  if (selector_is_null(selector) || selector_in_ldt(selector) || offset + 7 > cpu_.gdtr.limit) {
    return std::nullopt;
  }
  const auto loaded =
      guest_linear().load<std::uint64_t>(Gva(cpu_.gdtr.base + offset), AccessLevel::Supervisor);
  if (!loaded) {
    return std::nullopt;
  }
  if (raw != nullptr) {
    *raw = *loaded;
  }
  return parse_descriptor(*loaded);
}

bool BinaryTranslation::ask_descriptor(const Instruction& what) {
  VcpuEngine& cpu = context_.engine;
  const auto operand = operand16(what);
  if (!operand) {
    return false;
  }
  const auto selector = static_cast<std::uint16_t>(*operand);
  std::uint64_t raw = 0;
  const auto found = guest_descriptor(selector, &raw);
  bool yes = found.has_value();
  std::uint32_t value = 0;
  if (yes) {
    const Descriptor& d = *found;
    // At ring 0 the DPL can only fall short of the RPL.
    const bool reachable = d.is_conforming() || d.dpl >= selector_rpl(selector);
    switch (what.mnemonic) {
      case Mnemonic::Lar:
        yes = reachable && lar_knows(d);
        value = static_cast<std::uint32_t>(raw >> 32) & 0x00f0ff00u;
        break;
      case Mnemonic::Lsl:
        yes = reachable && lsl_knows(d);
        value = d.limit;
        break;
      case Mnemonic::Verr:
        yes = reachable && d.is_readable();
        break;
      default:
        yes = reachable && d.is_writable();
        break;
    }
  }
  if (yes && what.destination) {
    const std::uint64_t mask = mask_of(what.operand_size);
    cpu.set_gpr(*what.destination, (cpu.gpr(*what.destination) & ~mask) | (value & mask));
  }
  const std::uint64_t flags = cpu.rflags();
  cpu.set_rflags(yes ? flags | eflags::ZF : flags & ~std::uint64_t{eflags::ZF});
  finish_instruction(what, value);
  return true;
}

// To a code segment of ring 0. Call gates and task gates raise #GP.
bool BinaryTranslation::far_transfer(const Instruction& what) {
  if (what.operand_size != 32) {
    return false;
  }
  const RegisterFile before = registers();
  FarPointer target;
  if (what.far_pointer) {
    target = *what.far_pointer;
  } else if (what.memory) {
    const Gva at = effective_address(*what.memory, before, CodeSize::Bits32);
    const auto offset = guest_linear().load<std::uint32_t>(at, AccessLevel::Supervisor);
    const auto selector = guest_linear().load<std::uint16_t>(at + 4, AccessLevel::Supervisor);
    if (!offset || !selector) {
      return false;
    }
    target = {*selector, *offset};
  } else {
    return false;
  }
  const auto code = guest_descriptor(target.selector, nullptr);
  const bool reachable = code && code->is_code() &&
                         (code->is_conforming() || selector_rpl(target.selector) == 0) &&
                         code->dpl == 0;
  if (!reachable || !code->present) {
    reflect({reachable ? kSegmentNotPresent : kGeneralProtection, InterruptSource::Exception,
             std::uint32_t{target.selector} & 0xfffcu});
    return false;
  }
  if (what.mnemonic == Mnemonic::FarCall &&
      (!push32(before[SegmentName::Cs].selector) ||
       !push32(static_cast<std::uint32_t>(before.rip) + what.length))) {
    return false;
  }
  RegisterFile next = registers();
  next[SegmentName::Cs] = segment_of(with_rpl(target.selector, 0), *code);
  next.rip = target.offset;
  const Gva at = linear_rip();
  ++context_.emulated;
  enter(next, before);
  context_.record(at, InstructionEmulated{what.mnemonic, target.offset});
  return true;
}

bool BinaryTranslation::load_stack_segment_and_pointer(const Instruction& what) {
  if (!what.memory || !what.gpr || what.operand_size != 32) {
    return false;
  }
  VcpuEngine& cpu = context_.engine;
  const Gva at = effective_address(*what.memory, registers(), CodeSize::Bits32);
  const auto offset = guest_linear().load<std::uint32_t>(at, AccessLevel::Supervisor);
  const auto selector = guest_linear().load<std::uint16_t>(at + 4, AccessLevel::Supervisor);
  const auto stack = guest_descriptor(selector.value_or(0), nullptr);
  if (!offset || !stack || !stack->is_writable() || !stack->present || stack->dpl != 0 ||
      selector_rpl(*selector) != 0) {
    return false;
  }
  cpu.set_gpr(*what.gpr, *offset);
  finish_instruction(what, *offset);
  gdt_.update(cpu_.gdtr, guest_linear());
  cpu.switch_privilege(
      {cpu.selector(SegmentName::Cs), with_rpl(*selector, 1), gdt_.kernel_table()});
  segments_changed(registers());
  return true;
}

bool BinaryTranslation::near_branch(const Instruction& what) {
  std::uint8_t bytes[kLongestInstruction];
  const auto rip = static_cast<std::uint32_t>(guest_rip());
  const std::size_t got = guest_linear().peek(Gva(rip), bytes, sizeof bytes);
  const NearBranch branch = x86::near_branch(bytes, got, CodeSize::Bits32);
  VcpuEngine& cpu = context_.engine;
  const std::uint32_t after = rip + what.length;
  std::uint32_t target = after + static_cast<std::uint32_t>(branch.displacement);
  const RegisterFile r = registers();
  using Kind = NearBranch::Kind;
  if (branch.kind == Kind::None || branch.kind == Kind::Conditional ||
      branch.kind == Kind::Counted) {
    return false;  // with a 16-bit operand: no compiler writes them
  }
  const auto load = [&](Gva at) -> bool {
    std::uint32_t value = 0;
    const std::size_t size = branch.operand_size / 8;
    if (guest_linear().read(at, &value, size, AccessLevel::Supervisor)) {
      return false;
    }
    target = value;
    return true;
  };
  std::uint64_t pointer = r[Gpr::Sp];
  if (branch.kind == Kind::Return) {
    if (!load(Gva((r[SegmentName::Ss].base + pointer) & 0xffffffffu))) {
      return false;
    }
    pointer += branch.operand_size / 8u + branch.stack_adjustment;
    cpu.set_gpr(Gpr::Sp, pointer & 0xffffffffu);
  } else if (branch.memory) {
    if (!load(effective_address(*branch.memory, r, CodeSize::Bits32))) {
      return false;
    }
  } else if (branch.gpr) {
    target = static_cast<std::uint32_t>(r[*branch.gpr]);
  }
  if (branch.operand_size == 16) {
    target &= 0xffff;
  }
  if (branch.kind == Kind::Call || branch.kind == Kind::IndirectCall) {
    if (branch.operand_size != 32 || !push32(after)) {
      return false;
    }
  }
  ++context_.emulated;
  go_to(target);
  return true;
}

// INT n, INT3, INTO: true when the guest's handler was entered.
bool BinaryTranslation::interrupt_instruction(const Instruction& what) {
  if (what.conditional_interrupt && (context_.engine.rflags() & eflags::OF) == 0) {
    finish_instruction(what, 0);
    return false;
  }
  ++context_.emulated;
  pending_rip_ = static_cast<std::uint32_t>(guest_rip() + what.length);
  reflect({what.vector, InterruptSource::Software, {}});
  return true;
}

}  // namespace gv
