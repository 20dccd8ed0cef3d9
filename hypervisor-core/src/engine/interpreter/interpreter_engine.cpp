// SPDX-License-Identifier: MIT
//
// interpreter_engine.cpp - the loop that fetches blocks and runs them, and saving.

#include "engine/interpreter/interpreter_engine.h"

#include "engine/interpreter/decoder.h"
#include "engine/interpreter/handlers.h"
#include "engine/interpreter/interpreter_state.h"
#include "gv/device.h"
#include "x86/exceptions.h"

#include <algorithm>

namespace gv {

using namespace interpreter;

InterpreterEngine::InterpreterEngine(MachineMemory& memory)
    : InterpreterEngine(memory, P2m::identity(memory.frames())) {}
InterpreterEngine::InterpreterEngine(MachineMemory& memory, P2m seen)
    : state_(std::make_unique<State>(memory, std::move(seen))) {}
InterpreterEngine::~InterpreterEngine() = default;

Result<Exit> InterpreterEngine::run(const Entry& entry) {
  // A translation is not the guest's instruction, and is not examined.
  return state_->examination != Examination::Off && state_->map == nullptr ? run_examined(entry)
                                                                           : run_unseen(entry);
}

Result<Exit> InterpreterEngine::run_unseen(const Entry& entry) {
  State& s = *state_;
  s.stopped_short = false;
  s.apply_pending();
  if (const auto exit = s.finish_port(entry.port_reply)) {
    return *exit;
  }
  for (;;) {
    if (s.cpu.watch.touched() && s.interruptible_here()) {
      return Exit{MemoryTouched{}};
    }
    if (const auto exit = s.run_some(entry)) {
      return *exit;
    }
  }
}

std::optional<Exit> InterpreterEngine::State::finish_port(std::uint32_t reply) {
  if (cpu.port_use == PortUse::None) {
    return std::nullopt;
  }
  const std::uint64_t at = cpu.rip();
  cpu.interrupt_shadow = false;
  if (!complete_port(cpu, port_operation, reply)) {
    cpu.rip() = at;
    return cpu.exit;
  }
  ++cpu.retired;
  if (port_operation.repeat == Repeat::None ||
      (port_operation.handler != &port_in_string && port_operation.handler != &port_out_string)) {
    cpu.rip() += port_operation.length;
  }
  return std::nullopt;
}

bool InterpreterEngine::State::watch_ahead(std::uint64_t linear, std::uint32_t bytes) const {
  return std::any_of(watched.begin(), watched.end(),
                     [&](std::uint64_t at) { return at - linear < bytes; });
}

Gva InterpreterEngine::State::guest_here(const std::optional<CodeMap::Step>& step) const {
  return step ? step->guest : Gva(cpu.code_linear());
}

bool InterpreterEngine::State::watched_here(const std::optional<CodeMap::Step>& step) const {
  const std::uint64_t here = guest_here(step).value;
  return (!step || step->first) && (cpu.retired != watch_passed || here != watch_passed_at) &&
         std::find(watched.begin(), watched.end(), here) != watched.end();
}

bool InterpreterEngine::State::interruptible_here() const {
  const std::optional<CodeMap::Step> step = step_here();
  return !step || step->interruptible;
}

std::optional<CodeMap::Step> InterpreterEngine::State::step_here() const {
  const Gva here(cpu.code_linear());
  return map != nullptr && map->covers(here) ? std::optional(map->step_at(here)) : std::nullopt;
}

std::optional<Exit> InterpreterEngine::State::run_some(const Entry& entry) {
  if (!cpu.in_64_bit_mode()) {
    cpu.rip() &= 0xffffffff;
  }
  const bool shaded = cpu.interrupt_shadow;
  const std::optional<CodeMap::Step> step = step_here();
  const bool interruptible = !step || step->interruptible;
  const bool at_target =
      interruptible && (cpu.retired + cpu.added >= entry.stop_at_block ||
                        (cpu.if_may_have_changed && entry.stop_when_if_may_change));
  if (!shaded && at_target) {
    cpu.if_may_have_changed = false;
    return BudgetSpent{};
  }
  if (cpu.retired >= entry.stop_exactly) {
    stopped_short = !interruptible;
    return BudgetSpent{};
  }
  if (!shaded) {
    cpu.if_may_have_changed = false;
  }
  if (!watched.empty() && watched_here(step)) {
    watch_passed = cpu.retired;
    watch_passed_at = guest_here(step).value;
    return AddressReached{};
  }
  const std::uint64_t at_block = entry.stop_at_block - std::min(cpu.added, entry.stop_at_block);
  cpu.limit = std::min(entry.stop_exactly, std::max(at_block, cpu.retired + 1));
  std::uint64_t budget = cpu.limit - cpu.retired;
  const bool traced = cpu.flags.has(x86::eflags::TF);
  // In translations one by one: each may be the guest's or not.
  if (shaded || traced || step || !cpu.watch.ranges().empty()) {
    budget = 1;
    cpu.limit = cpu.retired + 1;
  }

  const std::uint64_t linear = cpu.code_linear();
  const Tlb::Entry* page = cpu.fetch_page(linear);
  if (page == nullptr) {
    return cpu.exit;
  }
  const std::uint64_t physical = page->physical | (linear & kPageOffsetMask);
  const Block* block = code.find(BlockCache::key_of(physical, cpu.code_size()));
  if (block == nullptr) {
    const bool first_here = !code.has_code(page->physical);
    block = code.decode(physical, page->host + (linear & kPageOffsetMask), cpu.code_size());
    if (first_here) {
      cpu.code_decoded_in(page->physical);
    }
  }
  std::uint64_t count = std::min<std::uint64_t>(budget, block->operations.size());
  const std::uint64_t segment_limit = cpu.segment(SegmentName::Cs).value.limit;
  const bool over_limit = !cpu.in_64_bit_mode() && block->bytes > 0 &&
                          cpu.rip() + block->bytes - 1 > segment_limit &&
                          segment_limit != 0xffffffff;
  if (over_limit || (!watched.empty() && watch_ahead(linear, block->bytes))) {
    count = std::min<std::uint64_t>(count, 1);
  }
  if (over_limit && cpu.rip() + block->operations[0].length - 1 > segment_limit) {
    cpu.general_protection();
    return cpu.exit;
  }
  const std::uint64_t before = cpu.retired;
  cpu.interrupt_shadow = false;
  auto exit = count > 0
                  ? run_operations(block->operations.data(), static_cast<std::uint32_t>(count))
                  : run_across_pages();
  // A trap after an instruction that completed and had nothing else to say.
  if (step && !step->retires) {
    cpu.added += cpu.retired - before;
    cpu.retired = before;
  }
  if (traced && !exit && cpu.retired != before) {
    exit = Faulted{x86::kDebug, 0, Gva(0)};
  }
  return exit;
}

std::optional<Exit> InterpreterEngine::State::run_operations(const Operation* operations,
                                                             std::uint32_t most) {
  const Operation* op = operations;
  const Operation* const end = operations + most;
  do {
    cpu.rip() += op->length;
    if (!op->handler(cpu, *op)) [[unlikely]] {
      break;
    }
    ++op;
  } while (op != end);
  cpu.retired += static_cast<std::uint64_t>(op - operations);
  if (op == end) {
    return std::nullopt;
  }
  switch (cpu.outcome) {
    case Outcome::Done:
      ++cpu.retired;
      return std::nullopt;
    case Outcome::DoneExit:
      ++cpu.retired;
      return cpu.exit;
    case Outcome::Again:
    case Outcome::Withdrawn:
      cpu.rip() -= op->length;
      return std::nullopt;
    case Outcome::Fault:
      break;
  }
  cpu.rip() -= op->length;
  if (cpu.port_use != PortUse::None) {
    port_operation = *op;
  }
  return cpu.exit;
}

// An instruction whose bytes lie on two pages: decoded anew each time it is met.
std::optional<Exit> InterpreterEngine::State::run_across_pages() {
  std::uint8_t bytes[x86::kLongestInstruction];
  const std::uint64_t linear = cpu.code_linear();
  const std::size_t in_page = kPageSize - (linear & kPageOffsetMask);
  std::size_t got = cpu.peek(linear, bytes, std::min(in_page, sizeof bytes));
  Decoded decoded = interpreter::decode(bytes, got, cpu.code_size());
  if (decoded.needs_more_bytes) {
    got = cpu.fetch_slowly(bytes, sizeof bytes);
    decoded = interpreter::decode(bytes, got, cpu.code_size());
    if (decoded.needs_more_bytes) {
      return cpu.exit;  // the second page's fault
    }
  }
  const std::uint64_t segment_limit = cpu.segment(SegmentName::Cs).value.limit;
  if (!cpu.in_64_bit_mode() && cpu.rip() + decoded.operation.length - 1 > segment_limit &&
      segment_limit != 0xffffffff) {
    cpu.general_protection();
    return cpu.exit;
  }
  return run_operations(&decoded.operation, 1);
}

Exit InterpreterEngine::run_one_afresh() {
  State& s = *state_;
  s.cpu.flush_tlb();
  s.cpu.interrupt_shadow = false;
  s.cpu.limit = s.cpu.retired + 1;
  return s.run_across_pages().value_or(BudgetSpent{});
}

std::uint64_t InterpreterEngine::retired() const { return state_->cpu.retired; }

std::uint64_t InterpreterEngine::added() const { return state_->cpu.added; }

void InterpreterEngine::intercept(const Intercepts& wanted) {
  state_->cpu.system_calls_exit = wanted.system_calls;
}

void InterpreterEngine::set_code_map(const CodeMap* map) { state_->map = map; }

bool InterpreterEngine::inside_block() const {
  return state_->stopped_short || state_->cpu.interrupt_shadow ||
         state_->cpu.port_use != PortUse::None;
}

void InterpreterEngine::watch(const std::vector<Gva>& addresses) {
  State& s = *state_;
  s.watched.clear();
  for (const Gva address : addresses) {
    s.watched.push_back(address.value);
  }
  s.watch_passed = s.cpu.retired;
  s.watch_passed_at = s.guest_here(s.step_here()).value;
}

bool InterpreterEngine::watch_memory(const std::vector<WatchedRange>& ranges) {
  Cpu& cpu = state_->cpu;
  if (cpu.watch.ranges() != ranges) {
    cpu.flush_tlb();
  }
  cpu.watch.set(ranges);
  return true;
}

std::vector<MemoryTouch> InterpreterEngine::take_touches() {
  Cpu& cpu = state_->cpu;
  return cpu.watch.touched() ? cpu.watch.take_retired(cpu.retired, cpu.retired + cpu.added,
                                                      cpu.port_use != PortUse::None)
                             : std::vector<MemoryTouch>();
}

std::vector<MemoryTouch> InterpreterEngine::take_unfinished_touches() {
  return state_->cpu.watch.take_unfinished();
}

void InterpreterEngine::flush_tlb() { state_->cpu.flush_tlb(); }

void InterpreterEngine::forget_code() {
  state_->code.forget_all();
  state_->cpu.flush_tlb();
}

void InterpreterEngine::memory_written(Mpa from, std::uint64_t bytes) {
  State& s = *state_;
  while (bytes > 0) {
    const std::uint64_t chunk = std::min(bytes, kPageSize - from.page_offset());
    if (s.code.has_code(from.page_base().value)) {
      s.code.written(from.value, chunk);
    }
    from = from + chunk;
    bytes -= chunk;
  }
}

namespace {

void put(StateWriter& out, const Segment& s) {
  out.u16(s.selector);
  out.u64(s.base);
  out.u32(s.limit);
  out.u16(s.attributes);
}

Segment take_segment(StateReader& in) {
  Segment s;
  s.selector = in.u16();
  s.base = in.u64();
  s.limit = in.u32();
  s.attributes = in.u16();
  return s;
}

// Every 64-bit word of the state, in one order for both ways.
template <class CpuType, class Visit>
void each_word(CpuType& cpu, Visit visit) {
  for (auto& slot : cpu.slots) {
    visit(slot);
  }
  visit(cpu.cr0);
  visit(cpu.cr2);
  visit(cpu.cr3);
  visit(cpu.cr4);
  visit(cpu.gdtr.base);
  visit(cpu.idtr.base);
  auto& m = cpu.msrs;
  for (auto* word : {&m.sysenter_cs, &m.sysenter_esp, &m.sysenter_eip, &m.pat, &m.efer, &m.star,
                     &m.lstar, &m.cstar, &m.fmask, &m.kernel_gs_base}) {
    visit(*word);
  }
}

}  // namespace

EngineState InterpreterEngine::save() {
  State& s = *state_;
  GV_CHECK(!inside_block());
  s.apply_pending();
  StateWriter out;
  each_word(s.cpu, [&](std::uint64_t word) { out.u64(word); });
  out.u64(s.cpu.flags.word());
  for (const SegmentRegister& segment : s.cpu.segments) {
    put(out, segment.value);
  }
  put(out, s.cpu.tr.value);
  put(out, s.cpu.ldtr.value);
  out.u16(s.cpu.gdtr.limit);
  out.u16(s.cpu.idtr.limit);
  const FloatingPointState x87 = *floating_point();
  for (const auto& value : x87.stack) {
    for (const std::uint8_t byte : value) {
      out.u8(byte);
    }
  }
  out.u16(x87.control);
  out.u16(x87.status);
  out.u8(x87.in_use);
  out.u8(static_cast<std::uint8_t>(s.cpu.cpl()));
  out.flag(s.cpu.if_may_have_changed);
  out.u64(s.cpu.added);
  // A replay from here starts with an empty TLB, and A and D bits depend on what is in it; so
  // the run that goes on must start with an empty one too.
  s.cpu.flush_tlb();
  return {out.take(), s.cpu.retired};
}

Result<void> InterpreterEngine::restore(const EngineState& state) {
  State& s = *state_;
  GV_TRY(switch_in(state));
  s.cpu.retired = state.retired;
  s.cpu.watch.forget();
  forget_code();
  return {};
}

Result<void> InterpreterEngine::switch_in(const EngineState& state) {
  State& s = *state_;
  StateReader in(state.context);
  each_word(s.cpu, [&](std::uint64_t& word) { word = in.u64(); });
  s.cpu.flags.set_word(in.u64());
  for (SegmentRegister& segment : s.cpu.segments) {
    segment.value = take_segment(in);
  }
  s.cpu.tr.value = take_segment(in);
  s.cpu.ldtr.value = take_segment(in);
  s.cpu.gdtr.limit = in.u16();
  s.cpu.idtr.limit = in.u16();
  FloatingPointState x87;
  for (auto& value : x87.stack) {
    for (std::uint8_t& byte : value) {
      byte = in.u8();
    }
  }
  x87.control = in.u16();
  x87.status = in.u16();
  x87.in_use = in.u8();
  set_floating_point(x87);
  s.cpu.set_cpl(in.u8());
  s.cpu.if_may_have_changed = in.flag();
  s.cpu.added = in.u64();
  if (!in.ok()) {
    return Error{ErrorCode::InvalidInput, "the saved CPU state is of another engine version"};
  }
  s.stopped_short = false;
  s.examined.reset();
  s.cpu.interrupt_shadow = false;
  s.cpu.port_use = PortUse::None;
  s.selectors = {};
  s.cpu.mode_changed();
  s.cpu.flush_tlb();
  return {};
}

}  // namespace gv
