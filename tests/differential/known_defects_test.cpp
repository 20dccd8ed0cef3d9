// SPDX-License-Identifier: MIT
//
// Where Unicorn 2.1.1 differs from the manual, one by one: the bytes, what the manual says, what
// Unicorn does. The random programs avoid exactly these. Each test shows the right outcome on
// the interpreter and the wrong one on Unicorn; it fails when Unicorn is mended, and then the
// program generator may use the instruction again.

#include "differential/comparison.h"
#include "x86/control_registers.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

using namespace x86::eflags;
constexpr std::uint32_t kAll = CF | PF | AF | ZF | SF | OF;

struct Both {
  ProgramOutcome ours, theirs;
};

RandomProgram program_of(std::vector<std::uint8_t> bytes, ProgramMode mode) {
  RandomProgram program;
  program.mode = mode;
  program.address = arena::kCode;
  program.bytes = std::move(bytes);
  program.bytes.insert(program.bytes.end(), {0xcd, kEndVector});
  program.gpr[4] = arena::kStack + 0x8000;
  return program;
}

Both run_both(const RandomProgram& program) {
  return {make_runner(EngineKind::Interpreter)->run(program),
          make_runner(EngineKind::Unicorn)->run(program)};
}

bool ended(const ProgramOutcome& outcome) {
  const auto* end = std::get_if<SoftwareInterrupted>(&outcome.exits.back());
  return end != nullptr && end->vector == kEndVector;
}
bool faulted(const ProgramOutcome& outcome, std::uint8_t vector) {
  const auto* fault = std::get_if<Faulted>(&outcome.exits.back());
  return fault != nullptr && fault->vector == vector;
}

// SDM vol. 2A, "CMPXCHG8B": of the flags it changes ZF alone. Unicorn takes the others from
// wherever its lazy flags stand: an ADC in front leaves words that are no flags.
TEST(KnownDefects, CmpxchgEightBytesLosesPendingFlagsOnUnicorn) {
  // adc esi, 0xffffff99; cmpxchg8b [0x48000]
  RandomProgram program = program_of({0x83, 0xd6, 0x99, 0x0f, 0xc7, 0x0d, 0x00, 0x80, 0x04, 0x00},
                                     ProgramMode::Ring0Flat);
  program.gpr[6] = 0x4463b;
  const Both both = run_both(program);
  ASSERT_TRUE(ended(both.ours) && ended(both.theirs));
  constexpr std::uint32_t kOthers = CF | PF | AF | SF | OF;
  // 0x4463b + 0xffffff99 = 0x445d4 with a carry; d4 has four bits set.
  EXPECT_EQ(both.ours.eflags & kOthers, CF | PF | AF);
  EXPECT_NE(both.theirs.eflags & kOthers, CF | PF | AF);
}

// SDM vol. 2A, "LOOP/LOOPcc": no flags are affected. When the counter reaches zero Unicorn
// believes that it has worked the pending flags out, and has not.
TEST(KnownDefects, ConditionalLoopThatEndsLosesPendingFlagsOnUnicorn) {
  // inc byte [0x48000]; loopne +0
  RandomProgram program =
      program_of({0xfe, 0x05, 0x00, 0x80, 0x04, 0x00, 0xe0, 0x00}, ProgramMode::Ring0Flat);
  program.gpr[1] = 1;
  program.eflags |= CF;
  const Both both = run_both(program);
  ASSERT_TRUE(ended(both.ours) && ended(both.theirs));
  EXPECT_EQ(both.ours.eflags & CF, CF);
  EXPECT_NE(both.theirs.eflags, both.ours.eflags);
}

// SDM vol. 3A, "Type Checking": a write through a read-only data segment is #GP.
TEST(KnownDefects, SegmentTypesAreNotCheckedByUnicorn) {
  // mov eax, 0x33; mov es, eax; mov byte es:[0x48000], 1
  const Both both = run_both(
      program_of({0xb8, 0x33, 0, 0, 0, 0x8e, 0xc0, 0x26, 0xc6, 0x05, 0x00, 0x80, 0x04, 0x00, 0x01},
                 ProgramMode::Ring0Flat));
  EXPECT_TRUE(faulted(both.ours, 13));
  EXPECT_TRUE(ended(both.theirs));
}

// SDM vol. 3A, "Segment Selectors": an access through a null selector is #GP.
TEST(KnownDefects, NullSelectorsAreUsableOnUnicorn) {
  // xor eax, eax; mov es, eax; mov al, es:[0x48000]
  const Both both = run_both(program_of(
      {0x31, 0xc0, 0x8e, 0xc0, 0x26, 0xa0, 0x00, 0x80, 0x04, 0x00}, ProgramMode::Ring0Flat));
  EXPECT_TRUE(faulted(both.ours, 13));
  EXPECT_TRUE(ended(both.theirs));
}

// SDM vol. 2A, "INT n": any vector. Unicorn takes INT 6 for an invalid opcode.
TEST(KnownDefects, SoftwareInterruptSixIsAnInvalidOpcodeOnUnicorn) {
  const Both both = run_both(program_of({0xcd, 0x06}, ProgramMode::Ring0Flat));
  const auto* ours = std::get_if<SoftwareInterrupted>(&both.ours.exits.back());
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(ours->vector, 6);
  EXPECT_TRUE(std::holds_alternative<InvalidOpcode>(both.theirs.exits.back()));
}

// SDM vol. 3A, "Faults": the state is that from before the instruction. When the store of a
// SETcc faults, Unicorn has already spent the pending flags on the condition.
TEST(KnownDefects, ConditionStoredToForbiddenMemoryLosesFlagsOnUnicorn) {
  // sbb al, 2; seto [0xd95]: a supervisor's page
  RandomProgram program =
      program_of({0x1c, 0x02, 0x0f, 0x90, 0x05, 0x95, 0x0d, 0x00, 0x00}, ProgramMode::Ring3Paged);
  program.gpr[0] = 0x51ffe;
  const Both both = run_both(program);
  ASSERT_TRUE(faulted(both.ours, 14) && faulted(both.theirs, 14));
  EXPECT_EQ(both.ours.eflags & kAll, PF | SF);  // 0xfe - 2 = 0xfc: negative, six bits set
  EXPECT_NE(both.theirs.eflags & kAll, both.ours.eflags & kAll);
}

// The same of RCL and RCR, which need CF: bits are set that are no arithmetic flags at all.
TEST(KnownDefects, RotationThroughCarryOfForbiddenMemoryLosesFlagsOnUnicorn) {
  // sbb al, 2; rcr word [0xd95], 2
  RandomProgram program = program_of({0x1c, 0x02, 0x66, 0xc1, 0x1d, 0x95, 0x0d, 0x00, 0x00, 0x02},
                                     ProgramMode::Ring3Paged);
  program.gpr[0] = 0x51ffe;
  const Both both = run_both(program);
  ASSERT_TRUE(faulted(both.ours, 14) && faulted(both.theirs, 14));
  EXPECT_EQ(both.ours.eflags & kAll, PF | SF);
  EXPECT_NE(both.theirs.eflags, both.ours.eflags);
}

// --- In long mode.

RandomProgram long_program(std::vector<std::uint8_t> bytes) {
  return program_of(std::move(bytes), ProgramMode::Ring0Long);
}

bool changed(const ProgramOutcome& outcome, std::uint8_t page) {
  for (std::size_t at = 0; at < outcome.memory.size(); at += 1 + kPageSize) {
    if (outcome.memory[at] == page) {
      return true;
    }
  }
  return false;
}

// SDM vol. 2A, "REX Prefixes": where ModR/M.reg extends the opcode, REX.R is ignored.
TEST(KnownDefects, MoveOfAnImmediateWithRexRIsAnInvalidOpcodeOnUnicorn) {
  // rex.r mov eax, 5
  const Both both = run_both(long_program({0x44, 0xc7, 0xc0, 0x05, 0x00, 0x00, 0x00}));
  EXPECT_TRUE(ended(both.ours));
  EXPECT_EQ(both.ours.gpr[0], 5u);
  EXPECT_TRUE(std::holds_alternative<InvalidOpcode>(both.theirs.exits.back()));
}

// SDM vol. 2A, "CMPXCHG": unequal, the accumulator is loaded; a register that was compared with
// is not written, and keeps its upper half.
TEST(KnownDefects, CmpxchgThatFailsClearsTheUpperHalfOfItsRegisterOnUnicorn) {
  RandomProgram program = long_program({0x0f, 0xb1, 0xfa});  // cmpxchg edx, edi
  program.gpr[2] = 0x1111'2222'3333'4444;
  const Both both = run_both(program);
  ASSERT_TRUE(ended(both.ours) && ended(both.theirs));
  EXPECT_EQ(both.ours.gpr[2], 0x1111'2222'3333'4444u);
  EXPECT_EQ(both.theirs.gpr[2], 0x3333'4444u);
}

// SDM vol. 1, "RIP-Relative Addressing": from the end of the instruction, its immediate included.
TEST(KnownDefects, DoubleShiftRelativeToRipMissesByItsImmediateOnUnicorn) {
  // shrd [rip + 0x30000 - 8], eax, 8: of 0x40000
  RandomProgram program = long_program({0x0f, 0xac, 0x05, 0xf8, 0xff, 0x02, 0x00, 0x08});
  program.gpr[0] = 0xab;
  const Both both = run_both(program);
  ASSERT_TRUE(ended(both.ours) && ended(both.theirs));
  EXPECT_FALSE(changed(both.ours, 0x3f));  // one byte in front of where it belongs
  EXPECT_TRUE(changed(both.theirs, 0x3f));
}

// SDM vol. 2B, "MOVSXD": r16 from r/m16. Unicorn reads four bytes, of which two may be absent.
TEST(KnownDefects, MoveOfAWordBySignExtensionReadsADoublewordOnUnicorn) {
  // movsxd ax, word [0x42ffe]: the page behind is absent
  const Both both = run_both(long_program({0x66, 0x63, 0x04, 0x25, 0xfe, 0x2f, 0x04, 0x00}));
  EXPECT_TRUE(ended(both.ours));
  EXPECT_TRUE(faulted(both.theirs, 14));
}

// As above in 32-bit mode, but here a bit that is no arithmetic flag would be fatal: with VM set,
// segments load as in real mode. The engine takes such bits out, and the next program runs.
TEST(KnownDefects, FlagsThatAConditionalStoreLeavesBehindDoNotReachTheSegmentsOnUnicorn) {
  // adc ecx, -0x50; adc byte [0x44df8], 0xff; rol r11d, 1; setle [r12+0x10]: an absent page
  RandomProgram program =
      long_program({0x83, 0xd1, 0xb0, 0x80, 0x14, 0x25, 0xf8, 0x4d, 0x04, 0x00,
                    0xff, 0x45, 0xd1, 0xc3, 0x45, 0x0f, 0x9e, 0x44, 0x24, 0x10});
  program.gpr[1] = 0xffff'8000'0006'0518;
  program.gpr[11] = 0x72283;
  program.gpr[12] = 0x53945;
  const auto unicorn = make_runner(EngineKind::Unicorn);
  const ProgramOutcome first = unicorn->run(program);
  ASSERT_TRUE(faulted(first, 14));
  EXPECT_EQ(first.eflags & ~kLegalInLongMode, 0u);
  RandomProgram next = long_program({0x48, 0xff, 0xc0});  // inc rax
  next.address += arena::kSlot;
  const ProgramOutcome second = unicorn->run(next);
  EXPECT_TRUE(ended(second));
  EXPECT_EQ(second.gpr[0], 1u);
}

// SDM vol. 1, "Canonical Addressing": through RSP or RBP such an address is #SS, not #GP.
TEST(KnownDefects, StackAddressesThatAreNotCanonicalAreGeneralProtectionOnUnicorn) {
  RandomProgram program = long_program({0x8b, 0x45, 0x00});  // mov eax, [rbp]
  program.gpr[5] = 0x8000'0000'0000;
  const Both both = run_both(program);
  EXPECT_TRUE(faulted(both.ours, 12));
  EXPECT_TRUE(faulted(both.theirs, 13));
}

// SDM vol. 2A, "LAR": in long mode there are no task gates.
TEST(KnownDefects, TaskGatesAreKnownInLongModeOnUnicorn) {
  // mov eax, 0x68; lar ecx, eax
  const Both both = run_both(long_program({0xb8, 0x68, 0x00, 0x00, 0x00, 0x0f, 0x02, 0xc8}));
  ASSERT_TRUE(ended(both.ours) && ended(both.theirs));
  EXPECT_EQ(both.ours.eflags & ZF, 0u);
  EXPECT_EQ(both.theirs.eflags & ZF, ZF);
}

// SDM vol. 3A, "Faults", as above: half of SGDT's store stays when the other half faults.
TEST(KnownDefects, TableRegistersAreStoredByHalvesOnUnicorn) {
  // sgdt [0x42ffe]: the page behind is absent
  const Both both = run_both(long_program({0x0f, 0x01, 0x04, 0x25, 0xfe, 0x2f, 0x04, 0x00}));
  EXPECT_TRUE(faulted(both.ours, 14) && faulted(both.theirs, 14));
  EXPECT_FALSE(changed(both.ours, 0x42));
  EXPECT_TRUE(changed(both.theirs, 0x42));
}

}  // namespace
}  // namespace gv
