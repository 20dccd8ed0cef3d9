// SPDX-License-Identifier: MIT
//
// register_view.cpp - decodes registers. SDM vol. 3A, "Control Registers" and
// vol. 1, "EFLAGS Register".

#include "visualizers/registers/register_view.h"

#include "visualizers/meaning/quantity.h"

#include <array>
#include <cstdio>

namespace gv {
namespace {

struct FlagBit {
  int bit;
  std::string_view name, meaning;
};
constexpr std::array<FlagBit, 10> kFlags = {{
    {0, "CF", "carry"},
    {2, "PF", "parity"},
    {4, "AF", "auxiliary carry"},
    {6, "ZF", "zero"},
    {7, "SF", "sign"},
    {8, "TF", "single-step trap"},
    {9, "IF", "interrupts are accepted"},
    {10, "DF", "string direction"},
    {11, "OF", "overflow"},
    {14, "NT", "nested task"},
}};
constexpr std::uint64_t kInterruptFlag = 1U << 9;
constexpr std::uint16_t kLongModeCode = 1U << 13;  // L, in a code segment's attributes

// All sixteen digits, so that a column of them lines up.
std::string wide_text(std::uint64_t value) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(value));
  return text;
}

std::string selector_text(std::uint16_t selector) {
  char text[8];
  std::snprintf(text, sizeof text, "%04x", selector);
  return text;
}

std::string table_text(DescriptorTableRegister table) {
  char text[48];
  std::snprintf(text, sizeof text, "%s+%x", address_text(table.base).c_str(), table.limit);
  return text;
}

RegisterRow row(std::string name, std::string value, std::string before, std::string meaning = {}) {
  RegisterRow out{std::move(name), std::move(value), std::move(before), std::move(meaning), false};
  out.changed = out.value != out.before;
  return out;
}

}  // namespace

std::string cr0_text(std::uint64_t cr0) {
  std::string text;
  const auto add = [&](int bit, std::string_view name) {
    if (!(cr0 >> bit & 1))
      return;
    if (!text.empty())
      text += ' ';
    text += name;
  };
  add(31, "PG");
  add(16, "WP");
  add(3, "TS");
  add(0, "PE");
  return text.empty() ? "real mode" : text;
}

RegisterView make_register_view(const Snapshot& snapshot) {
  const RegisterFile& now = snapshot.registers;
  const RegisterFile& old = snapshot.registers_before;
  RegisterView view;

  const bool wide = (now[SegmentName::Cs].attributes & kLongModeCode) != 0;
  const char first_letter = wide ? 'r' : 'e';
  const auto number = [&](std::string name, std::uint64_t value, std::uint64_t before,
                          std::string meaning = {}) {
    return wide ? row(std::move(name), wide_text(value), wide_text(before), std::move(meaning))
                : row(std::move(name), address_text(value), address_text(before),
                      std::move(meaning));
  };
  constexpr std::array<std::string_view, 8> kNames = {"ax", "cx", "dx", "bx",
                                                      "sp", "bp", "si", "di"};
  for (const std::size_t i : {0U, 3U, 1U, 2U, 6U, 7U, 5U, 4U}) {  // a b c d, then pointers
    view.general.push_back(number(first_letter + std::string(kNames[i]), now.gpr[i], old.gpr[i]));
  }
  // Two columns: the old names and where the CPU stands, then those that came with 64 bits.
  view.general.push_back(number(first_letter + std::string("ip"), now.rip, old.rip));
  for (std::size_t i = kNames.size(); wide && i < now.gpr.size(); ++i) {
    view.general.push_back(number("r" + std::to_string(i), now.gpr[i], old.gpr[i]));
  }
  view.general.push_back(number(first_letter + std::string("flags"), now.rflags, old.rflags));

  view.control.push_back(number("cr0", now.cr0, old.cr0, cr0_text(now.cr0)));
  view.control.push_back(number("cr2", now.cr2, old.cr2, "last fault"));
  view.control.push_back(number("cr3", now.cr3, old.cr3, "page tables"));
  view.control.push_back(number("cr4", now.cr4, old.cr4));
  view.control.push_back(row("gdtr", table_text(now.gdtr), table_text(old.gdtr)));
  view.control.push_back(row("idtr", table_text(now.idtr), table_text(old.idtr)));

  constexpr std::array<std::string_view, kSegmentCount> kSegments = {"es", "cs", "ss",
                                                                     "ds", "fs", "gs"};
  for (const std::size_t i : {1U, 2U, 3U, 0U, 4U, 5U}) {
    view.segments.push_back(row(std::string(kSegments[i]), selector_text(now.segment[i].selector),
                                selector_text(old.segment[i].selector)));
  }
  view.segments.push_back(
      row("tr", selector_text(now.tr.selector), selector_text(old.tr.selector)));
  view.segments.push_back(
      row("ldtr", selector_text(now.ldtr.selector), selector_text(old.ldtr.selector)));

  for (const FlagBit& flag : kFlags) {
    const std::uint64_t mask = std::uint64_t{1} << flag.bit;
    view.flags.push_back({flag.name, flag.meaning, (now.rflags & mask) != 0,
                          ((now.rflags ^ old.rflags) & mask) != 0});
  }
  view.iopl = static_cast<int>(now.rflags >> 12 & 3);

  const PhysicalRegisters& real = snapshot.physical;
  const auto believed = [&](std::string name, std::string guest, std::string machine,
                            std::string why) {
    const bool differs = guest != machine;
    view.believed.push_back(
        {std::move(name), std::move(guest), std::move(machine), std::move(why), differs});
  };
  believed("CPL", "ring " + std::to_string(now.cpl()), "ring " + std::to_string(real.cpl),
           "The ring of the code that runs. A deprivileged kernel believes it is in ring 0.");
  believed(
      "IF", now.rflags & kInterruptFlag ? "1" : "0", real.rflags & kInterruptFlag ? "1" : "0",
      "The guest's CLI clears only a virtual flag. The hypervisor keeps the real one set, or no "
      "timer could ever take the CPU back.");
  believed("CR3", address_text(now.cr3), address_text(real.cr3),
           "The guest loads its own tables; the MMU walks the shadow that the hypervisor keeps.");
  believed("CS", selector_text(now[SegmentName::Cs].selector), selector_text(real.cs),
           "The low two bits are the ring: here the deprivileged kernel can read the truth.");
  believed("SS", selector_text(now[SegmentName::Ss].selector), selector_text(real.ss),
           "The stack segment's ring follows the code segment's.");
  believed(
      "GDTR", table_text(now.gdtr), table_text(real.gdtr),
      "LGDT trapped: the guest's descriptors are read from its table, the CPU uses another one.");
  return view;
}

}  // namespace gv
