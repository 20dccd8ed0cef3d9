// SPDX-License-Identifier: MIT
//
// binary_translation.cpp - into the cache, and what code in the cache asks for.

#include "technique/binary_translation/binary_translation.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

#include <algorithm>
#include <array>

namespace gv {

using namespace x86;

namespace {

constexpr std::uint16_t kCacheCodeSelector = 0x3ff0;  // the cache's own segment; see ShadowGdt
// A guest whose every handler cannot even be fetched ends long before.
constexpr int kMostFetchFaults = 8;

bool is_flat(const Segment& segment) {
  return segment.base == 0 && segment.limit == 0xffffffffu &&
         (segment.attributes & attribute::DB) != 0;
}

}  // namespace

std::uint32_t BinaryTranslation::own_frames(std::uint32_t cache_bytes) {
  return CacheStorage::frames(CacheStorage::code_bytes(cache_bytes));
}

BinaryTranslation::BinaryTranslation(RunContext& context, const HypervisorFrames& frames,
                                     std::uint32_t cache_bytes)
    : DeprivilegedGuest(context, frames),
      code_(context.memory.machine(), Mfn(frames.pool.first.number + frames.pool.count),
            CacheStorage::code_bytes(cache_bytes), context.engine) {
  const CacheStorage& s = code_.storage();
  const auto map = [&](std::uint32_t linear, Mfn first, std::uint64_t bytes, bool writable) {
    for (std::uint64_t at = 0; at < bytes; at += kPageSize) {
      shadow_.map_monitor(Gva(linear + at),
                          Mfn(first.number + static_cast<std::uint32_t>(at / kPageSize)), writable);
    }
  };
  map(monitor_hole::kSharedCpu, s.shared_frame, kPageSize, true);
  map(monitor_hole::kLookup, s.lookup_frame, CacheStorage::kLookupEntries * 4, false);
  map(monitor_hole::kCode, s.code_frame, s.code_size, false);
  gdt_.reserve(kCacheCodeSelector, pack_descriptor({.base = 0,
                                                    .limit = 0xffffffff,
                                                    .type = 0xb,
                                                    .dpl = 1,
                                                    .code_or_data = true,
                                                    .present = true,
                                                    .default_32 = true,
                                                    .granular = true}));
  context.engine.set_code_map(&code_);
}

Gva BinaryTranslation::linear_rip_now() const {
  return cpu_.in_kernel ? Gva(guest_rip()) : context_.engine.linear_rip();
}

std::uint64_t BinaryTranslation::guest_rip() const {
  if (pending_rip_) {
    return *pending_rip_;
  }
  const std::uint64_t rip = context_.engine.rip();
  return in_cache_ && code_.covers(Gva(rip)) ? code_.step_at(Gva(rip)).guest.value : rip;
}

std::uint64_t BinaryTranslation::guest_gpr(Gpr which) {
  if (stands_in_cache()) {
    const Place* place = code_.place_at(cache_rip());
    if (place != nullptr && (place->saved >> static_cast<unsigned>(which) & 1) != 0) {
      return shared().saved[static_cast<std::size_t>(which)];
    }
  }
  return context_.engine.gpr(which);
}

void BinaryTranslation::make_pending() {
  if (!stands_in_cache()) {
    return;
  }
  const auto rip = static_cast<std::uint32_t>(guest_rip());
  if (const Place* place = code_.place_at(cache_rip())) {
    for (unsigned i = 0; i < 8; ++i) {
      if ((place->saved >> i & 1) != 0) {
        context_.engine.set_gpr(static_cast<Gpr>(i), shared().saved[i]);
      }
    }
  }
  pending_rip_ = rip;
}

void BinaryTranslation::go_to(std::uint64_t rip) {
  make_pending();
  if (cpu_.in_kernel) {
    pending_rip_ = static_cast<std::uint32_t>(rip);
    return;
  }
  pending_rip_.reset();
  in_cache_ = false;
  context_.engine.set_rip(rip);
}

// After a callout the translation may simply go on.
void BinaryTranslation::step_over(const Instruction& what) {
  const auto next = static_cast<std::uint32_t>(guest_rip() + what.length);
  if (in_cache_) {
    const UnitRecord* unit = code_.unit_at(cache_rip());
    const Place* place = code_.place_at(cache_rip());
    if (unit != nullptr && unit->live && place != nullptr && place->guest == next) {
      pending_rip_.reset();
      return;
    }
  }
  go_to(next);
}

// TF would trap in the cache, where the guest has no instruction.
std::uint64_t BinaryTranslation::physical_flags(std::uint64_t guest_flags) const {
  const std::uint64_t flags = DeprivilegedGuest::physical_flags(guest_flags);
  return cpu_.in_kernel ? flags & ~std::uint64_t{eflags::TF} : flags;
}

std::uint16_t BinaryTranslation::guest_code_selector() const {
  return cpu_.in_kernel ? kernel_cs_ : DeprivilegedGuest::guest_code_selector();
}

std::uint16_t BinaryTranslation::kernel_code_selector(std::uint16_t) const {
  return kCacheCodeSelector | 1;
}

void BinaryTranslation::segments_changed(const RegisterFile& cpu) {
  if (!cpu_.in_kernel) {
    return;
  }
  const Segment& code = cpu[SegmentName::Cs];
  kernel_cs_ = with_rpl(code.selector, 0);
  can_run_ = is_flat(code) || code.attributes == 0;
  const bool flat = is_flat(cpu[SegmentName::Ss]);
  if (flat != flat_stack_) {
    flat_stack_ = flat;
    evict(EvictionCause::StackSegment);
  }
}

void BinaryTranslation::enter_guest(bool interrupt_pending) {
  if (!cpu_.in_kernel) {
    return;
  }
  if (!can_run_) {
    context_.machine.end_guest(GuestEnd::Crashed, kGeneralProtection);
    return;
  }
  resolve();
  SharedCpu& s = shared();
  s.interrupt_flag = cpu_.interrupt_flag ? eflags::IF : 0;
  s.iopl = std::uint32_t{cpu_.iopl} << eflags::kIoplShift;
  s.pending = interrupt_pending ? 1 : 0;
  s.popf_alarm = eflags::TF | (interrupt_pending ? eflags::IF : 0u);
  s.cr0 = cpu_.cr0;
  s.cr2 = cpu_.cr2;
  s.cr3 = cpu_.cr3;
  s.cr4 = cpu_.cr4;
  s.gdt_limit = cpu_.gdtr.limit;
  s.gdt_base = static_cast<std::uint32_t>(cpu_.gdtr.base);
  s.idt_limit = cpu_.idtr.limit;
  s.idt_base = static_cast<std::uint32_t>(cpu_.idtr.base);
  s.ldtr = cpu_.ldtr.selector;
  s.tr = cpu_.tr.selector;
  s.cs = kernel_cs_;
  s.ss = with_rpl(context_.engine.selector(SegmentName::Ss), 0);
  s.lookup_hits = 0;
}

void BinaryTranslation::leave_guest() {
  if (!cpu_.in_kernel) {
    return;
  }
  const SharedCpu& s = shared();
  cpu_.interrupt_flag = (s.interrupt_flag & eflags::IF) != 0;
  cpu_.iopl = static_cast<std::uint8_t>(eflags::iopl(s.iopl));
  context_.ledger.translation.lookup_hits += s.lookup_hits;
}

// The guest is at an address of its own: find its translation, or make it.
void BinaryTranslation::resolve() {
  for (int faults = 0; pending_rip_ && cpu_.in_kernel; ++faults) {
    const std::uint32_t guest = *pending_rip_;
    const UnitRecord* unit = code_.find(guest);
    if (unit == nullptr) {
      take_exit(ExitReason::TranslatorCalled, guest, nullptr);
      unit = unit_for(guest, std::nullopt, false);
      if (unit == nullptr && faults == kMostFetchFaults) {
        context_.machine.end_guest(GuestEnd::Crashed, kPageFault);
        return;
      }
      resume(unit != nullptr ? Handling::Translated : Handling::Reflected,
             context_.cost.find_translation);
    }
    if (unit != nullptr) {
      context_.engine.set_rip(unit->entry);
      in_cache_ = true;
      pending_rip_.reset();
    }
  }
}

// Null when the guest's code cannot be fetched; then the guest has got its page fault.
const UnitRecord* BinaryTranslation::unit_for(std::uint32_t guest,
                                              std::optional<std::uint32_t> instead_of_stub,
                                              bool landing) {
  if (const UnitRecord* known = code_.find(guest)) {
    return known;
  }
  std::array<std::uint8_t, kUnitGuestBytes> bytes;
  std::uint32_t gfn[2] = {UnitRecord::kNoFrame, UnitRecord::kNoFrame};
  const std::uint32_t available = fetch(guest, bytes.data(), gfn);
  if (!code_.has_room()) {
    evict(EvictionCause::NoRoom);
    instead_of_stub.reset();
  }
  const auto instead =
      instead_of_stub ? code_.place_instead_of(*instead_of_stub) : std::optional<std::uint32_t>();
  const std::uint32_t address = instead.value_or(code_.top());
  Surroundings where = code_.surroundings(address);
  where.landing = landing && !instead;
  where.in_cache = flat_stack_;
  for (const std::uint32_t frame : gfn) {
    const CodeFrame* known = frame == UnitRecord::kNoFrame ? nullptr : code_.frame(frame);
    where.checked =
        where.checked || (known != nullptr && known->state == CodeFrame::State::Checked);
  }
  const auto draft = translate_unit(guest, bytes.data(), available, where);
  if (!draft) {
    const std::uint32_t missing = guest + available;
    make_pending();
    pending_rip_ = guest;
    cpu_.cr2 = missing;
    const PageWalk walk = PageWalker(context_.memory)
                              .walk(paging(), Gva(missing), AccessKind::Read,
                                    AccessLevel::Supervisor, SetAccessedDirty::No);
    const std::uint32_t error =
        PageWalker::error_code(walk, AccessKind::Read, AccessLevel::Supervisor);
    ++context_.ledger.guest_faults;
    context_.record(linear_rip(), PageFaulted{Gva(missing), error, FaultKind::GuestFault});
    reflect({kPageFault, InterruptSource::Exception, error});
    return nullptr;
  }
  const bool one_page = (guest ^ (guest + draft->guest_bytes - 1)) >> 12 == 0;
  if (one_page) {
    gfn[1] = UnitRecord::kNoFrame;
  }
  for (int i = 0; i < 2; ++i) {
    if (gfn[i] != UnitRecord::kNoFrame) {
      code_.know_page((guest >> 12) + static_cast<std::uint32_t>(i), gfn[i]);
      protect(gfn[i]);
    }
  }
  if (instead) {
    code_.mark_linked(*instead_of_stub);
  }
  const UnitRecord& unit = code_.add(*draft, address, bytes.data(), gfn, where.checked);
  TranslationCounts& counts = context_.ledger.translation;
  ++counts.units;
  counts.ident += draft->ident;
  counts.rewritten += draft->rewritten;
  counts.callouts += draft->callouts;
  const std::uint32_t instructions =
      std::uint32_t{draft->ident} + draft->rewritten + draft->callouts;
  charge(ExitReason::TranslatorCalled, context_.cost.translate * instructions);
  context_.record(Gva(guest), UnitTranslated{Gva(unit.entry), draft->guest_bytes,
                                             static_cast<std::uint16_t>(draft->code.size()),
                                             draft->ident, draft->rewritten, draft->callouts});
  return &unit;
}

void BinaryTranslation::software_interrupt(std::uint8_t vector) {
  if (!cpu_.in_kernel) {
    DeprivilegedGuest::software_interrupt(vector);
    return;
  }
  cpu_.interrupt_shadow = false;
  switch (vector) {
    case cache_call::kCallout:
      callout();
      return;
    case cache_call::kStub:
      answer_stub();
      return;
    case cache_call::kMiss:
      answer_miss();
      return;
    case cache_call::kCheck:
      check_unit();
      return;
    default:
      // No translation contains it: the guest has written where it must not.
      context_.machine.end_guest(GuestEnd::Crashed, vector);
  }
}

// A direct branch met its stub: from now on it leads to its target.
void BinaryTranslation::answer_stub() {
  const auto stub = code_.stub_before(cache_rip());
  if (!stub) {
    context_.machine.end_guest(GuestEnd::Crashed, cache_call::kStub);
    return;
  }
  const std::uint32_t target = code_.stub(*stub).target;
  pending_rip_ = target;
  take_exit(ExitReason::TranslatorCalled, target, nullptr);
  const std::uint64_t evictions = context_.ledger.translation.evictions;
  const UnitRecord* unit = unit_for(target, stub, false);
  // After an eviction the branch itself is gone.
  if (unit != nullptr && evictions == context_.ledger.translation.evictions) {
    const std::uint32_t from = code_.stub(*stub).displacement;
    if (!code_.stub(*stub).linked) {
      code_.link(*stub, unit->entry);
    }
    ++context_.ledger.translation.chains;
    context_.record(Gva(target), UnitsChained{Gva(from), Gva(unit->entry)});
  }
  resume(unit != nullptr ? Handling::Translated : Handling::Reflected,
         context_.cost.find_translation);
}

// An indirect branch found no landing. It is done now: its target goes into the table.
void BinaryTranslation::answer_miss() {
  VcpuEngine& cpu = context_.engine;
  const auto target = static_cast<std::uint32_t>(cpu.gpr(Gpr::Cx));
  for (const Gpr borrowed : {Gpr::Ax, Gpr::Cx}) {
    cpu.set_gpr(borrowed, shared().saved[static_cast<std::size_t>(borrowed)]);
  }
  ++context_.emulated;
  ++context_.ledger.translation.lookup_misses;
  pending_rip_ = target;
  take_exit(ExitReason::TranslatorCalled, target, nullptr);
  const UnitRecord* unit = unit_for(target, std::nullopt, true);
  if (unit != nullptr) {
    if (!code_.has_room()) {
      evict(EvictionCause::NoRoom);
      unit = unit_for(target, std::nullopt, true);
    }
    code_.set_lookup(target, code_.add_landing(*unit));
  }
  resume(unit != nullptr ? Handling::Translated : Handling::Reflected,
         context_.cost.find_translation);
}

// A unit of a frame that also holds data: is its code what it was?
void BinaryTranslation::check_unit() {
  const UnitRecord* unit = code_.unit_at(cache_rip());
  if (unit == nullptr) {
    context_.machine.end_guest(GuestEnd::Crashed, cache_call::kCheck);
    return;
  }
  const std::uint32_t guest = unit->guest;
  take_exit(ExitReason::Callout, cache_call::kCheck, nullptr);
  std::array<std::uint8_t, kUnitGuestBytes> now;
  std::uint32_t gfn[2];
  const std::uint32_t got = fetch(guest, now.data(), gfn);
  const bool same =
      got >= unit->guest_bytes &&
      std::equal(now.begin(), now.begin() + unit->guest_bytes, code_.guest_copy(*unit));
  if (!same) {
    pending_rip_ = guest;
    void_units(InvalidationCause::CodeWritten, Gfn(unit->gfn[0]),
               [&](const UnitRecord& other) { return &other == unit; });
  }
  resume(Handling::Translated, 0);
}

void BinaryTranslation::save(StateWriter& out) const {
  DeprivilegedGuest::save(out);
  out.flag(in_cache_);
  out.flag(pending_rip_.has_value());
  out.u32(pending_rip_.value_or(0));
  out.u16(kernel_cs_);
  out.flag(flat_stack_);
  out.flag(can_run_);
}

bool BinaryTranslation::restore(StateReader& in) {
  const bool base = DeprivilegedGuest::restore(in);
  in_cache_ = in.flag();
  const bool pending = in.flag();
  const std::uint32_t rip = in.u32();
  pending_rip_ = pending ? std::optional(rip) : std::nullopt;
  kernel_cs_ = in.u16();
  flat_stack_ = in.flag();
  can_run_ = in.flag();
  return base && in.ok();
}

}  // namespace gv
