// SPDX-License-Identifier: MIT
//
// Gates, rings, stacks and frames, on memory that a test wrote.

#include "technique/interrupt_delivery.h"
#include "x86/control_registers.h"
#include "x86/descriptor.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

using namespace x86;

constexpr std::uint64_t kGdt = 0x1000, kIdt = 0x2000, kTss = 0x3000;
constexpr std::uint16_t kCode0 = 0x08, kData0 = 0x10, kCode3 = 0x1b, kData3 = 0x23;

class Delivery : public testing::Test {
 protected:
  Delivery()
      : machine_(std::move(*MachineMemory::create(64 * kPageSize))),
        memory_(machine_, P2m::identity(64)),
        linear_(memory_, PagingMode{cr0::PE, 0, 0}) {
    const auto flat = [](std::uint8_t type, std::uint8_t dpl) {
      return Descriptor{0, 0xffffffff, type, dpl, true, true, false, false, true, true};
    };
    const Descriptor table[] = {{}, flat(0xb, 0), flat(0x3, 0), flat(0xb, 3), flat(0x3, 3)};
    for (std::size_t i = 0; i < std::size(table); ++i) {
      memory_.store(Gpa(kGdt + 8 * i), i == 0 ? std::uint64_t{0} : pack_descriptor(table[i]));
    }
    memory_.store<std::uint32_t>(Gpa(kTss + tss32::kEsp0), 0x8000);
    memory_.store<std::uint32_t>(Gpa(kTss + tss32::kSs0), kData0);
    cpu_.cr0 = cr0::PE;
    cpu_.gdtr = {kGdt, 0x27};
    cpu_.idtr = {kIdt, 0x7ff};
    cpu_.tr = {0x28, kTss, 0x67, 0x8b};
    cpu_[SegmentName::Cs] = segment_of(kCode0, table[1]);
    cpu_[SegmentName::Ss] = segment_of(kData0, table[2]);
    cpu_[Gpr::Sp] = 0x9000;
    cpu_.rip = 0x1234;
    cpu_.rflags = 2 | eflags::IF | eflags::TF;
    user_ = cpu_;
    user_[SegmentName::Cs] = segment_of(kCode3, table[3]);
    user_[SegmentName::Ss] = segment_of(kData3, table[4]);
  }
  void gate(std::uint8_t vector, std::uint8_t type = system_type::kInterruptGate32,
            std::uint8_t dpl = 0, bool present = true) {
    memory_.store(Gpa(kIdt + 8u * vector), pack_gate({0x5678, kCode0, type, dpl, present, 0}));
  }
  std::uint32_t stacked(std::uint64_t address) { return memory_.load<std::uint32_t>(Gpa(address)); }
  static const RegisterFile& taken(const DeliveryResult& result) {
    EXPECT_TRUE(std::holds_alternative<RegisterFile>(result));
    static const RegisterFile nothing;
    const auto* registers = std::get_if<RegisterFile>(&result);
    return registers != nullptr ? *registers : nothing;
  }
  static DeliveryFault refused(const DeliveryResult& result) {
    EXPECT_TRUE(std::holds_alternative<DeliveryFault>(result));
    const auto* fault = std::get_if<DeliveryFault>(&result);
    return fault != nullptr ? *fault : DeliveryFault{};
  }

  MachineMemory machine_;
  GuestMemory memory_;
  LinearMemory linear_;
  RegisterFile cpu_, user_;
};

TEST_F(Delivery, InTheSameRingPushesThreeWordsAndTheErrorCode) {
  gate(13);
  const RegisterFile next = taken(deliver(cpu_, linear_, {13, InterruptSource::Exception, 0x50u}));
  EXPECT_EQ(next.rip, 0x5678u);
  EXPECT_EQ(next[Gpr::Sp], 0x9000u - 16);
  EXPECT_EQ(stacked(0x8ff0), 0x50u);
  EXPECT_EQ(stacked(0x8ff4), 0x1234u);
  EXPECT_EQ(stacked(0x8ff8), kCode0);
  EXPECT_EQ(stacked(0x8ffc), 2u | eflags::IF | eflags::TF);
  EXPECT_EQ(next.rflags & (eflags::IF | eflags::TF), 0u);
}

TEST_F(Delivery, ATrapGateLeavesInterruptsOn) {
  gate(3, system_type::kTrapGate32);
  const RegisterFile next = taken(deliver(cpu_, linear_, {3, InterruptSource::Software, {}}));
  EXPECT_EQ(next.rflags & eflags::IF, std::uint64_t{eflags::IF});
}

TEST_F(Delivery, FromRingThreeTakesTheStackOfTheTaskState) {
  gate(0x40, system_type::kInterruptGate32, 3);
  const RegisterFile next = taken(deliver(user_, linear_, {0x40, InterruptSource::Software, {}}));
  EXPECT_EQ(next.cpl(), 0);
  EXPECT_EQ(next[Gpr::Sp], 0x8000u - 20);
  EXPECT_EQ(stacked(0x8000 - 20), 0x1234u);
  EXPECT_EQ(stacked(0x8000 - 16), kCode3);
  EXPECT_EQ(stacked(0x8000 - 8), 0x9000u);
  EXPECT_EQ(stacked(0x8000 - 4), kData3);
}

TEST_F(Delivery, TheGatesPrivilegeCountsForSoftwareOnly) {
  gate(0x40);
  const DeliveryFault fault = refused(deliver(user_, linear_, {0x40, InterruptSource::Software, {}}));
  EXPECT_EQ(fault.vector, 13);
  EXPECT_EQ(fault.error_code, 0x40u * 8 + 2);
  taken(deliver(user_, linear_, {0x40, InterruptSource::Hardware, {}}));
}

TEST_F(Delivery, AnAbsentGateIsVectorElevenAndAVectorBeyondTheTableIsThirteen) {
  gate(6, system_type::kInterruptGate32, 0, false);
  EXPECT_EQ(refused(deliver(cpu_, linear_, {6, InterruptSource::Exception, {}})).vector, 11);
  cpu_.idtr.limit = 0x2f;
  EXPECT_EQ(refused(deliver(cpu_, linear_, {6, InterruptSource::Exception, {}})).vector, 13);
}

TEST_F(Delivery, AStackThatIsNoRingZeroStackIsAnInvalidTaskState) {
  gate(0x40, system_type::kInterruptGate32, 3);
  memory_.store<std::uint32_t>(Gpa(kTss + tss32::kSs0), kData3);
  EXPECT_EQ(refused(deliver(user_, linear_, {0x40, InterruptSource::Software, {}})).vector, 10);
}

TEST_F(Delivery, AFaultDuringAFaultIsADoubleFaultAndThenTheEnd) {
  gate(8);
  const auto escalated = deliver_or_escalate(cpu_, linear_, {13, InterruptSource::Exception, 0u});
  ASSERT_TRUE(escalated) << "vector 13 has no gate, vector 8 has one";
  EXPECT_EQ(escalated->delivered.vector, 8);
  EXPECT_EQ(escalated->delivered.error_code, 0u);
  memory_.store<std::uint64_t>(Gpa(kIdt + 64), 0);
  EXPECT_FALSE(deliver_or_escalate(cpu_, linear_, {13, InterruptSource::Exception, 0u}));
}

TEST_F(Delivery, AnInterruptWithoutAGateIsAGeneralProtectionNotADoubleFault) {
  gate(13);
  const auto taken_instead = deliver_or_escalate(cpu_, linear_, {0x20, InterruptSource::Hardware, {}});
  ASSERT_TRUE(taken_instead);
  EXPECT_EQ(taken_instead->delivered.vector, 13);
}

TEST_F(Delivery, InRealModeTheVectorTableIsFourBytesAnEntry) {
  RegisterFile real;
  real.idtr = {0, 0x3ff};
  for (Segment& segment : real.segment) {
    segment = real_mode_segment(0);
  }
  real[SegmentName::Cs] = real_mode_segment(0x100);
  real[Gpr::Sp] = 0x7000;
  real.rip = 0x22;
  real.rflags = 2 | eflags::IF;
  memory_.store<std::uint32_t>(Gpa(0x10 * 4), 0x02000033);
  const LinearMemory memory(memory_, PagingMode{});
  const RegisterFile next = taken(deliver(real, memory, {0x10, InterruptSource::Software, {}}));
  EXPECT_EQ(next[SegmentName::Cs].selector, 0x200);
  EXPECT_EQ(next.rip, 0x33u);
  EXPECT_EQ(next[Gpr::Sp], 0x7000u - 6);
  EXPECT_EQ(memory_.load<std::uint16_t>(Gpa(0x6ffa)), 0x22);
  EXPECT_EQ(memory_.load<std::uint16_t>(Gpa(0x6ffc)), 0x100);
  EXPECT_EQ(next.rflags & eflags::IF, 0u);
}

}  // namespace
}  // namespace gv
