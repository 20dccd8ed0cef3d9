// SPDX-License-Identifier: MIT
//
// translator.cpp - which instruction becomes what.

#include "technique/binary_translation/translator.h"

#include "technique/binary_translation/shared_cpu.h"
#include "x86/control_registers.h"
#include "x86/near_branch.h"

#include <algorithm>

namespace gv {

using namespace x86;

namespace {

constexpr std::uint8_t bit(Gpr which) {
  return static_cast<std::uint8_t>(1u << static_cast<unsigned>(which));
}

#define GV_WORD(name) state_word(offsetof(SharedCpu, name))

// One unit being made.
class UnitTranslator {
 public:
  UnitTranslator(std::uint32_t guest, const std::uint8_t* bytes, std::size_t available,
                 const Surroundings& where)
      : guest_(guest), bytes_(bytes), available_(available), where_(where), out_(where.address) {
    draft_.guest = guest;
  }

  std::optional<Draft> unit();
  Draft landing(std::uint32_t entry);

 private:
  // Onwards; to one of two places, the next instruction being one; or surely not there.
  enum class Goes : std::uint8_t { On, Either, Elsewhere };

  const std::uint8_t* at() const { return bytes_ + offset_; }
  std::uint32_t next_guest() const { return guest_ + offset_ + what_.length; }

  // Before each instruction that is emitted.
  void mark(std::uint8_t flags = 0) {
    Place place;
    place.offset = static_cast<std::uint16_t>(out_.here() - out_.start());
    place.guest = guest_ + offset_;
    place.flags = static_cast<std::uint8_t>(
        flags | (static_cast<unsigned>(treatment_) << Place::kTreatmentShift));
    place.saved = borrowed_;
    if (begins_) {
      place.flags |= Place::kFirst;
      if (!in_shadow_) {
        place.flags |= Place::kInterruptible;
      }
      begins_ = false;
    }
    draft_.places.push_back(place);
  }
  void retires() { draft_.places.back().flags |= Place::kRetires; }

  void begin_instruction(Treatment treatment) {
    treatment_ = treatment;
    begins_ = true;
    (treatment == Treatment::Ident       ? draft_.ident
     : treatment == Treatment::Rewritten ? draft_.rewritten
                                         : draft_.callouts)++;
  }

  // Borrowing: all saves first, all gifts back last.
  void borrow(std::initializer_list<Gpr> registers) {
    for (const Gpr which : registers) {
      mark();
      out_.store(saved_word(which), which);
    }
    for (const Gpr which : registers) {
      borrowed_ |= bit(which);
    }
  }
  void give_back(std::initializer_list<Gpr> registers) {
    for (const Gpr which : registers) {
      mark();
      out_.load(which, saved_word(which));
    }
  }

  // A register that the operand does not need.
  static Gpr spare(const MemoryOperand& operand) {
    for (const Gpr which : {Gpr::Ax, Gpr::Cx, Gpr::Dx}) {
      if (operand.base != which && operand.index != which) {
        return which;
      }
    }
    return Gpr::Bx;
  }
  bool plain(const MemoryOperand& operand) const { return operand.address_size == 32; }

  Goes instruction();
  Goes ident();
  Goes callout(Goes then);
  Goes near(const NearBranch& branch);
  void set_interrupts();
  void push_flags();
  void pop_flags();
  Goes store_table(StateWord limit, StateWord base);
  Goes store_word(StateWord word, int register_bits);
  void look_up();
  void fall_through();
  void exit_to(std::uint32_t displacement, std::uint32_t target) {
    draft_.exits.push_back({displacement, target});
  }
  std::uint32_t next_stub() const {
    return where_.stub[std::min<std::size_t>(draft_.exits.size(), 1)];
  }
  void emit_landing();

  std::uint32_t guest_;
  const std::uint8_t* bytes_;
  std::size_t available_;
  Surroundings where_;
  Encoder out_;
  Draft draft_;
  Instruction what_;
  std::uint32_t offset_ = 0;
  Treatment treatment_ = Treatment::Ident;
  bool begins_ = false, in_shadow_ = false;
  std::uint8_t borrowed_ = 0;
};

std::optional<Draft> UnitTranslator::unit() {
  Goes goes = Goes::On;
  if (where_.landing) {
    emit_landing();
  }
  draft_.entry = out_.here();
  if (where_.checked) {
    treatment_ = Treatment::Callout;
    mark(Place::kInterruptible);
    out_.interrupt(cache_call::kCheck);
  }
  for (int n = 0; n < kUnitInstructions && goes == Goes::On; ++n) {
    const bool same_page = ((guest_ + offset_) ^ guest_) >> 12 == 0;
    if (n > 0 && !same_page && !in_shadow_) {
      break;
    }
    what_ = decode(at(), available_ - offset_, CodeSize::Bits32);
    if (!what_.valid && what_.needs_more_bytes) {
      if (n == 0) {
        return std::nullopt;
      }
      break;
    }
    // What follows STI shall follow it in the unit: nothing may come between the two.
    if (what_.mnemonic == Mnemonic::Sti && n == kUnitInstructions - 1) {
      break;
    }
    borrowed_ = 0;
    goes = instruction();
    borrowed_ = 0;
    in_shadow_ = what_.mnemonic == Mnemonic::Sti && goes == Goes::On;
    const bool may_change_code =
        where_.checked && goes == Goes::On && writes_memory(at(), what_.length, CodeSize::Bits32);
    offset_ += what_.valid ? what_.length : 1;
    if (may_change_code) {
      break;
    }
  }
  draft_.guest_bytes = static_cast<std::uint16_t>(offset_);
  if (goes != Goes::Elsewhere) {
    fall_through();
  }
  // Room for the jump that replaces a unit which has become void.
  while (out_.here() - draft_.entry < kNearJumpBytes) {
    out_.nop();
  }
  draft_.code = out_.bytes();
  return std::move(draft_);
}

void UnitTranslator::fall_through() {
  treatment_ = Treatment::Rewritten;
  mark(in_shadow_ ? std::uint8_t{0} : Place::kInterruptible);
  exit_to(out_.jump(next_stub()), guest_ + offset_);
}

UnitTranslator::Goes UnitTranslator::ident() {
  begin_instruction(Treatment::Ident);
  mark();
  retires();
  out_.copy(at(), what_.length);
  return Goes::On;
}

UnitTranslator::Goes UnitTranslator::callout(Goes then) {
  begin_instruction(Treatment::Callout);
  mark();
  out_.interrupt(cache_call::kCallout);
  return then;
}

UnitTranslator::Goes UnitTranslator::instruction() {
  if (!what_.valid) {
    return callout(Goes::Elsewhere);
  }
  const bool in_cache = where_.in_cache;
  const auto rewritten = [&](auto emit) {
    begin_instruction(Treatment::Rewritten);
    emit();
    retires();
    return Goes::On;
  };
  const bool hidden_segment = what_.segment == SegmentName::Cs || what_.segment == SegmentName::Ss;
  const StateWord selector = what_.segment == SegmentName::Cs ? GV_WORD(cs) : GV_WORD(ss);
  switch (what_.mnemonic) {
    case Mnemonic::Other: {
      const NearBranch branch = near_branch(at(), what_.length, CodeSize::Bits32);
      if (branch.kind != NearBranch::Kind::None) {
        return near(branch);
      }
      return ident();
    }
    case Mnemonic::Cpuid:
    case Mnemonic::Ins:
    case Mnemonic::Outs:
      return ident();
    case Mnemonic::Cli:
      if (!in_cache) {
        break;
      }
      return rewritten([&] {
        mark();
        out_.store(GV_WORD(interrupt_flag), 0u);
      });
    case Mnemonic::Sti:
      if (!in_cache) {
        break;
      }
      return rewritten([&] { set_interrupts(); });
    case Mnemonic::Pushf:
      if (!in_cache || what_.operand_size != 32) {
        break;
      }
      return rewritten([&] { push_flags(); });
    case Mnemonic::Popf:
      if (!in_cache || what_.operand_size != 32) {
        break;
      }
      return rewritten([&] { pop_flags(); });
    case Mnemonic::Invd:
    case Mnemonic::Wbinvd:
      return rewritten([&] {
        mark();
        out_.nop();
      });
    case Mnemonic::Sgdt:
      return store_table(GV_WORD(gdt_limit), GV_WORD(gdt_base));
    case Mnemonic::Sidt:
      return store_table(GV_WORD(idt_limit), GV_WORD(idt_base));
    case Mnemonic::Sldt:
      return store_word(GV_WORD(ldtr), what_.operand_size);
    case Mnemonic::Str:
      return store_word(GV_WORD(tr), what_.operand_size);
    case Mnemonic::Smsw:
      // The high half of a 32-bit register is undefined; CPUs leave it or write CR0 there.
      return store_word(GV_WORD(cr0), 16);
    case Mnemonic::MovFromSegment:
      return hidden_segment ? store_word(selector, what_.operand_size) : ident();
    case Mnemonic::PushSegment:
      if (!hidden_segment) {
        return ident();
      }
      if (!in_cache) {
        break;
      }
      return rewritten([&] {
        mark();
        out_.push(selector, what_.operand_size);
      });
    case Mnemonic::MovFromCr: {
      const StateWord words[5] = {GV_WORD(cr0), {}, GV_WORD(cr2), GV_WORD(cr3), GV_WORD(cr4)};
      if (!in_cache || !what_.gpr || what_.system_register > 4 || what_.system_register == 1) {
        break;
      }
      return rewritten([&] {
        mark();
        out_.load(*what_.gpr, words[what_.system_register]);
      });
    }
    case Mnemonic::LoadSegment:
    case Mnemonic::PopSegment:
      return what_.segment == SegmentName::Ss ? callout(Goes::Elsewhere) : ident();
    // After these the guest may be elsewhere, or its code may be other code.
    case Mnemonic::Hlt:
    case Mnemonic::MovToCr:
    case Mnemonic::Lmsw:
    case Mnemonic::Clts:
    case Mnemonic::Invlpg:
    case Mnemonic::Iret:
    case Mnemonic::FarTransfer:
    case Mnemonic::FarCall:
    case Mnemonic::FarJmp:
    case Mnemonic::FarRet:
    case Mnemonic::Int:
      return callout(Goes::Elsewhere);
    default:
      break;
  }
  return callout(Goes::On);
}

// IF goes on at once if nothing waits for it. If something does, the hypervisor has to know when
// the next instruction has run. JECXZ, because no flag may change.
void UnitTranslator::set_interrupts() {
  borrow({Gpr::Cx});
  mark();
  out_.load(Gpr::Cx, GV_WORD(pending));
  mark();
  const std::size_t nothing_waits = out_.jump_short_if_ecx_zero();
  give_back({Gpr::Cx});
  borrowed_ = 0;
  mark();
  out_.interrupt(cache_call::kCallout);
  // Back from the callout: the instruction is done.
  offset_ += what_.length;
  mark();
  const std::size_t done = out_.jump_short();
  offset_ -= what_.length;
  borrowed_ = bit(Gpr::Cx);
  out_.land(nothing_waits);
  mark();
  out_.store(GV_WORD(interrupt_flag), eflags::IF);
  give_back({Gpr::Cx});
  out_.land(done);
}

// The real flags have IF set and IOPL 0. LEA puts the virtual ones there and changes none.
void UnitTranslator::push_flags() {
  borrow({Gpr::Ax, Gpr::Cx});
  mark();
  out_.push_flags();
  mark();
  out_.load_stack(Gpr::Ax);
  mark();
  out_.load(Gpr::Cx, GV_WORD(interrupt_flag));
  mark();
  out_.add_to(Gpr::Ax, Gpr::Ax, Gpr::Cx, -static_cast<std::int32_t>(eflags::IF));
  mark();
  out_.load(Gpr::Cx, GV_WORD(iopl));
  mark();
  out_.add_to(Gpr::Ax, Gpr::Ax, Gpr::Cx, 0);
  mark();
  out_.store_stack(Gpr::Ax);
  give_back({Gpr::Cx, Gpr::Ax});
}

// IF and IOPL go to the virtual CPU; the real POPF takes the rest, and leaves those two alone
// outside ring 0. Flags are about to be overwritten: AND may be used.
void UnitTranslator::pop_flags() {
  borrow({Gpr::Ax});
  mark();
  out_.load_stack(Gpr::Ax);
  mark();
  out_.store(GV_WORD(image), Gpr::Ax);
  mark();
  out_.bit_and(Gpr::Ax, GV_WORD(popf_alarm));
  mark();
  const std::size_t quiet = out_.jump_short_if_zero();
  give_back({Gpr::Ax});
  mark();
  out_.interrupt(cache_call::kCallout);
  offset_ += what_.length;
  mark();
  const std::size_t done = out_.jump_short();
  offset_ -= what_.length;
  out_.land(quiet);
  const auto take = [&](StateWord word, std::uint32_t bits) {
    mark();
    out_.load(Gpr::Ax, GV_WORD(image));
    mark();
    out_.bit_and(Gpr::Ax, bits);
    mark();
    out_.store(word, Gpr::Ax);
  };
  take(GV_WORD(interrupt_flag), eflags::IF);
  take(GV_WORD(iopl), eflags::IOPL);
  give_back({Gpr::Ax});
  mark();
  out_.pop_flags();
  out_.land(done);
}

UnitTranslator::Goes UnitTranslator::store_table(StateWord limit, StateWord base) {
  if (!where_.in_cache || !what_.memory || !plain(*what_.memory)) {
    return callout(Goes::On);
  }
  begin_instruction(Treatment::Rewritten);
  const Gpr scratch = spare(*what_.memory);
  MemoryOperand upper = *what_.memory;
  upper.displacement += 2;
  borrow({scratch});
  mark();
  out_.load(scratch, limit);
  mark();
  out_.store(*what_.memory, scratch, 16);
  mark();
  out_.load(scratch, base);
  mark();
  out_.store(upper, scratch, 32);
  give_back({scratch});
  retires();
  return Goes::On;
}

// SLDT, STR, SMSW and reads of CS and SS: a word of the virtual CPU to a register or to memory.
UnitTranslator::Goes UnitTranslator::store_word(StateWord word, int register_bits) {
  const bool to_memory = what_.memory.has_value();
  if (!where_.in_cache || (!to_memory && !what_.gpr) || (to_memory && !plain(*what_.memory))) {
    return callout(Goes::On);
  }
  begin_instruction(Treatment::Rewritten);
  if (!to_memory) {
    mark();
    if (register_bits == 16) {
      out_.load16(*what_.gpr, word);
    } else {
      out_.load(*what_.gpr, word);
    }
  } else {
    const Gpr scratch = spare(*what_.memory);
    borrow({scratch});
    mark();
    out_.load(scratch, word);
    mark();
    out_.store(*what_.memory, scratch, 16);
    give_back({scratch});
  }
  retires();
  return Goes::On;
}

UnitTranslator::Goes UnitTranslator::near(const NearBranch& branch) {
  using Kind = NearBranch::Kind;
  const std::uint32_t after = next_guest();
  const std::uint32_t target = after + static_cast<std::uint32_t>(branch.displacement);
  const bool indirect = branch.kind == Kind::IndirectJump || branch.kind == Kind::IndirectCall ||
                        branch.kind == Kind::Return;
  if (branch.operand_size != 32 || (indirect && !where_.in_cache) ||
      (branch.memory && !plain(*branch.memory))) {
    return callout(Goes::Elsewhere);
  }
  begin_instruction(Treatment::Rewritten);
  switch (branch.kind) {
    case Kind::Jump:
      mark();
      retires();
      exit_to(out_.jump(next_stub()), target);
      return Goes::Elsewhere;
    case Kind::Call:
      mark();
      out_.push(after);
      mark();
      retires();
      exit_to(out_.jump(next_stub()), target);
      return Goes::Elsewhere;
    case Kind::Conditional:
      mark();
      retires();
      exit_to(out_.jump_if(branch.condition, next_stub()), target);
      break;
    case Kind::Counted: {
      // Its reach is 127 bytes: it goes to a jump of its own. Copied, with another displacement.
      mark();
      retires();
      out_.copy(at(), what_.length - 1u);
      const std::uint8_t over_the_next = 2;
      out_.copy(&over_the_next, 1);
      offset_ += what_.length;
      mark(Place::kInterruptible);
      const std::size_t not_taken = out_.jump_short();
      mark(Place::kInterruptible);
      draft_.places.back().guest = target;
      offset_ -= what_.length;
      exit_to(out_.jump(next_stub()), target);
      out_.land(not_taken);
      break;
    }
    case Kind::IndirectJump:
    case Kind::IndirectCall:
      borrow({Gpr::Ax, Gpr::Cx});
      mark();
      if (branch.memory) {
        out_.load(Gpr::Cx, *branch.memory);
      } else {
        out_.move(Gpr::Cx, *branch.gpr);
      }
      if (branch.kind == Kind::IndirectCall) {
        mark();
        out_.push(after);
      }
      look_up();
      return Goes::Elsewhere;
    case Kind::Return:
      borrow({Gpr::Ax, Gpr::Cx});
      mark();
      out_.load_stack(Gpr::Cx);
      mark();
      out_.add_to(Gpr::Sp, Gpr::Sp, 4 + branch.stack_adjustment);
      look_up();
      return Goes::Elsewhere;
    case Kind::None:
      break;
  }
  return Goes::Either;
}

// ECX is the guest's target. The table knows one landing for each value of its low half.
void UnitTranslator::look_up() {
  mark();
  out_.zero_extend_low_half(Gpr::Ax, Gpr::Cx);
  mark();
  out_.load_indexed(Gpr::Ax, monitor_hole::kLookup, Gpr::Ax);
  mark();
  out_.jump(Gpr::Ax);
}

// Is it our target? LEA and JECXZ ask without touching a flag. The last instruction retires the
// branch, with the registers whole and the guest at the unit.
void UnitTranslator::emit_landing() {
  treatment_ = Treatment::Rewritten;
  borrowed_ = bit(Gpr::Ax) | bit(Gpr::Cx);
  const auto key = static_cast<std::int32_t>(guest_);
  const auto negative = static_cast<std::int32_t>(0u - guest_);
  mark();
  out_.add_to(Gpr::Cx, Gpr::Cx, negative);
  mark();
  const std::size_t ours = out_.jump_short_if_ecx_zero();
  mark();
  out_.add_to(Gpr::Cx, Gpr::Cx, key);
  mark();
  out_.jump(where_.miss);
  out_.land(ours);
  mark();
  out_.load(Gpr::Ax, GV_WORD(lookup_hits));
  mark();
  out_.add_to(Gpr::Ax, Gpr::Ax, 1);
  mark();
  out_.store(GV_WORD(lookup_hits), Gpr::Ax);
  give_back({Gpr::Ax, Gpr::Cx});
  retires();
  borrowed_ = 0;
}

Draft UnitTranslator::landing(std::uint32_t entry) {
  emit_landing();
  mark(Place::kInterruptible);
  draft_.entry = where_.address;
  out_.jump(entry);
  draft_.code = out_.bytes();
  return std::move(draft_);
}

}  // namespace

std::optional<Draft> translate_unit(std::uint32_t guest, const std::uint8_t* bytes,
                                    std::size_t available, const Surroundings& where) {
  return UnitTranslator(guest, bytes, available, where).unit();
}

Draft translate_landing(std::uint32_t guest, std::uint32_t entry, const Surroundings& where) {
  return UnitTranslator(guest, nullptr, 0, where).landing(entry);
}

}  // namespace gv
