// SPDX-License-Identifier: MIT
//
// The engines that count, in 64-bit mode: REX, RIP-relative addresses, 4-level tables, SYSCALL,
// stops; and the record that the interpreter gives of one instruction.

#include "engine/interpreter/interpreter_engine.h"
#include "engine/unicorn_engine.h"
#include "gv/machine_config.h"
#include "x86/control_registers.h"
#include "x86/exceptions.h"
#include "x86/page_table_entry.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gv {
namespace {

using namespace x86;

constexpr std::uint64_t kPml4 = 0x1000, kPdpt = 0x2000, kDirectory = 0x3000, kGdt = 0x4000;
constexpr std::uint64_t kCode = 0x10000, kStack = 0x20000, kEntry = 0x18000;
constexpr std::uint64_t kHigh = 0xffff'8000'0000'0000;  // the same memory again
constexpr DescriptorTableRegister kGdtr{kGdt, 0x37};
constexpr std::uint16_t kCode0 = 0x08, kData0 = 0x10, kData3 = 0x23, kCode3 = 0x2b, kOther3 = 0x33;

std::unique_ptr<VcpuEngine> engine_on(MachineMemory& memory, EngineKind kind) {
  if (kind == EngineKind::Interpreter) {
    return std::make_unique<InterpreterEngine>(memory);
  }
  return std::move(*UnicornEngine::create(memory));
}

class LongMode : public testing::TestWithParam<EngineKind> {
 protected:
  LongMode()
      : memory_(std::move(*MachineMemory::create(2u << 20))),
        engine_(engine_on(memory_, GetParam())),
        cpu_(*engine_) {
    constexpr std::uint64_t kUsable = pte::P | pte::RW | pte::US;
    memory_.store<std::uint64_t>(Mpa(kPml4), kPdpt | kUsable);
    memory_.store<std::uint64_t>(Mpa(kPml4 + 8 * 256), kPdpt | kUsable);
    memory_.store<std::uint64_t>(Mpa(kPdpt), kDirectory | kUsable);
    memory_.store<std::uint64_t>(Mpa(kDirectory), 0 | kUsable | pte::PS);
    // 2 MiB higher the same memory again, but not to be executed.
    memory_.store<std::uint64_t>(Mpa(kDirectory + 8), 0 | kUsable | pte::PS | pte::NX);
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x08), 0x00af9b000000ffff);  // 64-bit code
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x10), 0x00cf93000000ffff);
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x18), 0x00cffb000000ffff);  // 32-bit code, ring 3
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x20), 0x00cff3000000ffff);
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x28), 0x00affb000000ffff);  // 64-bit code, ring 3
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x30), 0x00affb000000ffff);  // and again
    cpu_.set_control(ControlRegister::Cr4, cr4::PAE);
    cpu_.set_control(ControlRegister::Cr3, kPml4);
    cpu_.set_msr(Msr::Efer, efer::LME | efer::LMA | efer::SCE | efer::NXE);
    cpu_.set_control(ControlRegister::Cr0, cr0::PE | cr0::PG | cr0::WP);
    cpu_.set_gdtr(kGdtr);
    cpu_.switch_privilege({kCode0, kData0, kGdtr});
    cpu_.set_gpr(Gpr::Sp, kStack);
    cpu_.set_rip(kCode);
  }
  void put(std::uint64_t at, const std::vector<std::uint8_t>& code) {
    std::memcpy(memory_.at(Mpa(at)), code.data(), code.size());
    cpu_.forget_code();
  }
  Exit go(std::uint64_t instructions = 1000) {
    Entry entry;
    entry.stop_exactly = cpu_.retired() + instructions;
    return *cpu_.run(entry);
  }
  Exit run(const std::vector<std::uint8_t>& code) {
    put(kCode, code);
    return go();
  }
  void enter_ring_3(std::uint64_t rip) {
    cpu_.switch_privilege({kCode3, kData3, kGdtr});
    cpu_.set_gpr(Gpr::Sp, kStack);
    cpu_.set_rflags(eflags::kAlwaysOne);
    cpu_.set_rip(rip);
  }

  MachineMemory memory_;
  std::unique_ptr<VcpuEngine> engine_;
  VcpuEngine& cpu_;
};

class LongModeInterpreter : public LongMode {};
class LongModeUnicorn : public LongMode {};
const auto kEngineName = [](const auto& run) { return std::string(name_of(run.param)); };
INSTANTIATE_TEST_SUITE_P(Engines, LongMode,
                         testing::Values(EngineKind::Interpreter, EngineKind::Unicorn),
                         kEngineName);
INSTANTIATE_TEST_SUITE_P(Engine, LongModeInterpreter, testing::Values(EngineKind::Interpreter),
                         kEngineName);
INSTANTIATE_TEST_SUITE_P(Engine, LongModeUnicorn, testing::Values(EngineKind::Unicorn),
                         kEngineName);

TEST_P(LongMode, ComputesWithSixtyFourBits) {
  const Exit exit =
      run({0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11,  // mov rax, ...
           0x4c, 0x8d, 0x05, 0x00, 0x00, 0x00, 0x00,                    // lea r8, [rip]
           0x49, 0x01, 0xc0,                                            // add r8, rax
           0xb8, 0xff, 0xff, 0xff, 0xff,                                // mov eax, -1
           0x41, 0x50, 0x5b,                                            // push r8; pop rbx
           0x48, 0x63, 0xc8,                                            // movsxd rcx, eax
           0xf4});
  ASSERT_TRUE(std::holds_alternative<HaltExecuted>(exit));
  EXPECT_EQ(cpu_.code_bits(), 64);
  EXPECT_EQ(cpu_.gpr(Gpr::R8), 0x1122334455667788u + kCode + 17);
  EXPECT_EQ(cpu_.gpr(Gpr::Bx), cpu_.gpr(Gpr::R8));
  EXPECT_EQ(cpu_.gpr(Gpr::Ax), 0xffffffffu);  // the upper half is cleared
  EXPECT_EQ(cpu_.gpr(Gpr::Cx), ~std::uint64_t{0});
  EXPECT_EQ(cpu_.gpr(Gpr::Sp), kStack);
}

TEST_P(LongMode, EntersTheKernelBySyscallAndLeavesBySysret) {
  ASSERT_TRUE(cpu_.set_msr(Msr::Lstar, kEntry));
  ASSERT_TRUE(cpu_.set_msr(Msr::Star, (std::uint64_t{0x0013} << 48) | (std::uint64_t{0x08} << 32)));
  ASSERT_TRUE(cpu_.set_msr(Msr::Fmask, eflags::DF));
  put(kEntry, {0x48, 0x0f, 0x07});                  // sysretq
  const Exit exit = run({0xfd, 0x0f, 0x05, 0xfa});  // std; syscall; cli
  const auto* fault = std::get_if<Faulted>(&exit);  // CLI, in ring 3 now
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->vector, kGeneralProtection);
  EXPECT_EQ(cpu_.rip(), kCode + 3);
  EXPECT_EQ(cpu_.gpr(Gpr::Cx), kCode + 3);
  EXPECT_EQ(cpu_.selector(SegmentName::Cs), 0x23);
  EXPECT_NE(cpu_.rflags() & eflags::DF, 0u);
}

TEST_P(LongMode, RefusesWhatFourLevelTablesForbid) {
  Exit exit = run({0x48, 0x8b, 0x00});  // mov rax, [rax]
  cpu_.set_gpr(Gpr::Ax, 0x0000'8000'0000'0000);
  cpu_.set_rip(kCode);
  exit = run({0x48, 0x8b, 0x00});
  ASSERT_TRUE(std::holds_alternative<Faulted>(exit));
  EXPECT_EQ(std::get<Faulted>(exit).vector, kGeneralProtection);  // not canonical
  cpu_.set_gpr(Gpr::Ax, 0x4000'0000);
  exit = run({0x48, 0x8b, 0x00});
  EXPECT_EQ(std::get<Faulted>(exit).vector, kPageFault);
  EXPECT_EQ(std::get<Faulted>(exit).error_code, 0u);
  EXPECT_EQ(std::get<Faulted>(exit).address.value, 0x4000'0000u);
  cpu_.set_rip(kCode + (2u << 20));
  exit = run({0x90});
  EXPECT_EQ(std::get<Faulted>(exit).vector, kPageFault);
  EXPECT_EQ(std::get<Faulted>(exit).error_code, page_fault::P | page_fault::I);
}

TEST_P(LongMode, RunsInTheUpperHalf) {
  put(kCode, {0x48, 0xb8, 0,    0,    0,    0,    0,    0x80, 0xff, 0xff,  // mov rax, kHigh
              0x48, 0x8d, 0x98, 0x06, 0x00, 0x02, 0x00,                    // lea rbx, [rax+0x20006]
              0x48, 0x89, 0x03,                                            // mov [rbx], rax
              0xe8, 0x00, 0x00, 0x00, 0x00,  // call the next instruction
              0x59, 0xf4});                  // pop rcx; hlt
  cpu_.set_rip(kHigh + kCode);
  cpu_.set_gpr(Gpr::Sp, kHigh + kStack);
  const std::uint64_t before = cpu_.retired();
  ASSERT_TRUE(std::holds_alternative<HaltExecuted>(go()));
  EXPECT_EQ(cpu_.retired() - before, 6u);
  EXPECT_EQ(cpu_.rip(), kHigh + kCode + 27);
  EXPECT_EQ(cpu_.linear_rip().value, kHigh + kCode + 27);
  EXPECT_EQ(cpu_.gpr(Gpr::Cx), kHigh + kCode + 25);
  EXPECT_EQ(memory_.load<std::uint64_t>(Mpa(0x20006)), kHigh);
}

TEST_P(LongMode, StopsAfterExactlySoManyInstructions) {
  put(kCode, {0x49, 0xff, 0xc0, 0x49, 0xff, 0xc0, 0x49, 0xff, 0xc0, 0xeb, 0xf5});  // inc r8, thrice
  for (std::uint64_t steps = 1; steps < 12; ++steps) {
    cpu_.leave_block();
    cpu_.set_rip(kHigh + kCode);
    cpu_.set_gpr(Gpr::R8, 0);
    const std::uint64_t before = cpu_.retired();
    ASSERT_TRUE(std::holds_alternative<BudgetSpent>(go(steps)));
    EXPECT_EQ(cpu_.retired() - before, steps);
    EXPECT_EQ(cpu_.gpr(Gpr::R8), steps - steps / 4);
    EXPECT_EQ(cpu_.rip(), kHigh + kCode + 3 * (steps % 4));
  }
}

TEST_P(LongMode, StopsAtWatchedAddressesAboveFourGigabytes) {
  put(kCode, {0x90, 0x90, 0xf4});
  cpu_.set_rip(kHigh + kCode);
  cpu_.watch({Gva(kCode + 1), Gva(kHigh + kCode + 1)});
  ASSERT_TRUE(std::holds_alternative<AddressReached>(go()));
  EXPECT_EQ(cpu_.rip(), kHigh + kCode + 1);
  ASSERT_TRUE(std::holds_alternative<HaltExecuted>(go()));
}

// What a hypervisor does that keeps the guest's kernel and programs in ring 3.
TEST_P(LongModeUnicorn, LeavesSystemCallsToAHypervisorThatAsksForThem) {
  cpu_.intercept({.system_calls = true});
  // inc rdx; syscall; mov rax, cs; jmp to the start
  put(kCode, {0x48, 0xff, 0xc2, 0x0f, 0x05, 0x48, 0x8c, 0xc8, 0xeb, 0xf6});
  put(kEntry, {0x4d, 0x01, 0xc0, 0x0f, 0x05});  // add r8, r8; syscall
  enter_ring_3(kHigh + kCode);
  cpu_.set_gpr(Gpr::Cx, 11);
  cpu_.set_gpr(Gpr::R8, 1);
  for (std::uint64_t round = 1; round <= 20; ++round) {
    const std::uint64_t before = cpu_.retired();
    ASSERT_TRUE(std::holds_alternative<SystemCallExecuted>(go()));
    EXPECT_EQ(cpu_.retired() - before, round == 1 ? 2u : 4u);
    EXPECT_EQ(cpu_.rip(), kHigh + kCode + 5);
    EXPECT_EQ(cpu_.gpr(Gpr::Cx), 11u);
    EXPECT_EQ(cpu_.gpr(Gpr::Dx), round);
    EXPECT_EQ(cpu_.selector(SegmentName::Cs), kCode3);
    cpu_.set_gpr(Gpr::Cx, 11);
    cpu_.set_rip(kEntry);
    if (round % 2 == 0) {
      cpu_.switch_privilege({kOther3, kData3, kGdtr});
    }
    ASSERT_TRUE(std::holds_alternative<SystemCallExecuted>(go()));
    EXPECT_EQ(cpu_.rip(), kEntry + 5);
    EXPECT_EQ(cpu_.gpr(Gpr::R8), std::uint64_t{1} << round);
    EXPECT_EQ(cpu_.selector(SegmentName::Cs), round % 2 == 0 ? kOther3 : kCode3);
    if (round % 2 == 0) {
      cpu_.switch_privilege({kCode3, kData3, kGdtr});
    }
    cpu_.set_rip(kHigh + kCode + 5);
  }
}

TEST_P(LongMode, SystemCallsOfRingThreeChangeTheRingAndBack) {
  ASSERT_TRUE(cpu_.set_msr(Msr::Lstar, kHigh + kEntry));
  ASSERT_TRUE(cpu_.set_msr(Msr::Star, (std::uint64_t{0x001b} << 48) | (std::uint64_t{0x08} << 32)));
  ASSERT_TRUE(cpu_.set_msr(Msr::Fmask, eflags::IF));
  // mov r9, cr0; mov r10, ss; pushfq; pop r12; sysretq: only ring 0 reads CR0
  put(kEntry, {0x44, 0x0f, 0x20, 0xc0, 0x49, 0x89, 0xc1, 0x49, 0x8c, 0xd2, 0x9c, 0x41, 0x5c, 0x48,
               0x0f, 0x07});
  put(kCode, {0x48, 0x0f, 0x05, 0x49, 0x8c, 0xcd, 0xfa});  // rex syscall; mov r13, cs; cli
  enter_ring_3(kCode);
  cpu_.set_rflags(eflags::kAlwaysOne | eflags::IF | eflags::CF);
  const std::uint64_t before = cpu_.retired();
  const Exit exit = go();
  ASSERT_TRUE(std::holds_alternative<Faulted>(exit));
  EXPECT_EQ(std::get<Faulted>(exit).vector, kGeneralProtection);
  EXPECT_EQ(cpu_.rip(), kCode + 6);
  EXPECT_EQ(cpu_.retired() - before, 8u);
  EXPECT_EQ(cpu_.gpr(Gpr::Cx), kCode + 3);
  EXPECT_EQ(cpu_.gpr(Gpr::R10), 0x10u);
  EXPECT_EQ(cpu_.gpr(Gpr::R11), eflags::kAlwaysOne | eflags::IF | eflags::CF);
  EXPECT_EQ(cpu_.gpr(Gpr::R12), eflags::kAlwaysOne | eflags::CF);
  EXPECT_EQ(cpu_.gpr(Gpr::R13), 0x2bu);
}

TEST_P(LongMode, WithoutItsEnableSystemCallIsNoInstruction) {
  ASSERT_TRUE(cpu_.set_msr(Msr::Efer, efer::LME | efer::LMA));
  const std::uint64_t before = cpu_.retired();
  ASSERT_TRUE(std::holds_alternative<InvalidOpcode>(run({0x90, 0x0f, 0x05, 0xf4})));
  EXPECT_EQ(cpu_.rip(), kCode + 1);
  EXPECT_EQ(cpu_.retired() - before, 1u);
}

TEST_P(LongMode, ReloadsSegmentsForEveryRingAndSize) {
  put(kCode, {0xf4, 0x90});  // hlt: only ring 0 may
  for (int round = 0; round < 3; ++round) {
    enter_ring_3(kHigh + kCode);
    const Exit exit = go();
    ASSERT_TRUE(std::holds_alternative<Faulted>(exit));
    EXPECT_EQ(std::get<Faulted>(exit).vector, kGeneralProtection);
    EXPECT_EQ(cpu_.rip(), kHigh + kCode);
    cpu_.switch_privilege({kCode0, 0, kGdtr});  // as an interrupt gate leaves SS
    ASSERT_TRUE(std::holds_alternative<HaltExecuted>(go()));
    EXPECT_EQ(cpu_.rip(), kHigh + kCode + 1);
    EXPECT_EQ(cpu_.selector(SegmentName::Ss), 0);
  }
  put(kCode, {0x48, 0x40, 0xf4});  // 32 bits: dec eax; inc eax. 64: rex rex hlt
  cpu_.set_gpr(Gpr::Ax, 5);
  cpu_.switch_privilege({0x1b, kData3, kGdtr});
  cpu_.set_rip(kCode);
  const std::uint64_t before = cpu_.retired();
  ASSERT_TRUE(std::holds_alternative<Faulted>(go()));
  EXPECT_EQ(cpu_.code_bits(), 32);
  EXPECT_EQ(cpu_.retired() - before, 2u);
}

TEST_P(LongMode, AWriteToADebugRegisterIsTheHypervisors) {
  put(kCode, {0x90, 0x41, 0x0f, 0x23, 0xf8, 0xf4});  // mov dr7, r8
  cpu_.set_gpr(Gpr::R8, 0x401);
  ASSERT_TRUE(std::holds_alternative<Intercepted>(go()));
  EXPECT_EQ(cpu_.rip(), kCode + 1);
  cpu_.set_rip(kCode + 5);
  ASSERT_TRUE(std::holds_alternative<HaltExecuted>(go()));
}

TEST_P(LongMode, PageFaultsAboveFourGigabytesSayWhere) {
  put(kCode, {0x90, 0x90, 0x48, 0x89, 0x03, 0x90});  // nop; nop; mov [rbx], rax; nop
  for (const std::uint64_t address : {kHigh + 0x4000'0123, std::uint64_t{0x7fff'0000'0ff0}}) {
    enter_ring_3(kHigh + kCode);
    cpu_.set_gpr(Gpr::Bx, address);
    const std::uint64_t before = cpu_.retired();
    const Exit exit = go();
    ASSERT_TRUE(std::holds_alternative<Faulted>(exit));
    EXPECT_EQ(std::get<Faulted>(exit).vector, kPageFault);
    EXPECT_EQ(std::get<Faulted>(exit).address.value, address);
    EXPECT_EQ(std::get<Faulted>(exit).error_code, page_fault::W | page_fault::U);
    EXPECT_EQ(cpu_.rip(), kHigh + kCode + 2);
    EXPECT_EQ(cpu_.retired() - before, 2u);
  }
}

TEST_P(LongMode, ASavedCpuGoesOnTheSame) {
  put(kCode, {0x49, 0xff, 0xc7, 0x4c, 0x89, 0xf8, 0x48, 0xc1, 0xc8, 0x07, 0x49, 0x01, 0xc7, 0xeb,
              0xf1});  // inc r15; mov rax, r15; ror rax, 7; add r15, rax; jmp
  enter_ring_3(kHigh + kCode);
  cpu_.set_gpr(Gpr::R15, 1);
  Entry entry;
  entry.stop_at_block = cpu_.retired() + 500;
  ASSERT_TRUE(std::holds_alternative<BudgetSpent>(*cpu_.run(entry)));
  const EngineState saved = cpu_.save();
  const std::uint64_t r15 = cpu_.gpr(Gpr::R15);
  const auto later = [&] {
    Entry further;
    further.stop_at_block = saved.retired + 7000;
    EXPECT_TRUE(std::holds_alternative<BudgetSpent>(*cpu_.run(further)));
    return std::pair(cpu_.gpr(Gpr::R15), cpu_.rip());
  };
  const auto first = later();
  // By way of 32-bit mode, as a step back over a boot loader goes.
  cpu_.switch_privilege({kCode0, kData0, kGdtr});
  cpu_.set_control(ControlRegister::Cr0, cr0::PE);
  ASSERT_TRUE(cpu_.restore(saved).has_value());
  EXPECT_EQ(cpu_.gpr(Gpr::R15), r15);
  EXPECT_EQ(cpu_.selector(SegmentName::Cs), kCode3);
  EXPECT_EQ(later(), first);
}

TEST_P(LongMode, SegmentBasesComeFromTheirRegisters) {
  ASSERT_TRUE(cpu_.set_msr(Msr::FsBase, kHigh + 0x30000));
  ASSERT_TRUE(cpu_.set_msr(Msr::GsBase, 0x31000));
  ASSERT_TRUE(cpu_.set_msr(Msr::KernelGsBase, 0x32000));
  memory_.store<std::uint64_t>(Mpa(0x30000), 1);
  memory_.store<std::uint64_t>(Mpa(0x31000), 2);
  memory_.store<std::uint64_t>(Mpa(0x32000), 3);
  const Exit exit = run({0x64, 0x48, 0x8b, 0x04, 0x25, 0, 0, 0, 0,  // mov rax, fs:[0]
                         0x65, 0x48, 0x8b, 0x1c, 0x25, 0, 0, 0, 0,  // mov rbx, gs:[0]
                         0x0f, 0x01, 0xf8,                          // swapgs
                         0x65, 0x48, 0x8b, 0x0c, 0x25, 0, 0, 0, 0,  // mov rcx, gs:[0]
                         0xf4});
  ASSERT_TRUE(std::holds_alternative<HaltExecuted>(exit));
  EXPECT_EQ(cpu_.gpr(Gpr::Ax), 1u);
  EXPECT_EQ(cpu_.gpr(Gpr::Bx), 2u);
  EXPECT_EQ(cpu_.gpr(Gpr::Cx), 3u);
  EXPECT_EQ(cpu_.msr(Msr::GsBase), 0x32000u);
  EXPECT_EQ(cpu_.msr(Msr::KernelGsBase), 0x31000u);
}

TEST_P(LongModeInterpreter, OneInstructionIsTakenApart) {
  const std::vector<std::uint8_t> code = {0x49, 0x83, 0x44,
                                          0x24, 0x08, 0x05};  // add qword [r12+8], 5
  std::memcpy(memory_.at(Mpa(kCode)), code.data(), code.size());
  memory_.store<std::uint64_t>(Mpa(0x30008), 37);
  cpu_.set_gpr(Gpr::R12, 0x30000);
  cpu_.examine(Examination::LastInstruction);
  Entry entry;
  entry.stop_exactly = cpu_.retired() + 1;
  ASSERT_TRUE(cpu_.run(entry));
  const auto examined = cpu_.examined();
  ASSERT_TRUE(examined && examined->last);
  const InstructionRecord& record = *examined->last;
  EXPECT_TRUE(record.completed);
  EXPECT_EQ(record.length, code.size());
  using Field = InstructionEncoding::Field;
  EXPECT_EQ(record.encoding.rex, (Field{0, 1}));
  EXPECT_EQ(record.encoding.opcode, (Field{1, 1}));
  EXPECT_EQ(record.encoding.modrm, (Field{2, 1}));
  EXPECT_EQ(record.encoding.sib, (Field{3, 1}));
  EXPECT_EQ(record.encoding.displacement, (Field{4, 1}));
  EXPECT_EQ(record.encoding.immediate, (Field{5, 1}));
  ASSERT_EQ(record.memory.size(), 1u);
  EXPECT_EQ(record.memory[0].base, Gpr::R12);
  EXPECT_EQ(record.memory[0].linear.value, 0x30008u);
  EXPECT_EQ(record.memory[0].walk.steps, 3);  // PML4, PDPT, PD: a 2 MiB page
  EXPECT_EQ(record.memory[0].before, 37u);
  EXPECT_EQ(record.memory[0].after, 42u);
  EXPECT_TRUE(record.changes.empty());
  EXPECT_EQ(record.rip_after, kCode + code.size());
  EXPECT_FALSE(record.text.empty());
}

}  // namespace
}  // namespace gv
