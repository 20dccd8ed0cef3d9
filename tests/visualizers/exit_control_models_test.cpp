// SPDX-License-Identifier: MIT
//
// exit_control_models_test.cpp - the fields of an instruction, and the rows of a control
// structure, without drawing them.

#include "sample_run.h"
#include "visualizers/microscope/instruction_view.h"
#include "visualizers/vmcs/vmcs_view.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gv {
namespace {

// add qword ptr [r12+rsi*4+0x8], 5
InstructionRecord add_to_memory() {
  InstructionRecord r;
  r.address = Gva(0x10000);
  r.code_bits = 64;
  r.bytes = {0x49, 0x83, 0x44, 0xb4, 0x08, 0x05};
  r.length = 6;
  r.encoding.rex = {0, 1};
  r.encoding.opcode = {1, 1};
  r.encoding.modrm = {2, 1};
  r.encoding.sib = {3, 1};
  r.encoding.displacement = {4, 1};
  r.encoding.immediate = {5, 1};
  r.encoding.address_bytes = 8;
  r.text = "add qword ptr [r12+rsi*4+0x8], 0x5";
  OperandRecord memory;
  memory.kind = OperandKind::Memory;
  memory.place = OperandPlace::ModrmRm;
  memory.text = "qword ptr [r12+rsi*4+0x8]";
  memory.read = memory.written = true;
  memory.before = 37;
  memory.after = 42;
  OperandRecord five;
  five.kind = OperandKind::Immediate;
  five.place = OperandPlace::Immediate;
  five.text = "0x5";
  five.read = true;
  five.before = five.after = 5;
  r.operands = {memory, five};
  MemoryAccessRecord m;
  m.base = Gpr::R12;
  m.base_value = 0x30000;
  m.index = Gpr::Si;
  m.index_value = 2;
  m.scale = 4;
  m.displacement = 8;
  m.address_bytes = 8;
  m.offset = 0x30010;
  m.linear = Gva(0x30010);
  m.before = 37;
  m.after = 42;
  m.bytes = 8;
  r.memory = {m};
  r.flags_before = 0x246;
  r.flags_after = 0x206;
  r.flags.written = 0x8d5;
  r.rip_before = 0x10000;
  r.rip_after = 0x10006;
  r.completed = true;
  return r;
}

const FieldView& field(const std::vector<FieldView>& fields, std::string_view name) {
  return *std::find_if(fields.begin(), fields.end(),
                       [name](const FieldView& f) { return f.name == name; });
}

TEST(EncodingView, NamesTheBitsOfRexModrmAndSib) {
  const auto fields = make_encoding_view(add_to_memory());
  ASSERT_EQ(fields.size(), 6U);
  const FieldView& rex = field(fields, "REX");
  ASSERT_EQ(rex.groups.size(), 5U);
  EXPECT_EQ(rex.groups[1].caption, "W: 64-bit");
  EXPECT_EQ(rex.groups[4].caption, "B: base + 8");
  const FieldView& modrm = field(fields, "ModRM");
  EXPECT_EQ(modrm.groups[0].bits, "01");
  EXPECT_EQ(modrm.groups[0].caption, "mod: 8-bit disp");
  EXPECT_EQ(modrm.groups[1].caption, "reg: /0, of the opcode");
  EXPECT_EQ(modrm.groups[2].caption, "r/m: SIB follows");
  const FieldView& sib = field(fields, "SIB");
  EXPECT_EQ(sib.groups[0].caption, "scale: × 4");
  EXPECT_EQ(sib.groups[1].caption, "index: rsi");
  EXPECT_EQ(sib.groups[2].caption, "base: r12");
  EXPECT_EQ(field(fields, "disp").groups[0].bits, "+0x8");
  EXPECT_EQ(field(fields, "opcode").groups[0].caption, "add");
}

TEST(EncodingView, ReadsSixteenBitAddressForms) {
  InstructionRecord r;
  r.code_bits = 16;
  r.bytes = {0x8b, 0x46, 0xfe};  // mov ax, [bp-2]
  r.length = 3;
  r.encoding.opcode = {0, 1};
  r.encoding.modrm = {1, 1};
  r.encoding.displacement = {2, 1};
  r.encoding.address_bytes = 2;
  r.text = "mov ax, word ptr [bp-0x2]";
  const auto fields = make_encoding_view(r);
  EXPECT_EQ(field(fields, "ModRM").groups[2].caption, "r/m: bp");
  EXPECT_EQ(field(fields, "disp").groups[0].bits, "-0x2");
}

TEST(InstructionView, PutsTheAddressTogetherFromItsNumbers) {
  const InstructionView view = make_instruction_view(add_to_memory(), true);
  ASSERT_EQ(view.accesses.size(), 1U);
  const auto& sum = view.accesses[0].sum;
  ASSERT_EQ(sum.size(), 5U) << "in 64-bit mode no segment base is added";
  EXPECT_EQ(sum[0].name, "r12");
  EXPECT_EQ(sum[1].name, "rsi × 4");
  EXPECT_EQ(sum[2].value, "0x8");
  EXPECT_EQ(sum[4].name, "linear");
  EXPECT_EQ(sum[4].value, "00030010");
}

TEST(InstructionView, TellsWhatChangedAndNothingElse) {
  const InstructionView view = make_instruction_view(add_to_memory(), true);
  ASSERT_EQ(view.writes.size(), 3U);  // memory, flags, rip
  EXPECT_EQ(view.writes[0].before, "0x25");
  EXPECT_EQ(view.writes[0].after, "0x2a");
  int changed = 0;
  for (const FlagRow& flag : view.flags)
    changed += flag.before != flag.after ? 1 : 0;
  EXPECT_EQ(changed, 1);  // ZF
  EXPECT_EQ(view.outcome, "It completed.");
}

TEST(InstructionView, KnowsNoResultOfWhatHasNotRun) {
  const InstructionView view = make_instruction_view(add_to_memory(), false);
  EXPECT_TRUE(view.writes.empty());
  EXPECT_FALSE(view.has(InstructionStage::WriteBack));
  EXPECT_EQ(view.operands[0].after, "?");
}

TEST(InstructionView, SaysThatAFaultWroteNothing) {
  InstructionRecord record = add_to_memory();
  record.completed = false;
  record.exit = Faulted{14, 2, Gva(0x30010)};
  EXPECT_EQ(make_instruction_view(record, true).outcome,
            "It did not complete: #PF at 00030010. Nothing was written back.");
}

Snapshot assisted_snapshot() {
  Snapshot s =
      testing::sample_snapshot(testing::sample_events(300), TechniqueKind::HardwareAssisted);
  s.engine = EngineKind::Unicorn;
  s.ledger.exits = {};
  s.ledger.emulated = {};
  s.ledger[ExitReason::PortRead] = {10, 11'000};
  s.ledger[ExitReason::PortWrite] = {30, 33'000};
  s.ledger[ExitReason::Halt] = {5, 4'500};
  s.ledger[ExitReason::PrivilegedInstruction] = {3, 4'500};
  s.ledger.emulated[static_cast<std::size_t>(Mnemonic::Rdtsc)] = {3, 4'500};
  ControlStructure structure;
  structure.exits = 48;
  structure.exit = {ExitReason::PortWrite, *vmx_exit_reason(ExitReason::PortWrite), 0x3f8, 1,
                    s.position.retired - 57};
  structure.guest.registers = s.registers;
  structure.guest.registers.rip -= 1;
  s.control_structure = structure;
  return s;
}

TEST(VmcsView, CountsExitsByIntelsNumber) {
  const VmcsView view = make_vmcs_view(assisted_snapshot(), EventView(), 5);
  ASSERT_EQ(view.reasons.size(), 3U);
  EXPECT_EQ(view.reasons[0].number, 30);
  EXPECT_EQ(view.reasons[0].count, 40U) << "reads and writes are one reason";
  EXPECT_EQ(view.reasons[0].cycles, 44'000U);
  EXPECT_EQ(view.reasons[1].number, 12);
  EXPECT_EQ(view.reasons[2].number, 16) << "RDTSC has a number of its own";
}

TEST(VmcsView, MarksWhatTheGuestHasChangedSinceTheExit) {
  const VmcsView view = make_vmcs_view(assisted_snapshot(), EventView(), 5);
  EXPECT_EQ(view.guest_state_when, "saved 57 instructions ago · ≠ changed since");
  EXPECT_TRUE(view.guest_state[0].differs) << "RIP";
  EXPECT_FALSE(view.guest_state[1].differs) << "RSP";
  EXPECT_EQ(view.exit_information[1].value, "port 0x3f8");
}

TEST(VmcsView, SaysWhyThereIsNoControlStructure) {
  const auto list = testing::sample_events(30);
  const VmcsView none =
      make_vmcs_view(testing::sample_snapshot(list, TechniqueKind::TrapAndEmulate), list.view(), 5);
  EXPECT_NE(none.why_nothing.find("--technique hardware-assisted"), std::string::npos);
  Snapshot kvm = assisted_snapshot();
  kvm.engine = EngineKind::Kvm;
  kvm.control_structure.reset();
  const VmcsView hidden = make_vmcs_view(kvm, EventView(), 5);
  EXPECT_TRUE(hidden.why_nothing.empty());
  EXPECT_TRUE(hidden.controls.empty());
  EXPECT_FALSE(hidden.controls_note.empty());
}

TEST(ControlChips, ASecondPressUndoesTheFirst) {
  const ExecutionControls before;
  for (const ControlChip& chip : chips_of(before)) {
    const ExecutionControls once = toggled(before, chip);
    EXPECT_FALSE(once == before) << chip.label;
    for (const ControlChip& again : chips_of(once)) {
      if (again.which == chip.which && again.vector == chip.vector) {
        EXPECT_NE(again.on, chip.on) << chip.label;
        EXPECT_EQ(toggled(once, again), before) << chip.label;
      }
    }
  }
}

TEST(ControlChips, WithoutNestedPagingWhatTheShadowNeedsIsHeldOn) {
  ExecutionControls controls;
  controls.nested_paging = false;
  int held = 0;
  for (const ControlChip& chip : chips_of(controls)) {
    if (!chip.held) {
      continue;
    }
    ++held;
    EXPECT_TRUE(chip.on) << chip.label;
    EXPECT_EQ(toggled(controls, chip), controls) << chip.label;
    EXPECT_NE(chip.meaning.find("Held on"), std::string::npos) << chip.meaning;
  }
  EXPECT_EQ(held, 2) << "INVLPG and #PF";
  for (const ControlChip& chip : chips_of({})) {
    EXPECT_FALSE(chip.held) << chip.label;
  }
}

}  // namespace
}  // namespace gv
