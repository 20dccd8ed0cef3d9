// SPDX-License-Identifier: MIT

#include "bios_guest.h"
#include "devices/keyboard_layout.h"

namespace gv {
namespace {

TEST_F(BiosGuest, EveryVectorLeadsToItsOwnHalt) {
  for (std::uint32_t v = 0; v < 256; ++v) {
    EXPECT_EQ(memory()[0xfe000 + v], 0xf4);
    if (v == 0x1e)
      continue;  // a table, not a handler
    EXPECT_EQ(word(v * 4), 0xe000 + v);
    EXPECT_EQ(word(v * 4 + 2), 0xf000u);
  }
}

TEST_F(BiosGuest, KnowsItsHaltsFromAllOthers) {
  r[SegmentName::Cs] = {0xf000, 0xf0000, 0xffff, 0x9b};
  r.rip = 0xe011;
  EXPECT_EQ(Bios::vector_of(r), 0x10);
  r.rip = 0xe000;
  EXPECT_FALSE(Bios::vector_of(r).has_value());
  r.rip = 0xe101;
  EXPECT_FALSE(Bios::vector_of(r).has_value());
  r.rip = 0xe011;
  r.cr0 |= 1;
  EXPECT_FALSE(Bios::vector_of(r).has_value()) << "protected mode";
  r.cr0 &= ~std::uint64_t{1};
  r[SegmentName::Cs] = {0, 0, 0xffff, 0x9b};
  EXPECT_FALSE(Bios::vector_of(r).has_value());
}

TEST_F(BiosGuest, TellsEquipmentAndLowMemory) {
  EXPECT_EQ(call(0x12, 0), BiosOutcome::Served);
  EXPECT_EQ(r[Gpr::Ax], 639u);
  EXPECT_EQ(call(0x11, 0), BiosOutcome::Served);
  EXPECT_EQ(r[Gpr::Ax] & 0x30, 0x20u) << "80x25 colour";
}

TEST_F(BiosGuest, ListsItsMemoryMapWithoutGaps) {
  std::uint32_t next = 0;
  std::uint64_t available = 0;
  int entries = 0;
  do {
    r[Gpr::Di] = 0x5000;
    call(0x15, 0xe820, next, 24, 0x534d4150);
    ASSERT_FALSE(carry());
    EXPECT_EQ(r[Gpr::Ax], 0x534d4150u);
    EXPECT_EQ(r[Gpr::Cx], 20u);
    const std::uint64_t bytes = word(0x5008) | std::uint64_t{word(0x500a)} << 16;
    if (word(0x5010) == 1)
      available += bytes;
    next = static_cast<std::uint32_t>(r[Gpr::Bx]);
    ASSERT_LT(++entries, 10);
  } while (next != 0);
  EXPECT_EQ(available, kMemory - (1 << 20) + 639 * 1024);
  call(0x15, 0xe820, 77, 24, 0x534d4150);
  EXPECT_TRUE(carry());
}

TEST_F(BiosGuest, TellsExtendedMemoryInThreeWays) {
  call(0x15, 0x8800);
  EXPECT_EQ(r[Gpr::Ax], 63u * 1024);
  call(0x15, 0xe801);
  EXPECT_EQ(r[Gpr::Ax], 15u * 1024);
  EXPECT_EQ(r[Gpr::Bx], 48u * 16);
}

TEST_F(BiosGuest, SwitchesA20) {
  call(0x15, 0x2400);
  EXPECT_FALSE(pc.keyboard->a20());
  call(0x15, 0x2402);
  EXPECT_EQ(al(), 0u);
  call(0x15, 0x2401);
  EXPECT_TRUE(pc.keyboard->a20());
}

TEST_F(BiosGuest, RefusesWhatItDoesNotKnowByConvention) {
  EXPECT_EQ(call(0x15, 0x5300), BiosOutcome::Unknown);
  EXPECT_TRUE(carry());
  EXPECT_EQ(ah(), 0x86u);
  EXPECT_EQ(call(0x10, 0x4f02), BiosOutcome::Unknown);
  EXPECT_EQ(r[Gpr::Ax], 0x4f02u) << "unchanged: no VBE";
  EXPECT_EQ(call(0x60, 0x1234), BiosOutcome::Unknown);
}

TEST_F(BiosGuest, LeavesCarryAndZeroAloneWhereNoAnswerIsDue) {
  r.rflags |= 0x41;
  call(0x10, 0x0e41);
  EXPECT_TRUE(carry());
  EXPECT_TRUE(zero());
}

TEST_F(BiosGuest, CountsTimerTicksAndEndsTheInterrupt) {
  r.rflags |= 0x41;
  for (int tick = 1; tick <= 3; ++tick) {
    now = *pc.pit->deadline();
    pc.bus->advance(now);
    interrupt();
    EXPECT_EQ(word(0x46c), static_cast<std::uint32_t>(tick));
  }
  EXPECT_EQ(r.rip, kHere);
  EXPECT_TRUE(carry()) << "an interrupt changes no flag of the code it interrupts";
  EXPECT_EQ(r[Gpr::Sp], 0x7c00u);
  call(0x1a, 0x0000);
  EXPECT_EQ(r[Gpr::Dx], 3u);
}

TEST_F(BiosGuest, WrapsTheTickCountAtMidnight) {
  call(0x1a, 0x0100, 0, 0x0018, 0x00af);
  now = *pc.pit->deadline();
  pc.bus->advance(now);
  interrupt();
  call(0x1a, 0x0000);
  EXPECT_EQ(al(), 1u);
  EXPECT_EQ(r[Gpr::Cx], 0u);
  EXPECT_EQ(r[Gpr::Dx], 0u);
  call(0x1a, 0x0000);
  EXPECT_EQ(al(), 0u);
}

TEST_F(BiosGuest, CallsTheUserTickOfTheGuest) {
  set_word(0x1c * 4, 0x1234);
  set_word(0x1c * 4 + 2, 0x0050);
  now = *pc.pit->deadline();
  pc.bus->advance(now);
  interrupt();
  EXPECT_EQ(r.rip, 0x1234u);
  EXPECT_EQ(r[SegmentName::Cs].base, 0x500u);
  EXPECT_EQ(r.rflags & 0x200, 0u);
  EXPECT_EQ(r[Gpr::Sp], 0x7bfau) << "its IRET finds the interrupted code's frame";
  EXPECT_EQ(word(0x7bfa), kHere);
  EXPECT_EQ(pc.pic->master().isr, 0);
}

TEST_F(BiosGuest, StopsAtAnExceptionNobodyHandles) {
  for (const int vector : {0x00, 0x06, 0x0d}) {
    enter(static_cast<std::uint8_t>(vector));
    EXPECT_EQ(halt(), BiosOutcome::Unhandled) << vector;
  }
}

TEST_F(BiosGuest, IgnoresBreakpointsAndSpuriousInterrupts) {
  for (const int vector : {0x03, 0x04, 0x0f, 0x77}) {
    enter(static_cast<std::uint8_t>(vector));
    EXPECT_EQ(halt(), BiosOutcome::Served) << vector;
    EXPECT_EQ(r.rip, kHere);
  }
}

TEST_F(BiosGuest, TypesKeysIntoItsBuffer) {
  press({0x23, 0xa3, 0x2a, 0x17, 0x97, 0xaa, 0x48, 0xc8});  // h, Shift+i, up
  call(0x16, 0x0000);
  EXPECT_EQ(r[Gpr::Ax], 0x2368u);
  call(0x16, 0x0100);
  EXPECT_FALSE(zero());
  EXPECT_EQ(r[Gpr::Ax], 0x1749u);
  call(0x16, 0x0000);
  EXPECT_EQ(r[Gpr::Ax], 0x1749u);
  call(0x16, 0x0000);
  EXPECT_EQ(r[Gpr::Ax], 0x4800u);
  call(0x16, 0x0100);
  EXPECT_TRUE(zero());
}

TEST_F(BiosGuest, WaitsForAKeyWithInterruptsOn) {
  r[Gpr::Ax] = 0;
  r.rflags &= ~std::uint64_t{0x200};
  enter(0x16);
  EXPECT_EQ(halt(), BiosOutcome::Waiting);
  EXPECT_EQ(r.rip, 0xe016u) << "back at the HLT";
  EXPECT_NE(r.rflags & 0x200, 0u);
  press({0x1e});
  EXPECT_EQ(r.rip, 0xe016u) << "the interrupt came back to it";
  EXPECT_EQ(halt(), BiosOutcome::Served);
  EXPECT_EQ(r[Gpr::Ax], 0x1e61u);
  EXPECT_EQ(r.rip, kHere);
  EXPECT_EQ(r.rflags & 0x200, 0u) << "the caller's own IF";
}

TEST_F(BiosGuest, KeepsFifteenKeysAndDropsTheRest) {
  for (int i = 0; i < 20; ++i)
    press({0x1e, 0x9e});
  int keys = 0;
  for (call(0x16, 0x0100); !zero(); call(0x16, 0x0100)) {
    call(0x16, 0x0000);
    ++keys;
  }
  EXPECT_EQ(keys, 15);
}

TEST_F(BiosGuest, KnowsShiftAndLocks) {
  press({0x2a});
  call(0x16, 0x0200);
  EXPECT_EQ(al(), 0x02u);
  press({0xaa, 0x3a, 0xba, 0x1e});
  call(0x16, 0x0200);
  EXPECT_EQ(al(), 0x40u);
  call(0x16, 0x0000);
  EXPECT_EQ(al(), static_cast<std::uint32_t>('A'));
}

TEST_F(BiosGuest, WaitsForMicrosecondsOnTimerInterrupts) {
  const Cycles start = now;
  r[Gpr::Ax] = 0x8600;
  r[Gpr::Cx] = 0x0003;
  r[Gpr::Dx] = 0x0d40;  // 200,000 us
  enter(0x15);
  int interrupts = 0;
  while (halt() == BiosOutcome::Waiting) {
    now = *pc.pit->deadline();
    pc.bus->advance(now);
    interrupt();
    ASSERT_LT(++interrupts, 10);
  }
  EXPECT_EQ(r.rip, kHere);
  EXPECT_FALSE(carry());
  EXPECT_GE(now, start + 200'000'000);
  EXPECT_LT(now, start + 260'000'000) << "one tick of 55 ms late at most";
}

TEST_F(BiosGuest, TellsTheTimeOfDay) {
  now = (12 * 3600 + 34 * 60 + 56) * kCyclesPerSecond;
  call(0x1a, 0x0200);
  EXPECT_EQ(r[Gpr::Cx], 0x1234u);
  EXPECT_EQ(r[Gpr::Dx], 0x5600u);
  call(0x1a, 0x0400);
  EXPECT_EQ(r[Gpr::Cx], 0x2026u);
  EXPECT_EQ(r[Gpr::Dx], 0x0101u);
}

TEST_F(BiosGuest, ResetsTheMachineWithoutASystem) {
  call(0x19, 0);
  EXPECT_EQ(host.recorder.resets, 1);
}

TEST_F(BiosGuest, SendsOverTheSerialLine) {
  call(0x14, 0x0158);
  EXPECT_EQ(host.recorder.console_text, "X");
  call(0x14, 0x0200);
  EXPECT_EQ(ah(), 0x80u) << "nothing received";
}

}  // namespace
}  // namespace gv
