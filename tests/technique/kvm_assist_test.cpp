// SPDX-License-Identifier: MIT
//
// Exceptions and INT n of instructions that KVM's emulator refuses: the guest's own handlers see
// them as they do on the interpreter.

#include "engine/kvm/kvm_engine.h"
#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <array>

namespace gv {
namespace {

// Flat, at 1 MiB. A handler for each vector notes it and four words from the top of the stack's
// frame at 0x30000, and goes on at ESI by an IRET. In NASM's words, without the set-up:
//
//   int 0x80; bound eax, [outside]; ud1 eax, eax; iretd to selector 0x5550; int3; into; int 13
const std::vector<std::uint8_t> kRaises = {
    0xbc, 0x00, 0x00, 0x09, 0x00, 0xbb, 0x00, 0x00, 0x03, 0x00, 0x31, 0xc9, 0x8d, 0x04, 0xcd, 0x00,
    0x80, 0x02, 0x00, 0x8d, 0x14, 0xcd, 0x00, 0x00, 0x02, 0x00, 0x66, 0x89, 0x02, 0x66, 0xc7, 0x42,
    0x02, 0x08, 0x00, 0x66, 0xc7, 0x42, 0x04, 0x00, 0x8e, 0xc1, 0xe8, 0x10, 0x66, 0x89, 0x42, 0x06,
    0x8d, 0x14, 0xcd, 0x00, 0x80, 0x02, 0x00, 0xc6, 0x02, 0xe8, 0x8d, 0x42, 0x05, 0xf7, 0xd8, 0x05,
    0xac, 0x00, 0x10, 0x00, 0x89, 0x42, 0x01, 0x41, 0x81, 0xf9, 0x00, 0x01, 0x00, 0x00, 0x72, 0xbc,
    0x0f, 0x01, 0x1d, 0xd9, 0x00, 0x10, 0x00, 0xbe, 0x5e, 0x00, 0x10, 0x00, 0xcd, 0x80, 0xbe, 0x6e,
    0x00, 0x10, 0x00, 0xb8, 0x09, 0x00, 0x00, 0x00, 0x62, 0x05, 0xdf, 0x00, 0x10, 0x00, 0xbe, 0x76,
    0x00, 0x10, 0x00, 0x0f, 0xb9, 0xc0, 0xbe, 0x88, 0x00, 0x10, 0x00, 0x6a, 0x02, 0x68, 0x50, 0x55,
    0x00, 0x00, 0x68, 0x88, 0x00, 0x10, 0x00, 0xcf, 0xbc, 0x00, 0x00, 0x09, 0x00, 0xbe, 0x93, 0x00,
    0x10, 0x00, 0xcc, 0xbe, 0xa1, 0x00, 0x10, 0x00, 0xb8, 0xff, 0xff, 0xff, 0x7f, 0x83, 0xc0, 0x01,
    0xce, 0xbe, 0xa8, 0x00, 0x10, 0x00, 0xcd, 0x0d, 0xb0, 0x10, 0xe6, 0xf4, 0x58, 0x2d, 0x05, 0x80,
    0x02, 0x00, 0xc1, 0xe8, 0x03, 0x89, 0x03, 0x8b, 0x04, 0x24, 0x89, 0x43, 0x04, 0x8b, 0x44, 0x24,
    0x04, 0x89, 0x43, 0x08, 0x8b, 0x44, 0x24, 0x08, 0x89, 0x43, 0x0c, 0x83, 0xc3, 0x10, 0xbc, 0x00,
    0x00, 0x09, 0x00, 0x6a, 0x02, 0x6a, 0x08, 0x56, 0xcf, 0xff, 0x07, 0x00, 0x00, 0x02, 0x00, 0x01,
    0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00};

struct Noted {
  std::uint32_t vector = 0, top = 0, second = 0, third = 0;
  bool operator==(const Noted&) const = default;
};
using AllNoted = std::array<Noted, 7>;

struct Ran {
  std::unique_ptr<Machine> machine;
  AllNoted noted;
};
Ran run(EngineKind engine, TechniqueKind technique) {
  MachineConfig config = config_of_code(kRaises, technique);
  config.engine = engine;
  auto machine = Machine::create(config);
  GV_CHECK(machine);
  EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded);
  EXPECT_TRUE((*machine)->end() && (*machine)->end()->how == GuestEnd::Exited)
      << (*machine)->end_text();
  Ran ran{std::move(*machine), {}};
  ran.machine->memory().read(Gpa(0x30000), ran.noted.data(), sizeof ran.noted);
  return ran;
}

TEST(KvmAssist, TakesExceptionsAndSoftwareInterruptsToTheGuestsHandlers) {
  if (const auto here = KvmEngine::check(); !here) {
    GTEST_SKIP() << here.error().message;
  }
  const Ran there = run(EngineKind::Interpreter, TechniqueKind::BareMetal);
  const Ran here = run(EngineKind::Kvm, TechniqueKind::HardwareAssisted);
  EXPECT_EQ(here.noted[0].vector, 0x80u);
  EXPECT_EQ(here.noted[0].top, 0x10005eu) << "behind INT n";
  EXPECT_EQ(here.noted[1].vector, 5u);
  EXPECT_EQ(here.noted[1].top, 0x100068u) << "at BOUND";
  EXPECT_EQ(here.noted[3].vector, 13u);
  EXPECT_EQ(here.noted[3].top, 0x5550u) << "the error code names the selector";
  EXPECT_EQ(here.noted[6].top, 0x1000a8u) << "INT 13 pushes no error code";
  for (std::size_t i = 0; i < here.noted.size(); ++i) {
    // The resume flag in the image of EFLAGS is the CPU's to set.
    constexpr std::uint32_t kResumeFlag = 1u << 16;
    const Noted& a = here.noted[i];
    const Noted& b = there.noted[i];
    EXPECT_EQ(a.vector, b.vector) << i;
    EXPECT_EQ(a.top, b.top) << i;
    EXPECT_EQ(a.second, b.second) << i;
    EXPECT_EQ(a.third & ~kResumeFlag, b.third & ~kResumeFlag) << i;
  }
  if (!KvmEngine::check_legacy_paging()) {
    const Ledger& ledger = here.machine->ledger();
    EXPECT_GE(ledger[ExitReason::InstructionAssist].count, 7u);
    EXPECT_GE(ledger.reflections, 5u);
  }
}

TEST(KvmAssist, AGuestWhoseHandlersAllFailEndsWithATripleFault) {
  if (const auto here = KvmEngine::check(); !here) {
    GTEST_SKIP() << here.error().message;
  }
  // int 0x80, without an IDT
  MachineConfig config = config_of_code({0xcd, 0x80, 0xf4}, TechniqueKind::HardwareAssisted);
  config.engine = EngineKind::Kvm;
  const auto machine = Machine::create(config);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded);
  ASSERT_TRUE((*machine)->end());
  EXPECT_EQ((*machine)->end()->how, GuestEnd::Crashed);
}

TEST(KvmAssist, AnInstructionThatNobodyHereKnowsIsNamed) {
  if (const auto here = KvmEngine::check(); !here) {
    GTEST_SKIP() << here.error().message;
  }
  if (KvmEngine::check_legacy_paging()) {
    GTEST_SKIP() << "this KVM's CPU knows it";
  }
  // mov eax, cr4; or eax, 0x600; mov cr4, eax; addps xmm0, xmm0; hlt
  MachineConfig config =
      config_of_code({0x0f, 0x20, 0xe0, 0x0d, 0, 6, 0, 0, 0x0f, 0x22, 0xe0, 0x0f, 0x58, 0xc0, 0xf4},
                     TechniqueKind::HardwareAssisted);
  config.engine = EngineKind::Kvm;
  const auto machine = Machine::create(config);
  ASSERT_TRUE(machine) << machine.error().message;
  EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded);
  EXPECT_NE((*machine)->end_text().find("addps"), std::string::npos) << (*machine)->end_text();
}

}  // namespace
}  // namespace gv
