// SPDX-License-Identifier: MIT
//
// instruction_view.h - one instruction as eight stages, in words and numbers.
//
// The core's record is put into rows; nothing is computed again. Of an
// instruction that comes next the stages end where something would have to have
// happened: there the view says so.
//
// Pure: no ImGui.

#pragma once

#include "gv/snapshot.h"
#include "visualizers/microscope/encoding_view.h"
#include "visualizers/page_tables/walk_view.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

enum class InstructionStage : std::uint8_t {
  Fetch,
  Decode,
  Operands,
  Address,
  Walk,
  Execute,
  Flags,
  WriteBack
};
inline constexpr int kStageCount = 8;
std::string_view name_of(InstructionStage stage);  // "Page walk"
// The part that a lesson highlights: "microscope/walk".
std::string_view part_of(InstructionStage stage);
// Whether a stage works on this part of the bytes.
bool reads(InstructionStage stage, EncodingPart part);

// One number of a sum.
struct AddressTerm {
  std::string name;   // "ebx", "esi × 4", "DS base"
  std::string value;  // "00105000"
  std::string sign;   // before it: "+", "=", or none
  bool result = false;
};

struct OperandRow {
  std::string text;   // "dword ptr [ebx+0x8]"
  std::string role;   // "read", "written", "read and written", "address only"
  std::string place;  // where the bytes name it: "ModRM reg"
  std::string before, after;
  bool read = false, written = false, changed = false;
};

struct FlagRow {
  std::string_view name, meaning;
  bool before = false, after = false;
  bool tested = false, written = false, undefined = false;
};

struct WriteRow {
  std::string where, before, after;
};

struct InstructionView {
  bool happened = false;  // false: it comes next
  bool completed = false;
  std::string address, text;
  std::vector<std::string> bytes;  // two digits each
  std::vector<FieldView> fields;
  std::vector<AddressTerm> fetch_sum;
  WalkColumn fetch_walk;
  std::vector<OperandRow> operands;
  struct Access {
    std::string text;  // the operand
    std::vector<AddressTerm> sum;
    WalkColumn walk;
    bool accessed = true;
  };
  std::vector<Access> accesses;
  std::string operation;    // "add"
  std::string tested;       // "ZF 1, CF 0": flags that decide
  std::string flag_result;  // "ZF 1": flags that changed; empty where none is written
  std::vector<FlagRow> flags;
  std::vector<WriteRow> writes;
  std::string outcome;  // one sentence: how it ended, or that it has not run

  // Whether there is something to see at this stage.
  bool has(InstructionStage stage) const;
};

InstructionView make_instruction_view(const InstructionRecord& record, bool happened);
// One sentence: why this machine has nothing to look into, and what to choose instead. Empty when
// it has.
std::string why_no_instruction(const Snapshot& snapshot);
// The stages as lines of text.
std::vector<std::string> describe(const InstructionView& view);

}  // namespace gv
