// SPDX-License-Identifier: MIT

#include "gdb/register_layout.h"

#include "gdb/packet.h"

#include <fmt/format.h>

#include <array>

namespace gv::gdb {

namespace {

constexpr std::uint16_t kLongModeCode = 1u << 13;  // L, in Segment::attributes
constexpr std::string_view kCore = "org.gnu.gdb.i386.core";
constexpr std::string_view kSystem = "org.glassvisor.system";

// In gdb's order, which is the order of the old "struct user_regs".
constexpr std::array<std::pair<std::string_view, Gpr>, 8> kGprs32 = {{{"eax", Gpr::Ax},
                                                                      {"ecx", Gpr::Cx},
                                                                      {"edx", Gpr::Dx},
                                                                      {"ebx", Gpr::Bx},
                                                                      {"esp", Gpr::Sp},
                                                                      {"ebp", Gpr::Bp},
                                                                      {"esi", Gpr::Si},
                                                                      {"edi", Gpr::Di}}};
constexpr std::array<std::pair<std::string_view, Gpr>, 16> kGprs64 = {{{"rax", Gpr::Ax},
                                                                       {"rbx", Gpr::Bx},
                                                                       {"rcx", Gpr::Cx},
                                                                       {"rdx", Gpr::Dx},
                                                                       {"rsi", Gpr::Si},
                                                                       {"rdi", Gpr::Di},
                                                                       {"rbp", Gpr::Bp},
                                                                       {"rsp", Gpr::Sp},
                                                                       {"r8", Gpr::R8},
                                                                       {"r9", Gpr::R9},
                                                                       {"r10", Gpr::R10},
                                                                       {"r11", Gpr::R11},
                                                                       {"r12", Gpr::R12},
                                                                       {"r13", Gpr::R13},
                                                                       {"r14", Gpr::R14},
                                                                       {"r15", Gpr::R15}}};
constexpr std::array<std::pair<std::string_view, SegmentName>, 6> kSegments = {
    {{"cs", SegmentName::Cs},
     {"ss", SegmentName::Ss},
     {"ds", SegmentName::Ds},
     {"es", SegmentName::Es},
     {"fs", SegmentName::Fs},
     {"gs", SegmentName::Gs}}};
constexpr std::array<std::string_view, 8> kFpuControl = {"fctrl", "fstat", "ftag",  "fiseg",
                                                         "fioff", "foseg", "fooff", "fop"};
constexpr std::array<std::string_view, 8> kFpuStack = {"st0", "st1", "st2", "st3",
                                                       "st4", "st5", "st6", "st7"};

using Value = std::optional<std::uint64_t>;
Value unknown(const RegisterFile&, int) { return std::nullopt; }
Value gpr(const RegisterFile& r, int i) { return r.gpr[static_cast<std::size_t>(i)]; }
Value rip(const RegisterFile& r, int) { return r.rip; }
Value rflags(const RegisterFile& r, int) { return r.rflags; }
Value selector(const RegisterFile& r, int i) {
  return r.segment[static_cast<std::size_t>(i)].selector;
}
Value segment_base(const RegisterFile& r, int i) {
  return r.segment[static_cast<std::size_t>(i)].base;
}

std::vector<RegisterSlot> slots_for(Architecture architecture) {
  const bool wide = architecture == Architecture::X86_64;
  const std::uint32_t word = wide ? 8 : 4;
  const std::string_view integer = wide ? "int64" : "int32";
  std::vector<RegisterSlot> slots;
  const auto core = [&](std::string_view name, std::string_view type, std::uint32_t bytes,
                        auto read, int index = 0, std::string_view group = {}) {
    slots.push_back({name, type, bytes, read, index, kCore, group});
  };
  const auto general = [&](std::string_view name, Gpr which) {
    const bool pointer = which == Gpr::Sp || which == Gpr::Bp;
    core(name, pointer ? "data_ptr" : integer, word, &gpr, static_cast<int>(which));
  };
  if (wide) {
    for (const auto& [name, which] : kGprs64)
      general(name, which);
  } else {
    for (const auto& [name, which] : kGprs32)
      general(name, which);
  }
  core(wide ? "rip" : "eip", "code_ptr", word, &rip);
  core("eflags", "i386_eflags", 4, &rflags);
  for (const auto& [name, which] : kSegments)
    core(name, "int32", 4, &selector, static_cast<int>(which));
  for (const std::string_view name : kFpuStack)
    core(name, "i387_ext", 10, &unknown);
  for (const std::string_view name : kFpuControl)
    core(name, "int", 4, &unknown, 0, "float");

  const auto system = [&](std::string_view name, std::uint32_t bytes, auto read, int index = 0) {
    slots.push_back({name, bytes == 8 ? "int64" : "int32", bytes, read, index, kSystem, "system"});
  };
  constexpr auto kFs = static_cast<int>(SegmentName::Fs), kGs = static_cast<int>(SegmentName::Gs);
  if (wide) {
    // gdb knows these two by a feature of their own.
    slots.push_back({"fs_base", "int64", 8, &segment_base, kFs, "org.gnu.gdb.i386.segments"});
    slots.push_back({"gs_base", "int64", 8, &segment_base, kGs, "org.gnu.gdb.i386.segments"});
  }
  system("cr0", word, [](const RegisterFile& r, int) -> Value { return r.cr0; });
  system("cr2", word, [](const RegisterFile& r, int) -> Value { return r.cr2; });
  system("cr3", word, [](const RegisterFile& r, int) -> Value { return r.cr3; });
  system("cr4", word, [](const RegisterFile& r, int) -> Value { return r.cr4; });
  system("gdt_base", word, [](const RegisterFile& r, int) -> Value { return r.gdtr.base; });
  system("gdt_limit", 4, [](const RegisterFile& r, int) -> Value { return r.gdtr.limit; });
  system("idt_base", word, [](const RegisterFile& r, int) -> Value { return r.idtr.base; });
  system("idt_limit", 4, [](const RegisterFile& r, int) -> Value { return r.idtr.limit; });
  system("tr", 4, [](const RegisterFile& r, int) -> Value { return r.tr.selector; });
  system("ldtr", 4, [](const RegisterFile& r, int) -> Value { return r.ldtr.selector; });
  return slots;
}

// The bits of EFLAGS by gdb's names, so that it prints [ IF ZF ].
constexpr std::array<std::pair<std::string_view, int>, 17> kFlags = {{{"CF", 0},
                                                                      {"", 1},
                                                                      {"PF", 2},
                                                                      {"AF", 4},
                                                                      {"ZF", 6},
                                                                      {"SF", 7},
                                                                      {"TF", 8},
                                                                      {"IF", 9},
                                                                      {"DF", 10},
                                                                      {"OF", 11},
                                                                      {"NT", 14},
                                                                      {"RF", 16},
                                                                      {"VM", 17},
                                                                      {"AC", 18},
                                                                      {"VIF", 19},
                                                                      {"VIP", 20},
                                                                      {"ID", 21}}};

}  // namespace

Architecture architecture_of(const RegisterFile& registers) {
  return (registers[SegmentName::Cs].attributes & kLongModeCode) != 0 ? Architecture::X86_64
                                                                      : Architecture::I386;
}

RegisterLayout::RegisterLayout(Architecture architecture)
    : architecture_(architecture), slots_(slots_for(architecture)) {}

std::string RegisterLayout::target_xml() const {
  std::string xml = fmt::format(
      "<?xml version=\"1.0\"?><!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
      "<target version=\"1.0\">\n<architecture>{}</architecture>\n",
      architecture_ == Architecture::X86_64 ? "i386:x86-64" : "i386");
  std::string_view open;
  for (const RegisterSlot& slot : slots_) {
    if (slot.feature != open) {
      if (!open.empty())
        xml += "</feature>\n";
      open = slot.feature;
      xml += fmt::format("<feature name=\"{}\">\n", open);
      if (open == kCore) {
        xml += "<flags id=\"i386_eflags\" size=\"4\">\n";
        for (const auto& [name, bit] : kFlags)
          xml += fmt::format("<field name=\"{0}\" start=\"{1}\" end=\"{1}\"/>\n", name, bit);
        xml += "</flags>\n";
      }
    }
    xml += fmt::format("<reg name=\"{}\" bitsize=\"{}\" type=\"{}\"", slot.name, slot.bytes * 8,
                       slot.type);
    if (!slot.group.empty())
      xml += fmt::format(" group=\"{}\"", slot.group);
    xml += "/>\n";
  }
  return xml + "</feature>\n</target>\n";
}

std::string RegisterLayout::one(const RegisterFile& registers, std::size_t number) const {
  const RegisterSlot& slot = slots_[number];
  const Value value = slot.read(registers, slot.index);
  if (!value)
    return std::string(std::size_t{2} * slot.bytes, 'x');
  std::array<std::uint8_t, 8> bytes{};
  for (std::size_t i = 0; i < slot.bytes; ++i)
    bytes[i] = static_cast<std::uint8_t>(*value >> (8 * i));
  return hex(bytes.data(), slot.bytes);
}

std::string RegisterLayout::all(const RegisterFile& registers) const {
  std::string out;
  for (std::size_t i = 0; i < slots_.size(); ++i)
    out += one(registers, i);
  return out;
}

Result<Command> RegisterLayout::write(std::size_t number,
                                      const std::vector<std::uint8_t>& bytes) const {
  if (number >= slots_.size() || bytes.size() != slots_[number].bytes || bytes.size() > 8)
    return Error{ErrorCode::InvalidInput, "no register of that number and size can be written"};
  const RegisterSlot& slot = slots_[number];
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes.size(); ++i)
    value |= std::uint64_t{bytes[i]} << (8 * i);
  if (slot.read == &gpr)
    return Command(WriteRegister{static_cast<Gpr>(slot.index), value});
  if (slot.read == &rip)
    return Command(WriteInstructionPointer{value});
  if (slot.read == &rflags)
    return Command(WriteFlags{value});
  return Error{
      ErrorCode::InvalidInput,
      fmt::format("{} cannot be written from here; the guest's own code loads it", slot.name)};
}

std::vector<std::size_t> RegisterLayout::expedited() const {
  std::vector<std::size_t> numbers;
  for (std::size_t i = 0; i < slots_.size(); ++i) {
    if (slots_[i].type == "data_ptr" || slots_[i].type == "code_ptr")
      numbers.push_back(i);
  }
  return numbers;
}

}  // namespace gv::gdb
