// SPDX-License-Identifier: MIT
//
// The interpreter in 64-bit mode: REX, RIP-relative addresses, 4-level tables, SYSCALL; and the
// record that it gives of one instruction.

#include "engine/interpreter/interpreter_engine.h"
#include "x86/control_registers.h"
#include "x86/exceptions.h"
#include "x86/page_table_entry.h"

#include <gtest/gtest.h>

#include <cstring>
#include <vector>

namespace gv {
namespace {

using namespace x86;

constexpr std::uint64_t kPml4 = 0x1000, kPdpt = 0x2000, kDirectory = 0x3000, kGdt = 0x4000;
constexpr std::uint64_t kCode = 0x10000, kStack = 0x20000, kEntry = 0x18000;

class LongMode : public testing::Test {
 protected:
  LongMode() : memory_(std::move(*MachineMemory::create(2u << 20))), cpu_(memory_) {
    constexpr std::uint64_t kUsable = pte::P | pte::RW | pte::US;
    memory_.store<std::uint64_t>(Mpa(kPml4), kPdpt | kUsable);
    memory_.store<std::uint64_t>(Mpa(kPdpt), kDirectory | kUsable);
    memory_.store<std::uint64_t>(Mpa(kDirectory), 0 | kUsable | pte::PS);
    // 2 MiB higher the same memory again, but not to be executed.
    memory_.store<std::uint64_t>(Mpa(kDirectory + 8), 0 | kUsable | pte::PS | pte::NX);
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x08), 0x00af9b000000ffff);  // 64-bit code
    memory_.store<std::uint64_t>(Mpa(kGdt + 0x10), 0x00cf93000000ffff);
    cpu_.set_gdtr({kGdt, 0x17});
    cpu_.set_control(ControlRegister::Cr4, cr4::PAE);
    cpu_.set_control(ControlRegister::Cr3, kPml4);
    cpu_.set_msr(Msr::Efer, efer::LME | efer::LMA | efer::SCE | efer::NXE);
    cpu_.set_control(ControlRegister::Cr0, cr0::PE | cr0::PG | cr0::WP);
    cpu_.switch_privilege({0x08, 0x10, {kGdt, 0x17}});
    cpu_.set_gpr(Gpr::Sp, kStack);
    cpu_.set_rip(kCode);
  }
  Exit run(const std::vector<std::uint8_t>& code) {
    std::memcpy(memory_.at(Mpa(kCode)), code.data(), code.size());
    cpu_.forget_code();
    Entry entry;
    entry.stop_exactly = cpu_.retired() + 1000;
    return *cpu_.run(entry);
  }

  MachineMemory memory_;
  InterpreterEngine cpu_;
};

TEST_F(LongMode, ComputesWithSixtyFourBits) {
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

TEST_F(LongMode, EntersTheKernelBySyscallAndLeavesBySysret) {
  ASSERT_TRUE(cpu_.set_msr(Msr::Lstar, kEntry));
  ASSERT_TRUE(cpu_.set_msr(Msr::Star, (std::uint64_t{0x0013} << 48) | (std::uint64_t{0x08} << 32)));
  ASSERT_TRUE(cpu_.set_msr(Msr::Fmask, eflags::DF));
  *memory_.at(Mpa(kEntry)) = 0x48;
  *memory_.at(Mpa(kEntry + 1)) = 0x0f;
  *memory_.at(Mpa(kEntry + 2)) = 0x07;              // sysretq
  const Exit exit = run({0xfd, 0x0f, 0x05, 0xfa});  // std; syscall; cli
  const auto* fault = std::get_if<Faulted>(&exit);  // CLI, in ring 3 now
  ASSERT_NE(fault, nullptr);
  EXPECT_EQ(fault->vector, kGeneralProtection);
  EXPECT_EQ(cpu_.rip(), kCode + 3);
  EXPECT_EQ(cpu_.gpr(Gpr::Cx), kCode + 3);
  EXPECT_EQ(cpu_.selector(SegmentName::Cs), 0x23);
  EXPECT_NE(cpu_.rflags() & eflags::DF, 0u);
}

TEST_F(LongMode, RefusesWhatFourLevelTablesForbid) {
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

TEST_F(LongMode, OneInstructionIsTakenApart) {
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
