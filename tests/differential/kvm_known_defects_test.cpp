// SPDX-License-Identifier: MIT
//
// Where a KVM that emulates ring 0 differs from the manual, one by one: the bytes, what the
// manual says, what KVM does. The random programs are compared without these, kvm_defects.h. Each
// test fails when KVM is mended. On a KVM that runs the guest on the CPU there is nothing to show.

#include "differential/comparison.h"
#include "differential/kvm_defects.h"

#include "engine/kvm/kvm_engine.h"
#include "x86/control_registers.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gv {
namespace {

using namespace x86::eflags;

class KvmDefects : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto here = KvmEngine::check(); !here) {
      GTEST_SKIP() << here.error().message;
    }
    if (KvmEngine::check_legacy_paging()) {
      GTEST_SKIP() << "this KVM does not emulate ring 0";
    }
    interpreter_ = make_runner(EngineKind::Interpreter, Frames::Cleared);
    kvm_ = make_kvm_runner();
  }
  static RandomProgram program_of(std::vector<std::uint8_t> bytes, ProgramMode mode) {
    RandomProgram program;
    program.mode = mode;
    program.address = arena::kCode;
    program.bytes = std::move(bytes);
    program.bytes.insert(program.bytes.end(), {0xcd, kEndVector});
    program.gpr[4] = mode == ProgramMode::Real ? 0x8000 : arena::kStack + 0x8000;
    return program;
  }
  void run(const RandomProgram& program) {
    ours_ = interpreter_->run(program);
    theirs_ = kvm_->run(program);
  }
  static bool ended(const ProgramOutcome& outcome, std::uint8_t vector = kEndVector) {
    const auto* end = std::get_if<SoftwareInterrupted>(&outcome.exits.back());
    return end != nullptr && end->vector == vector;
  }
  std::unique_ptr<ProgramRunner> interpreter_, kvm_;
  ProgramOutcome ours_, theirs_;
};

TEST_F(KvmDefects, InstructionsThatItDoesNotExecuteComeOutRightWithTheAssist) {
  struct Refused {
    std::string_view mnemonic;
    ProgramMode mode;
    std::vector<std::uint8_t> bytes;
  };
  const auto flat = ProgramMode::Ring0Flat;
  const Refused all[] = {
      {"aaa", flat, {0x37}},
      {"aas", flat, {0x3f}},
      {"bound", flat, {0x62, 0x05, 0x00, 0x80, 0x04, 0x00}},
      {"daa", flat, {0x27}},
      {"enter", flat, {0xc8, 8, 0, 2}},
      {"int", flat, {0xcd, 0x40}},
      {"int3", flat, {0xcc}},
      {"into", flat, {0xb8, 0xff, 0xff, 0xff, 0x7f, 0x83, 0xc0, 0x01, 0xce}},
      {"lar", flat, {0xb8, 8, 0, 0, 0, 0x0f, 0x02, 0xc8}},
      {"lsl", flat, {0xb8, 8, 0, 0, 0, 0x0f, 0x03, 0xc8}},
      {"ud2", ProgramMode::Real, {0x0f, 0x0b}},
      {"verr", flat, {0xb8, 8, 0, 0, 0, 0x0f, 0x00, 0xe0}},
      {"verw", flat, {0xb8, 8, 0, 0, 0, 0x0f, 0x00, 0xe8}},
  };
  for (const std::string_view mnemonic : kRefusedByKvm) {
    const auto* one = std::find_if(std::begin(all), std::end(all),
                                   [&](const Refused& r) { return r.mnemonic == mnemonic; });
    ASSERT_NE(one, std::end(all)) << mnemonic;
    RandomProgram program = program_of(one->bytes, one->mode);
    program.gpr[0] = 0x9a;
    program.gpr[5] = arena::kData;
    run(program);
    EXPECT_TRUE(!theirs_.refused.empty() && theirs_.refused.front() == mnemonic)
        << "KVM executes " << mnemonic << " now";
    EXPECT_EQ(differences(program, ours_, "interpreter", theirs_, "kvm"), "") << mnemonic;
  }
}

// SDM vol. 2A, "ENTER": BP or EBP is pushed as OperandSize says. KVM pushes as much as the stack
// is wide.
TEST_F(KvmDefects, EnterPushesAsManyBytesAsTheStackIsWide) {
  run(program_of({0x66, 0xc8, 0x10, 0x00, 0x00}, ProgramMode::Ring0Flat));
  ASSERT_TRUE(ended(ours_) && ended(theirs_));
  EXPECT_EQ(ours_.gpr[4], arena::kStack + 0x8000 - 2 - 0x10);
  EXPECT_EQ(theirs_.gpr[4], arena::kStack + 0x8000 - 4 - 0x10);
}

// SDM vol. 2A, "AAM" and "AAD": SF, ZF and PF are those of AL. KVM takes them from AX or EAX.
TEST_F(KvmDefects, AdjustmentsTakeTheirFlagsFromTheWholeRegister) {
  RandomProgram program = program_of({0xd5, 0x0a}, ProgramMode::Ring0Flat);
  program.gpr[0] = 0x80000000;
  run(program);
  EXPECT_EQ(ours_.eflags & (SF | ZF), std::uint32_t{ZF});
  EXPECT_EQ(theirs_.eflags & (SF | ZF), std::uint32_t{SF});
  program.bytes[0] = 0xd4;
  program.gpr[0] = 0x14;  // 20: AH 2, AL 0
  run(program);
  EXPECT_EQ(ours_.eflags & ZF, std::uint32_t{ZF});
  EXPECT_EQ(theirs_.eflags & ZF, 0u);
}

// SDM vol. 2A, "INT n": vectors are unsigned. KVM extends the sign, and reads below the table.
TEST_F(KvmDefects, RealModeVectorsFrom80hAreTakenForNegative) {
  run(program_of({0xcd, 0x80}, ProgramMode::Real));
  EXPECT_TRUE(ended(ours_, 0x80));
  EXPECT_FALSE(ended(theirs_, 0x80));
  run(program_of({0xcd, 0x7f}, ProgramMode::Real));
  EXPECT_TRUE(ended(theirs_, 0x7f));
}

// This emulator keeps four vectors for itself: INT 17h and INT 19h raise #GP, INT 1Ah clears EAX to
// EDX as CPUID of an unknown leaf does, and INT 1Bh does nothing.
TEST_F(KvmDefects, FourVectorsOfProtectedModeAreNoInterrupts) {
  for (std::uint32_t number = 0; number < 256; ++number) {
    const auto vector = static_cast<std::uint8_t>(number);
    RandomProgram program = program_of({0xcd, vector}, ProgramMode::Ring0Flat);
    program.gpr[0] = 0x67ffd;
    run(program);
    EXPECT_TRUE(ended(ours_, vector));
    const bool taken =
        std::find(kTakenVectors.begin(), kTakenVectors.end(), vector) != kTakenVectors.end();
    EXPECT_EQ(ended(theirs_, vector), !taken)
        << number << differences(program, ours_, "interpreter", theirs_, "kvm");
  }
}

// A write to where no memory is goes nowhere. KVM starts SGDT and SIDT over again for ever.
TEST_F(KvmDefects, StoringATableRegisterWhereNoMemoryIsNeverEnds) {
  RandomProgram program = program_of({0x0f, 0x01, 0x01}, ProgramMode::Ring0Flat);  // sgdt [ecx]
  program.gpr[1] = 0x5f84d75f;
  run(program);
  EXPECT_TRUE(ended(ours_));
  EXPECT_TRUE(known_to_hang(program, theirs_));
}

// SDM vol. 1, "Segmentation in 64-Bit Mode": overrides by CS, DS, ES and SS are ignored, so that an
// address which is not canonical is #GP. KVM takes it for one of the stack's.
TEST_F(KvmDefects, AnOverrideByTheStackSegmentCountsInLongMode) {
  RandomProgram program = program_of({0x36, 0x8b, 0x03}, ProgramMode::Ring0Long);  // mov eax, [rbx]
  program.gpr[3] = 0x0b94'4e55'7389'392d;
  run(program);
  const auto* here = std::get_if<Faulted>(&ours_.exits.back());
  const auto* there = std::get_if<Faulted>(&theirs_.exits.back());
  ASSERT_TRUE(here != nullptr && there != nullptr);
  EXPECT_EQ(here->vector, 13);
  EXPECT_EQ(there->vector, 12);
}

// SDM vol. 2A, "REX Prefixes": REX.R does not extend the number of a segment register. KVM extends
// it, and knows no such register.
TEST_F(KvmDefects, RexExtendsTheNumberOfASegmentRegister) {
  run(program_of({0x44, 0x8c, 0xe7}, ProgramMode::Ring0Long));  // mov edi, fs
  EXPECT_TRUE(ended(ours_));
  EXPECT_TRUE(std::holds_alternative<InvalidOpcode>(theirs_.exits.back()));
}

// SDM vol. 2B, "MOV": of a segment register 16 bits go to memory, whatever the operand size. KVM
// stores as many as REX.W says.
TEST_F(KvmDefects, RexWidensTheStoreOfASegmentRegister) {
  RandomProgram program = program_of({0x48, 0x8c, 0x0b}, ProgramMode::Ring0Long);  // mov [rbx], cs
  program.gpr[3] = arena::kData;
  run(program);
  ASSERT_TRUE(ended(ours_) && ended(theirs_));
  EXPECT_NE(ours_.memory, theirs_.memory);
}

// SDM vol. 3A, "Interrupt and Exception Classes": a fault leaves the machine as before the
// instruction. KVM has written to the first page when the second refuses.
TEST_F(KvmDefects, AWriteAcrossPagesIsHalfDoneWhenTheSecondRefuses) {
  RandomProgram program = program_of({0x48, 0xff, 0x09}, ProgramMode::Ring0Long);  // dec [rcx]
  const std::uint32_t first = arena::kData + (arena::kReadOnlyPage - 1) * 0x1000;
  program.gpr[1] = first + 0xffc;
  run(program);
  const auto wrote = [&](const ProgramOutcome& outcome) {
    for (std::size_t at = 0; at < outcome.memory.size(); at += 0x1001) {
      if (outcome.memory[at] == first >> 12) {
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(std::holds_alternative<Faulted>(ours_.exits.back()));
  EXPECT_FALSE(wrote(ours_));
  EXPECT_TRUE(wrote(theirs_));
}

// SDM vol. 2B, "PUSH": of a segment register's four bytes a CPU may leave the upper two in memory
// as they are. KVM does, the interpreter and Unicorn write zeros.
TEST_F(KvmDefects, TheUpperHalfOfAPushedSelectorIsEitherOnesToChoose) {
  run(program_of({0x0f, 0xa8}, ProgramMode::Ring0Flat));  // push gs
  ASSERT_TRUE(ended(ours_) && ended(theirs_));
  EXPECT_EQ(ours_.gpr[4], theirs_.gpr[4]);
  ASSERT_EQ(ours_.memory.size(), theirs_.memory.size());
  const std::size_t at = 1 + 0xffc;  // in the page below ESP, behind its number
  EXPECT_EQ(ours_.memory[at], theirs_.memory[at]);
  EXPECT_NE(std::vector(ours_.memory.begin() + at + 2, ours_.memory.begin() + at + 4),
            std::vector(theirs_.memory.begin() + at + 2, theirs_.memory.begin() + at + 4));
}

}  // namespace
}  // namespace gv
