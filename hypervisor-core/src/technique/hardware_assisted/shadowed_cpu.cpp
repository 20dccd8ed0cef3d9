// SPDX-License-Identifier: MIT

#include "technique/hardware_assisted/shadowed_cpu.h"

#include "x86/control_registers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

namespace gv {

using namespace x86;

namespace {

// What decides how the CPU walks: the guest's values of these are kept here. PE too is the
// hypervisor's, but there it and the guest always agree.
constexpr std::uint64_t kOwnedCr0 = cr0::PG | cr0::WP;
constexpr std::uint64_t kOwnedCr4 = cr4::PSE | cr4::PAE | cr4::PGE;
constexpr std::uint64_t kPagingBits = 0xffffffff;
constexpr std::uint64_t kAccessedSegment = std::uint64_t{1} << 40;  // in a descriptor's type

constexpr const char* kNoRealMode =
    "without nested paging VT-x runs no guest in real mode, for want of a page table that it "
    "could walk there; leave the control nested paging on";
constexpr const char* kNoWideShadow =
    "without nested paging the hypervisor keeps shadow page tables, and it has none of the PAE and "
    "4-level formats, which this guest switches on; leave the control nested paging on";

FramePool pool_behind(const GuestMemory& memory) {
  GV_CHECK(memory.machine().size() >= memory.size() + ShadowedCpu::kFrames * kPageSize);
  return {frame_of(Mpa(memory.size())), ShadowedCpu::kFrames};
}

}  // namespace

ShadowedCpu::ShadowedCpu(RunContext& context)
    : BareMetal(context),
      context_(context),
      shadow_(context.memory.machine(), pool_behind(context.memory), {}) {}

Result<void> ShadowedCpu::start(const RegisterFile& entry) {
  context_.engine.limit_memory(guest_memory_end());
  return BareMetal::start(entry);
}

Result<void> ShadowedCpu::check(const PagingMode& mode) {
  if ((mode.cr0 & cr0::PE) == 0) {
    return Error{ErrorCode::NotAvailable, kNoRealMode};
  }
  // Nothing here sees EFER written: who has asked for long mode already gets it with paging.
  const bool wide = (mode.enabled() && mode.pae()) || (mode.efer & efer::LME) != 0;
  return wide ? Result<void>(Error{ErrorCode::NotAvailable, kNoWideShadow}) : Result<void>{};
}

Result<void> ShadowedCpu::check_write(int number, std::uint64_t value) {
  PagingMode then = paging();
  (number == 0 ? then.cr0 : number == 4 ? then.cr4 : then.cr3) = value;
  then.efer = 0;  // long mode takes PAE and paging, and they are asked for here
  return check(then);
}

void ShadowedCpu::walk_shadow() {
  VcpuEngine& cpu = context_.engine;
  const std::uint64_t cr0 = cpu.control(ControlRegister::Cr0);
  const std::uint64_t cr4 = cpu.control(ControlRegister::Cr4);
  owned_cr0_ = cr0 & kOwnedCr0;
  owned_cr4_ = cr4 & kOwnedCr4;
  cr2_ = cpu.control(ControlRegister::Cr2);
  cr3_ = cpu.control(ControlRegister::Cr3);
  shadowed_ = true;
  shadow_.drop_all();
  cpu.limit_memory(Mpa(context_.memory.machine().size()));
  cpu.set_control(ControlRegister::Cr4, cr4 & ~kOwnedCr4);
  cpu.set_control(ControlRegister::Cr3, shadow_.root().value);
  cpu.set_control(ControlRegister::Cr0, cr0 | cr0::PG | cr0::WP);
  cpu.flush_tlb();
  reach_descriptors();
  name_address_space();
}

void ShadowedCpu::walk_guest_tables() {
  VcpuEngine& cpu = context_.engine;
  const std::uint64_t cr0 = control(ControlRegister::Cr0);
  const std::uint64_t cr4 = control(ControlRegister::Cr4);
  shadowed_ = false;
  cpu.limit_memory(guest_memory_end());
  cpu.set_control(ControlRegister::Cr2, cr2_);
  cpu.set_control(ControlRegister::Cr4, cr4);
  cpu.set_control(ControlRegister::Cr3, cr3_);
  cpu.set_control(ControlRegister::Cr0, cr0);
  cpu.flush_tlb();
  cpu.enter_address_space(0);
}

std::uint64_t ShadowedCpu::control(ControlRegister which) {
  const std::uint64_t physical = context_.engine.control(which);
  if (!shadowed_) {
    return physical;
  }
  switch (which) {
    case ControlRegister::Cr0:
      return (physical & ~kOwnedCr0) | owned_cr0_;
    case ControlRegister::Cr2:
      return cr2_;
    case ControlRegister::Cr3:
      return cr3_;
    case ControlRegister::Cr4:
      return (physical & ~kOwnedCr4) | owned_cr4_;
  }
  return physical;
}

PagingMode ShadowedCpu::paging() {
  PagingMode mode = BareMetal::paging();
  if (shadowed_) {
    mode.efer &= ~std::uint64_t{efer::LMA};
  }
  return mode;
}

// An exception that exits leaves CR2 alone; only the guest's own faults write it.
void ShadowedCpu::set_fault_address(Gva address) {
  if (shadowed_) {
    cr2_ = address.value;
    return;
  }
  BareMetal::set_fault_address(address);
}

std::optional<std::uint32_t> ShadowedCpu::fill(const Faulted& fault) {
  const AccessKind kind =
      (fault.error_code & page_fault::W) != 0 ? AccessKind::Write : AccessKind::Read;
  const AccessLevel level =
      (fault.error_code & page_fault::U) != 0 ? AccessLevel::User : AccessLevel::Supervisor;
  const PageWalk walk =
      PageWalker(context_.memory).walk(paging(), fault.address, kind, level, SetAccessedDirty::Yes);
  if (walk.outcome != WalkOutcome::Mapped && walk.outcome != WalkOutcome::PagingOff) {
    return PageWalker::error_code(walk, kind, level);
  }
  const bool only_dirty = (fault.error_code & page_fault::P) != 0 && kind == AccessKind::Write;
  ++(only_dirty ? context_.ledger.dirty_tracks : context_.ledger.shadow_misses);
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(),
                    PageFaulted{fault.address, fault.error_code,
                                only_dirty ? FaultKind::DirtyTrack : FaultKind::ShadowMiss});
  }
  map(walk, kind, level);
  return std::nullopt;
}

void ShadowedCpu::map(const PageWalk& walk, AccessKind kind, AccessLevel level) {
  const ShadowMapping mapping = shadow_mapping(context_.memory, walk, kind, level);
  if (shadow_.map(mapping) == ShadowPageTable::MapResult::PoolExhausted) {
    drop_all(FlushCause::OutOfFrames);
    GV_CHECK(shadow_.map(mapping) == ShadowPageTable::MapResult::Mapped);
  }
  ++context_.ledger.shadow_fills;
  if (context_.recorder.enabled()) {
    context_.record(linear_rip(), ShadowFilled{mapping.address, frame_of(Gpa(walk.physical)),
                                               mapping.frame, mapping.writable, mapping.user});
  }
}

bool ShadowedCpu::changes_owned_bits(int number, std::uint64_t value) {
  if (number == 3) {
    return true;
  }
  const bool zero = number == 0;
  return ((value ^ (zero ? owned_cr0_ : owned_cr4_)) & (zero ? kOwnedCr0 : kOwnedCr4)) != 0;
}

bool ShadowedCpu::write_control(int number, std::uint64_t value) {
  VcpuEngine& cpu = context_.engine;
  const auto which = static_cast<ControlRegister>(number);
  const std::uint64_t before = control(which);
  const bool owned = number != 2 && changes_owned_bits(number, value);
  if (number == 2) {
    cr2_ = value;
    return false;
  }
  context_.record(linear_rip(),
                  ControlRegisterWritten{static_cast<std::uint8_t>(number), before, value});
  if (number == 3) {
    cr3_ = value;
  } else {
    const std::uint64_t mask = number == 0 ? kOwnedCr0 : kOwnedCr4;
    (number == 0 ? owned_cr0_ : owned_cr4_) = value & mask;
    const std::uint64_t physical = cpu.control(which);
    const std::uint64_t wanted = (value & ~mask) | (physical & mask);
    if (wanted != physical) {
      cpu.set_control(which, wanted);
    }
  }
  if (owned) {
    drop_all(number == 3 ? FlushCause::Cr3Write : FlushCause::ModeChange);
    name_address_space();
  }
  return owned;
}

void ShadowedCpu::drop_all(FlushCause cause) {
  const Gva rip = linear_rip();  // while the code segment's descriptor is still mapped
  const std::uint32_t dropped = shadow_.drop_all();
  context_.engine.flush_tlb();
  ++context_.ledger.shadow_flushes;
  context_.record(rip, ShadowFlushed{cause, dropped});
  reach_descriptors();
}

// Whether the address lay in a large page is no longer known: with PSE, all 4 MiB go.
void ShadowedCpu::forget_translation(Gva address) {
  const bool large = (owned_cr4_ & cr4::PSE) != 0;
  const Gva rip = linear_rip();
  const std::uint32_t dropped =
      large ? shadow_.drop_directory_entry(address) : shadow_.drop_page(address);
  context_.engine.flush_tlb();
  ++context_.ledger.shadow_flushes;
  context_.record(rip, ShadowFlushed{FlushCause::Invlpg, dropped});
  reach_descriptors();
}

// The engine knows code by its address and the CPU's CR3, which is always the shadow's here.
void ShadowedCpu::name_address_space() {
  context_.engine.enter_address_space(cr3_ | ((owned_cr0_ & cr0::PG) != 0 ? 1u : 0u));
}

// VM entry loads the hidden parts of segment registers from the control structure. Unicorn reads
// them from the guest's descriptor table, between two instructions, where no page fault of the
// shadow could be answered: so the table's page is always there.
void ShadowedCpu::reach_descriptors() {
  before_loading(context_.engine.selector(SegmentName::Cs));  // first: it says where we are
  for (int i = 0; i < kSegmentCount; ++i) {
    before_loading(context_.engine.selector(static_cast<SegmentName>(i)));
  }
}

void ShadowedCpu::before_loading(std::uint16_t selector) {
  if (!shadowed_ || selector_is_null(selector)) {
    return;
  }
  constexpr std::uint64_t kLastByte = 7;
  const std::uint64_t first = context_.engine.gdtr().base + selector_offset(selector);
  std::uint64_t raw = 0;
  LinearMemory(context_.memory, paging()).peek(Gva(first), &raw, sizeof raw);
  // The CPU marks a descriptor as accessed when it loads it first.
  const AccessKind kind = (raw & kAccessedSegment) != 0 ? AccessKind::Read : AccessKind::Write;
  for (const std::uint64_t byte : {first, first + kLastByte}) {
    const Gva address(byte & kPagingBits);
    const PageWalk there = shadow_.walk(address);
    if (there.outcome == WalkOutcome::Mapped && (kind == AccessKind::Read || there.writable)) {
      continue;
    }
    const PageWalk walk =
        PageWalker(context_.memory)
            .walk(paging(), address, kind, AccessLevel::Supervisor, SetAccessedDirty::Yes);
    if (walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff) {
      map(walk, kind, AccessLevel::Supervisor);
    }
  }
}

void ShadowedCpu::save(StateWriter& out) const {
  out.u64(owned_cr0_);
  out.u64(owned_cr4_);
  out.u64(cr2_);
  out.u64(cr3_);
  out.u32(shadow_.state().used_frames);
  out.u32(shadow_.state().entries);
}

// The CPU's own registers are the engine's to restore.
void ShadowedCpu::restore(StateReader& in, bool shadowed) {
  owned_cr0_ = in.u64();
  owned_cr4_ = in.u64();
  cr2_ = in.u64();
  cr3_ = in.u64();
  ShadowPageTable::State state;
  state.used_frames = in.u32();
  state.entries = in.u32();
  shadow_.restore(state);
  shadowed_ = shadowed;
  context_.engine.limit_memory(shadowed ? Mpa(context_.memory.machine().size())
                                        : guest_memory_end());
}

}  // namespace gv
