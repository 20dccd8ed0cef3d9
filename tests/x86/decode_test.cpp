// SPDX-License-Identifier: MIT
//
// decode_test.cpp - bytes in, facts out; the bytes are as NASM assembles them.

#include "x86/decode.h"

#include "x86/descriptor.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace gv::x86 {
namespace {

Instruction decoded(std::initializer_list<int> bytes, CodeSize size = CodeSize::Bits32) {
  std::vector<std::uint8_t> raw;
  for (const int b : bytes)
    raw.push_back(static_cast<std::uint8_t>(b));
  return decode(raw.data(), raw.size(), size);
}

struct Named {
  Mnemonic mnemonic;
  std::initializer_list<int> bytes;
};

TEST(Decode, names_every_instruction_that_a_hypervisor_knows) {
  const Named cases[] = {
      {Mnemonic::Other, {0x90}},
      {Mnemonic::Other, {0x89, 0xd8}},
      {Mnemonic::Cli, {0xfa}},
      {Mnemonic::Sti, {0xfb}},
      {Mnemonic::Hlt, {0xf4}},
      {Mnemonic::MovToCr, {0x0f, 0x22, 0xd8}},
      {Mnemonic::MovFromCr, {0x0f, 0x20, 0xc0}},
      {Mnemonic::MovToDr, {0x0f, 0x23, 0xf8}},
      {Mnemonic::MovFromDr, {0x0f, 0x21, 0xf8}},
      {Mnemonic::Lgdt, {0x0f, 0x01, 0x15, 0, 0x10, 0, 0}},
      {Mnemonic::Lidt, {0x0f, 0x01, 0x1d, 0, 0x10, 0, 0}},
      {Mnemonic::Lldt, {0x0f, 0x00, 0xd0}},
      {Mnemonic::Ltr, {0x0f, 0x00, 0xd8}},
      {Mnemonic::Lmsw, {0x0f, 0x01, 0xf0}},
      {Mnemonic::Clts, {0x0f, 0x06}},
      {Mnemonic::Invlpg, {0x0f, 0x01, 0x38}},
      {Mnemonic::Invd, {0x0f, 0x08}},
      {Mnemonic::Wbinvd, {0x0f, 0x09}},
      {Mnemonic::Rdmsr, {0x0f, 0x32}},
      {Mnemonic::Wrmsr, {0x0f, 0x30}},
      {Mnemonic::Iret, {0xcf}},
      {Mnemonic::LoadSegment, {0x8e, 0xd8}},
      {Mnemonic::In, {0xec}},
      {Mnemonic::Out, {0xe6, 0x80}},
      {Mnemonic::Ins, {0xf3, 0x6d}},
      {Mnemonic::Outs, {0xf3, 0x6e}},
      {Mnemonic::Rdtsc, {0x0f, 0x31}},
      {Mnemonic::Cpuid, {0x0f, 0xa2}},
      {Mnemonic::Int, {0xcd, 0x80}},
      {Mnemonic::Sgdt, {0x0f, 0x01, 0x00}},
      {Mnemonic::Sidt, {0x0f, 0x01, 0x08}},
      {Mnemonic::Sldt, {0x0f, 0x00, 0xc0}},
      {Mnemonic::Smsw, {0x0f, 0x01, 0xe0}},
      {Mnemonic::Pushf, {0x9c}},
      {Mnemonic::Popf, {0x9d}},
      {Mnemonic::Lar, {0x0f, 0x02, 0xc3}},
      {Mnemonic::Lsl, {0x0f, 0x03, 0xc3}},
      {Mnemonic::Verr, {0x0f, 0x00, 0xe0}},
      {Mnemonic::Verw, {0x0f, 0x00, 0xe8}},
      {Mnemonic::PopSegment, {0x1f}},
      {Mnemonic::PopSegment, {0x0f, 0xa1}},
      {Mnemonic::PushSegment, {0x0e}},
      {Mnemonic::PushSegment, {0x0f, 0xa8}},
      {Mnemonic::FarCall, {0x9a, 1, 2, 3, 4, 8, 0}},
      {Mnemonic::FarJmp, {0xea, 1, 2, 3, 4, 8, 0}},
      {Mnemonic::FarRet, {0xcb}},
      {Mnemonic::Str, {0x0f, 0x00, 0xc8}},
      {Mnemonic::MovFromSegment, {0x8c, 0xd8}},
      // near relatives of the above that are nothing special
      {Mnemonic::Other, {0xe8, 0, 0, 0, 0}},
      {Mnemonic::Other, {0xff, 0xd0}},
      {Mnemonic::Other, {0xc3}},
      {Mnemonic::Other, {0x50}},
      {Mnemonic::Other, {0x58}},
      {Mnemonic::Other, {0x6a, 0x0e}},
      {Mnemonic::Other, {0x8f, 0x00}},
  };
  for (const auto& c : cases) {
    const Instruction in = decoded(c.bytes);
    ASSERT_TRUE(in.valid) << name_of(c.mnemonic);
    EXPECT_EQ(name_of(in.mnemonic), name_of(c.mnemonic));
    EXPECT_EQ(in.length, c.bytes.size()) << name_of(c.mnemonic);
  }
}

TEST(Decode, reads_the_registers_of_mov_cr_and_mov_dr) {
  const Instruction to_cr3 = decoded({0x0f, 0x22, 0xd8});  // mov cr3, eax
  EXPECT_EQ(to_cr3.system_register, 3);
  EXPECT_EQ(to_cr3.gpr, Gpr::Ax);
  EXPECT_TRUE(to_cr3.ends_block);
  const Instruction from_cr2 = decoded({0x0f, 0x20, 0xd1});  // mov ecx, cr2
  EXPECT_EQ(from_cr2.system_register, 2);
  EXPECT_EQ(from_cr2.gpr, Gpr::Cx);
  const Instruction to_dr7 = decoded({0x0f, 0x23, 0xfb});  // mov dr7, ebx
  EXPECT_EQ(to_dr7.system_register, 7);
  EXPECT_EQ(to_dr7.gpr, Gpr::Bx);
}

TEST(Decode, reads_ports_sizes_and_repetition) {
  const Instruction out_imm = decoded({0xe6, 0x80});
  EXPECT_EQ(out_imm.port, 0x80);
  EXPECT_EQ(out_imm.operand_size, 8);
  const Instruction in_dx = decoded({0xed});
  EXPECT_FALSE(in_dx.port.has_value());
  EXPECT_EQ(in_dx.operand_size, 32);
  const Instruction out_ax = decoded({0x66, 0xef});
  EXPECT_EQ(out_ax.operand_size, 16);
  const Instruction rep_insw = decoded({0xf3, 0x66, 0x6d});
  EXPECT_TRUE(rep_insw.repeated);
  EXPECT_EQ(rep_insw.operand_size, 16);
  ASSERT_TRUE(rep_insw.memory.has_value());
  EXPECT_EQ(rep_insw.memory->segment, SegmentName::Es);
  EXPECT_EQ(rep_insw.memory->base, Gpr::Di);
  const Instruction outsb_fs = decoded({0x64, 0x6e});
  ASSERT_TRUE(outsb_fs.memory.has_value());
  EXPECT_EQ(outsb_fs.memory->segment, SegmentName::Fs);
  EXPECT_EQ(outsb_fs.memory->base, Gpr::Si);
  EXPECT_EQ(outsb_fs.operand_size, 8);
}

TEST(Decode, reads_segment_loads_in_all_their_forms) {
  const Instruction mov_ds = decoded({0x8e, 0xd8});  // mov ds, ax
  EXPECT_EQ(mov_ds.segment, SegmentName::Ds);
  EXPECT_EQ(mov_ds.gpr, Gpr::Ax);
  const Instruction mov_es_memory = decoded({0x8e, 0x43, 0x10});  // mov es, [ebx+0x10]
  EXPECT_EQ(mov_es_memory.segment, SegmentName::Es);
  ASSERT_TRUE(mov_es_memory.memory.has_value());
  EXPECT_EQ(mov_es_memory.memory->base, Gpr::Bx);
  EXPECT_EQ(mov_es_memory.memory->displacement, 0x10);
  EXPECT_FALSE(mov_es_memory.gpr.has_value());
  const Instruction pop_gs = decoded({0x0f, 0xa9});
  EXPECT_EQ(pop_gs.segment, SegmentName::Gs);
  EXPECT_FALSE(pop_gs.memory.has_value());
  const Instruction push_ss = decoded({0x16});
  EXPECT_EQ(push_ss.segment, SegmentName::Ss);
  const Instruction lss = decoded({0x0f, 0xb2, 0x20});  // lss esp, [eax]
  EXPECT_TRUE(lss.loads_far_pointer);
  EXPECT_EQ(lss.segment, SegmentName::Ss);
  EXPECT_EQ(lss.gpr, Gpr::Sp);
  ASSERT_TRUE(lss.memory.has_value());
  const Instruction from_cs = decoded({0x8c, 0xc8});  // mov eax, cs
  EXPECT_EQ(from_cs.segment, SegmentName::Cs);
  EXPECT_EQ(from_cs.gpr, Gpr::Ax);
}

TEST(Decode, refuses_a_load_of_cs_by_mov) { EXPECT_FALSE(decoded({0x8e, 0xc8}).valid); }

TEST(Decode, reads_far_transfers) {
  const Instruction jump = decoded({0xea, 0x78, 0x56, 0x34, 0x12, 0x08, 0x00});
  ASSERT_TRUE(jump.far_pointer.has_value());
  EXPECT_EQ(jump.far_pointer->selector, 8);
  EXPECT_EQ(jump.far_pointer->offset, 0x12345678u);
  const Instruction through_memory = decoded({0xff, 0x2d, 0, 0x20, 0, 0});  // jmp far [0x2000]
  EXPECT_EQ(through_memory.mnemonic, Mnemonic::FarJmp);
  ASSERT_TRUE(through_memory.memory.has_value());
  EXPECT_EQ(through_memory.memory->displacement, 0x2000);
  const Instruction ret = decoded({0xca, 0x08, 0x00});
  EXPECT_EQ(ret.stack_adjustment, 8);
  const Instruction jump16 = decoded({0xea, 0x34, 0x12, 0x00, 0xf0}, CodeSize::Bits16);
  ASSERT_TRUE(jump16.far_pointer.has_value());
  EXPECT_EQ(jump16.far_pointer->selector, 0xf000);
  EXPECT_EQ(jump16.far_pointer->offset, 0x1234u);
}

TEST(Decode, reads_vectors_and_stack_sizes) {
  EXPECT_EQ(decoded({0xcd, 0x80}).vector, 0x80);
  EXPECT_EQ(decoded({0xcc}).vector, 3);
  EXPECT_TRUE(decoded({0xce}).conditional_interrupt);
  EXPECT_EQ(decoded({0xce}).vector, 4);
  EXPECT_EQ(decoded({0xcf}).operand_size, 32);
  EXPECT_EQ(decoded({0x66, 0xcf}).operand_size, 16);
  EXPECT_EQ(decoded({0xcf}, CodeSize::Bits16).operand_size, 16);
  EXPECT_EQ(decoded({0x9c}).operand_size, 32);
  EXPECT_EQ(decoded({0x66, 0x9d}).operand_size, 16);
}

TEST(Decode, tells_a_bad_opcode_from_a_cut_one) {
  const Instruction cut = decoded({0x0f, 0x22});
  EXPECT_FALSE(cut.valid);
  EXPECT_TRUE(cut.needs_more_bytes);
  const Instruction bad = decoded({0x0f, 0xff, 0x0f, 0x0b, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  EXPECT_FALSE(bad.needs_more_bytes);
}

TEST(Decode, ends_a_block_where_control_may_leave) {
  for (const auto& bytes : {std::initializer_list<int>{0x74, 0x02},
                            {0xeb, 0xfe},
                            {0xc3},
                            {0xff, 0xe0},
                            {0xe2, 0xfe},
                            {0xf4},
                            {0xcd, 0x80},
                            {0xcf}}) {
    EXPECT_TRUE(decoded(bytes).ends_block) << *bytes.begin();
  }
  EXPECT_FALSE(decoded({0x90}).ends_block);
  EXPECT_FALSE(decoded({0xfa}).ends_block);
}

TEST(EffectiveAddress, adds_base_index_and_segment_and_cuts_to_size) {
  RegisterFile r;
  r[Gpr::Bx] = 0x1000;
  r[Gpr::Si] = 0x20;
  r[SegmentName::Ds].base = 0x100000;
  // lgdt [ebx+esi*4-8]
  const Instruction in = decoded({0x0f, 0x01, 0x54, 0xb3, 0xf8});
  ASSERT_TRUE(in.memory.has_value());
  EXPECT_EQ(effective_address(*in.memory, r, CodeSize::Bits32).value, 0x101078u);

  r[Gpr::Bx] = 0xffffffff;
  EXPECT_EQ(effective_address(*in.memory, r, CodeSize::Bits32).value, 0x100077u);

  // lidt [bp+di] in 16-bit code: SS is the default, offset wraps at 64 KiB
  const Instruction in16 = decoded({0x0f, 0x01, 0x1b}, CodeSize::Bits16);
  ASSERT_TRUE(in16.memory.has_value());
  r[Gpr::Bp] = 0xfff0;
  r[Gpr::Di] = 0x0020;
  r[SegmentName::Ss].base = 0x50000;
  EXPECT_EQ(effective_address(*in16.memory, r, CodeSize::Bits16).value, 0x50010u);
}

TEST(EffectiveAddress, follows_rip_and_ignores_ds_in_64_bit_code) {
  RegisterFile r;
  r.rip = 0xffff800000001000;
  r[SegmentName::Ds].base = 0x5000;
  const Instruction in =
      decoded({0x0f, 0x01, 0x15, 0x10, 0, 0, 0}, CodeSize::Bits64);  // lgdt [rip+0x10]
  ASSERT_TRUE(in.memory.has_value());
  EXPECT_EQ(effective_address(*in.memory, r, CodeSize::Bits64).value, 0xffff800000001017u);
}

TEST(ScanBlock, counts_instructions_and_reports_what_is_inside) {
  // nop; out 0x80, al; mov cr3, eax; jmp $
  const std::vector<std::uint8_t> code = {0x90, 0xe6, 0x80, 0x0f, 0x22, 0xd8, 0xeb, 0xfe};
  const BlockScan scan = scan_block(code.data(), code.size(), CodeSize::Bits32);
  EXPECT_EQ(scan.instructions, 4u);
  EXPECT_TRUE(scan.complete);
  EXPECT_TRUE(scan.port_io);
  EXPECT_TRUE(scan.control);
  EXPECT_TRUE(scan.sensitive);
  EXPECT_FALSE(scan.debug_registers);
  EXPECT_EQ(scan.offsets, (std::vector<std::uint16_t>{0, 1, 3, 6}));
}

TEST(ScanBlock, finds_nothing_special_in_plain_code) {
  const std::vector<std::uint8_t> code = {0x89, 0xd8, 0x01, 0xc8, 0x74, 0x02};
  const BlockScan scan = scan_block(code.data(), code.size(), CodeSize::Bits32);
  EXPECT_EQ(scan.instructions, 3u);
  EXPECT_FALSE(scan.port_io || scan.control || scan.sensitive || scan.debug_registers);
}

TEST(ScanBlock, is_incomplete_when_the_last_instruction_is_cut) {
  const std::vector<std::uint8_t> code = {0x90, 0x0f, 0x22};
  const BlockScan scan = scan_block(code.data(), code.size(), CodeSize::Bits32);
  EXPECT_EQ(scan.instructions, 1u);
  EXPECT_FALSE(scan.complete);
}

TEST(CodeSizeOf, reads_the_d_and_l_bits_of_cs) {
  Segment cs;
  EXPECT_EQ(code_size_of(cs), CodeSize::Bits16);
  cs.attributes = attribute::DB;
  EXPECT_EQ(code_size_of(cs), CodeSize::Bits32);
  cs.attributes = attribute::L;
  EXPECT_EQ(code_size_of(cs, true), CodeSize::Bits64);
}

}  // namespace
}  // namespace gv::x86
