// SPDX-License-Identifier: MIT
//
// KVM's exits as values, on guests of a few bytes: flat 32-bit code at ring 0.

#include "engine/kvm/kvm_engine.h"
#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace gv {
namespace {

class OnKvm : public testing::Test {
 protected:
  void SetUp() override {
    if (const auto here = KvmEngine::check(); !here) {
      GTEST_SKIP() << here.error().message;
    }
  }
  // The machine loads the code; the tests drive its engine themselves.
  KvmEngine& load(std::vector<std::uint8_t> code) {
    MachineConfig config = config_of_code(std::move(code), TechniqueKind::HardwareAssisted);
    config.engine = EngineKind::Kvm;
    auto machine = Machine::create(config);
    GV_CHECK(machine);
    machine_ = std::move(*machine);
    return dynamic_cast<KvmEngine&>(machine_->engine());
  }
  template <class Kind>
  Kind run_to(KvmEngine& engine, const Entry& entry = {}) {
    for (;;) {
      const Result<Exit> exit = engine.run(entry);
      EXPECT_TRUE(exit) << exit.error().message;
      if (!exit) {
        return {};
      }
      if (const auto* wanted = std::get_if<Kind>(&*exit)) {
        return *wanted;
      }
      if (!std::holds_alternative<HostInterrupted>(*exit)) {
        ADD_FAILURE() << "exit " << exit->index() << " at " << engine.linear_rip().value;
        return {};
      }
    }
  }
  std::unique_ptr<Machine> machine_;
};

TEST_F(OnKvm, APortWriteAndAReadCarryTheirValues) {
  // mov al, 7; out 0x80, al; in ax, dx (dx = 0x60); hlt
  KvmEngine& cpu = load({0xb0, 7, 0xe6, 0x80, 0xba, 0x60, 0, 0, 0, 0x66, 0xed, 0xf4});
  const auto write = run_to<PortAccessed>(cpu);
  EXPECT_EQ(write.port, 0x80);
  EXPECT_EQ(write.size, 1);
  EXPECT_EQ(write.direction, Direction::Write);
  EXPECT_EQ(write.value, 7u);
  const auto read = run_to<PortAccessed>(cpu);
  EXPECT_EQ(read.port, 0x60);
  EXPECT_EQ(read.size, 2);
  EXPECT_EQ(read.direction, Direction::Read);
  Entry entry;
  entry.port_reply = 0x1234;
  run_to<HaltExecuted>(cpu, entry);
  EXPECT_EQ(cpu.gpr(Gpr::Ax) & 0xffff, 0x1234u);
}

TEST_F(OnKvm, AStringWriteIsAnExitForEachElement) {
  // mov esi, 0x100000; mov ecx, 3; mov dx, 0xe9; rep outsb; hlt
  KvmEngine& cpu =
      load({0xbe, 0, 0, 0x10, 0, 0xb9, 3, 0, 0, 0, 0x66, 0xba, 0xe9, 0, 0xf3, 0x6e, 0xf4});
  for (const std::uint32_t expected : {0xbeu, 0u, 0u}) {
    EXPECT_EQ(run_to<PortAccessed>(cpu).value, expected);
  }
  run_to<HaltExecuted>(cpu);
  EXPECT_EQ(cpu.gpr(Gpr::Cx), 0u);
  EXPECT_EQ(cpu.gpr(Gpr::Si), 0x100003u);
}

TEST_F(OnKvm, MemoryThatIsNotThereReadsAsOnes) {
  // mov eax, [0x10000000]; hlt
  KvmEngine& cpu = load({0xa1, 0, 0, 0, 0x10, 0xf4});
  const auto miss = run_to<MachineMemoryMissed>(cpu);
  EXPECT_EQ(miss.address.value, 0x10000000u);
  EXPECT_EQ(miss.direction, Direction::Read);
  run_to<HaltExecuted>(cpu);
  EXPECT_EQ(cpu.gpr(Gpr::Ax), 0xffffffffu);
}

TEST_F(OnKvm, AnUnknownMsrExitsAndThenFaults) {
  // mov ecx, 0x4bad0000; rdmsr; the IDT is empty, so that #GP is a triple fault
  KvmEngine& cpu = load({0xb9, 0, 0, 0xad, 0x4b, 0x0f, 0x32, 0xf4});
  const auto access = run_to<MsrAccessed>(cpu);
  EXPECT_EQ(access.index, 0x4bad0000u);
  EXPECT_EQ(access.direction, Direction::Read);
  run_to<TripleFaulted>(cpu);
}

TEST_F(OnKvm, AnAddressThatIsWatchedIsReachedOncePerArrivalBeforeItRuns) {
  // mov ecx, 3; top: inc eax; dec ecx; jnz top; hlt
  KvmEngine& cpu = load({0xb9, 3, 0, 0, 0, 0x40, 0x49, 0x75, 0xfc, 0xf4});
  cpu.watch({Gva(0x100006)});
  const std::uint64_t before = cpu.gpr(Gpr::Ax);
  for (std::uint64_t turn = 1; turn <= 3; ++turn) {
    Exit exit = BudgetSpent{};
    while (std::holds_alternative<BudgetSpent>(exit) ||
           std::holds_alternative<HostInterrupted>(exit)) {
      auto next = cpu.run({});
      ASSERT_TRUE(next) << next.error().message;
      exit = *next;
    }
    ASSERT_TRUE(std::holds_alternative<AddressReached>(exit)) << exit.index();
    EXPECT_EQ(cpu.linear_rip().value, 0x100006u);
    EXPECT_EQ(cpu.gpr(Gpr::Ax), before + turn);
  }
}

TEST_F(OnKvm, ASliceEndsForAGuestThatNeverExits) {
  KvmEngine& cpu = load({0xeb, 0xfe});  // jmp $
  Entry entry;
  entry.slice = 1'000'000;
  run_to<HostInterrupted>(cpu, entry);
  EXPECT_GE(cpu.measured(), entry.slice);
  EXPECT_EQ(cpu.linear_rip().value, 0x100000u);
}

TEST_F(OnKvm, AnotherThreadCanTakeTheGuestBack) {
  KvmEngine& cpu = load({0xeb, 0xfe});
  Entry entry;
  entry.slice = 1;
  run_to<HostInterrupted>(cpu, entry);  // this thread is known from now on
  std::thread other([&] { cpu.interrupt(); });
  entry.slice = UINT64_MAX;
  run_to<HostInterrupted>(cpu, entry);
  other.join();
}

TEST_F(OnKvm, AnInterruptIsInjectedWhenItsWindowOpens) {
  // IDT at 0x20000 with a gate for 0x30 to 0x100100: out 0x81, al; hlt. Then sti; jmp $.
  std::vector<std::uint8_t> code = {
      0xc7, 0x05, 0x80, 0x01, 0x02, 0,    0x00, 0x01, 0x08, 0x00,  // selector 8, offset 0x100100
      0xc7, 0x05, 0x84, 0x01, 0x02, 0,    0x00, 0x8e, 0x10, 0x00,
      0x66, 0xc7, 0x05, 0xf0, 0xff, 0x01, 0,    0xff, 0x07,     // limit
      0xc7, 0x05, 0xf2, 0xff, 0x01, 0,    0,    0,    2,    0,  // base
      0x0f, 0x01, 0x1d, 0xf0, 0xff, 0x01, 0,                    // lidt
      0xfb, 0xeb, 0xfe};
  code.resize(0x100, 0x90);
  code.insert(code.end(), {0xe6, 0x81, 0xf4});
  KvmEngine& cpu = load(code);
  EXPECT_FALSE(cpu.ready_for_interrupt());
  Entry entry;
  entry.stop_when_if_may_change = true;
  run_to<InterruptWindowOpened>(cpu, entry);
  ASSERT_TRUE(cpu.ready_for_interrupt());
  cpu.inject(0x30);
  EXPECT_EQ(run_to<PortAccessed>(cpu).port, 0x81);
  EXPECT_EQ(cpu.rflags() & 0x200, 0u) << "an interrupt gate clears IF";
}

TEST_F(OnKvm, AnMsrThatIsASpecialRegisterTooIsTheSameInBoth) {
  KvmEngine& cpu = load({0xe6, 0x80, 0xf4});  // out 0x80, al; hlt
  ASSERT_TRUE(cpu.set_msr(Msr::Efer, 1));     // SCE
  ASSERT_TRUE(cpu.set_msr(Msr::GsBase, 0x1234000));
  cpu.set_control(ControlRegister::Cr2, 0x5678);
  run_to<PortAccessed>(cpu);
  run_to<HaltExecuted>(cpu);
  EXPECT_EQ(cpu.msr(Msr::Efer), 1u);
  EXPECT_EQ(cpu.register_file()[SegmentName::Gs].base, 0x1234000u);
  EXPECT_EQ(cpu.control(ControlRegister::Cr2), 0x5678u);
}

TEST_F(OnKvm, TheDirtyLogNamesTheFramesWrittenTo) {
  // mov [0x30000], eax; mov [0x31000], eax; out 0x80, al; mov [0x32000], eax; hlt
  KvmEngine& cpu =
      load({0xa3, 0, 0, 3, 0, 0xa3, 0, 0x10, 3, 0, 0xe6, 0x80, 0xa3, 0, 0x20, 3, 0, 0xf4});
  ASSERT_TRUE(cpu.start_dirty_log());
  run_to<PortAccessed>(cpu);
  auto dirty = cpu.take_dirty_log();
  ASSERT_TRUE(dirty) << dirty.error().message;
  EXPECT_EQ(*dirty, (std::vector<Mfn>{Mfn(0x30), Mfn(0x31)}));
  run_to<HaltExecuted>(cpu);
  dirty = cpu.take_dirty_log();
  ASSERT_TRUE(dirty) << dirty.error().message;
  EXPECT_EQ(*dirty, std::vector<Mfn>{Mfn(0x32)});
}

TEST_F(OnKvm, ASavedCpuGoesOnWhereItWas) {
  // inc eax; out 0x80, al; inc eax; out 0x80, al; hlt
  KvmEngine& cpu = load({0x31, 0xc0, 0x40, 0xe6, 0x80, 0x40, 0xe6, 0x80, 0x40, 0xf4});
  EXPECT_EQ(run_to<PortAccessed>(cpu).value, 1u);
  const EngineState state = cpu.save();
  EXPECT_EQ(run_to<PortAccessed>(cpu).value, 2u);
  run_to<HaltExecuted>(cpu);
  ASSERT_TRUE(cpu.restore(state));
  EXPECT_EQ(run_to<PortAccessed>(cpu).value, 2u);
  run_to<HaltExecuted>(cpu);
  EXPECT_EQ(cpu.gpr(Gpr::Ax), 3u);
}

}  // namespace
}  // namespace gv
