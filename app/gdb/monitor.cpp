// SPDX-License-Identifier: MIT

#include "gdb/monitor.h"

#include "gdb/packet.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <iterator>

namespace gv::gdb {

namespace {

constexpr std::uint64_t kExitsUnlessAsked = 10, kMostExits = 1000;
constexpr std::size_t kMostPageLines = 400;

constexpr std::string_view kHelp =
    "monitor help           this list\n"
    "monitor position       where the run is, engine and technique\n"
    "monitor ledger         exits by cause: how many, and their cost in virtual cycles\n"
    "monitor exits [N]      the last N exits before this instant (10)\n"
    "monitor cr             control registers: the guest's, and what the CPU really holds\n"
    "monitor info pages     linear memory by the guest's own page tables\n"
    "monitor walk ADDRESS   the walk through the guest's tables, and the shadow's\n"
    "monitor devices        every device's registers\n"
    "Addresses of breakpoints and of memory are linear; in real mode that is $cs * 16 + $eip.\n";

std::shared_ptr<const Snapshot> look(Session& session, const ViewRequest& view) {
  return session.perform(Look{view}).snapshot;
}

ViewRequest nothing_much() {
  ViewRequest view;
  view.disassembly = view.devices = false;
  return view;
}

std::string position(Session& session) {
  const auto s = look(session, nothing_much());
  return fmt::format("instruction {} of {} explored, {} virtual ns, {} events\n{} on {}\n{}\n",
                     s->position.retired, s->furthest.retired, s->position.cycles,
                     s->position.events, name_of(s->technique), name_of(s->engine), s->cause_text);
}

std::string ledger(Session& session) {
  const Ledger ledger = look(session, nothing_much())->ledger;
  std::string out = fmt::format("{:<24} {:>12} {:>14}\n", "exit", "count", "cycles");
  for (int i = 0; i < kExitReasonCount; ++i) {
    const LedgerRow& row = ledger.exits[static_cast<std::size_t>(i)];
    if (row.count != 0)
      out += fmt::format("{:<24} {:>12} {:>14}\n", title_of(static_cast<ExitReason>(i)), row.count,
                         row.cycles);
  }
  out += fmt::format("{:<24} {:>12} {:>14}\n", "all exits", ledger.total_exits(),
                     ledger.exit_cycles());
  out += fmt::format("{} instructions, {} of them executed directly; {} cycles idle\n",
                     ledger.retired, ledger.direct, ledger.idle_cycles);
  out += fmt::format("{} hidden page faults, {} shadow fills, {} interrupts, {} port accesses\n",
                     ledger.shadow_misses, ledger.shadow_fills, ledger.interrupts,
                     ledger.port_accesses);
  return out;
}

std::string exits(Session& session, std::string_view count_text) {
  std::uint64_t wanted = kExitsUnlessAsked;
  if (!count_text.empty()) {
    const char* end = count_text.data() + count_text.size();
    const auto [stop, error] = std::from_chars(count_text.data(), end, wanted);
    if (error != std::errc() || stop != end)
      return fmt::format("monitor exits {}: that is no number of exits\n", count_text);
  }
  wanted = std::min(wanted, kMostExits);
  const EventView events = session.events();
  std::vector<std::string> lines;
  for (std::uint64_t i = std::min(session.snapshot()->position.events, events.end());
       i-- > events.first() && lines.size() < wanted;) {
    if (std::get_if<ExitTaken>(&events[i].body) != nullptr)
      lines.push_back(fmt::format("{:>10}  {}\n", events[i].retired, describe(events[i])));
  }
  if (lines.empty())
    return "no exit has been taken yet\n";
  std::string out;
  for (auto line = lines.rbegin(); line != lines.rend(); ++line)
    out += *line;
  return out;
}

std::string control_registers(Session& session) {
  const auto s = look(session, nothing_much());
  const RegisterFile& r = s->registers;
  const PhysicalRegisters& p = s->physical;
  return fmt::format(
      "the guest's     cr0 {:08x}  cr2 {:08x}  cr3 {:08x}  cr4 {:08x}  ring {}  IF {}\n"
      "the guest's     gdt {:08x}+{:04x}  idt {:08x}+{:04x}  tr {:04x}  ldtr {:04x}\n"
      "the CPU's own   cr3 {:08x}  gdt {:08x}+{:04x}  cs {:04x}  ss {:04x}  ring {}  IF {}\n",
      r.cr0, r.cr2, r.cr3, r.cr4, r.cpl(), (r.rflags >> 9) & 1, r.gdtr.base, r.gdtr.limit,
      r.idtr.base, r.idtr.limit, r.tr.selector, r.ldtr.selector, p.cr3, p.gdtr.base, p.gdtr.limit,
      p.cs, p.ss, p.cpl, (p.rflags >> 9) & 1);
}

std::string rights(const MappedPage& page) {
  return fmt::format("{}{}", page.user ? "user" : "kernel", page.writable ? " rw" : " r-");
}

// Neighbours with the same rights, frame after frame, are one line.
std::string pages(Session& session) {
  ViewRequest view = nothing_much();
  view.page_tables = true;
  const auto s = look(session, view);
  if ((s->registers.cr0 >> 31) == 0)
    return "paging is off: linear addresses are physical\n";
  if (s->mapped_guest.empty())
    return "the guest's page tables map nothing that is shown here\n";
  std::string out = "linear              physical   rights\n";
  std::size_t lines = 0;
  for (std::size_t i = 0; i < s->mapped_guest.size();) {
    const MappedPage& first = s->mapped_guest[i];
    std::uint64_t size = 0;
    std::size_t next = i;
    while (next < s->mapped_guest.size() &&
           s->mapped_guest[next].address.value == first.address.value + size &&
           s->mapped_guest[next].physical == first.physical + size &&
           rights(s->mapped_guest[next]) == rights(first)) {
      size += s->mapped_guest[next].size;
      ++next;
    }
    if (++lines > kMostPageLines)
      return out + "more is mapped than is shown here\n";
    out += fmt::format("{:08x}-{:08x}   {:08x}   {}\n", first.address.value,
                       first.address.value + size - 1, first.physical, rights(first));
    i = next;
  }
  return out;
}

std::string walk_text(std::string_view whose, const PageWalk& walk) {
  std::string out = fmt::format("{}: {}", whose, name_of(walk.outcome));
  for (int i = 0; i < walk.steps; ++i) {
    const WalkStep& step = walk.step[static_cast<std::size_t>(i)];
    out += fmt::format("; {}[{}] = {:08x}", step.level, step.index, step.entry);
  }
  if (walk.outcome == WalkOutcome::Mapped || walk.outcome == WalkOutcome::PagingOff)
    out += fmt::format("; physical {:08x}", walk.physical);
  return out + "\n";
}

std::string walk(Session& session, std::string_view address_text) {
  take(address_text, "0x");
  const auto address = take_number(address_text);
  if (!address || !address_text.empty())
    return "monitor walk ADDRESS: the address is hexadecimal, as in monitor walk 0x40000000\n";
  ViewRequest view = nothing_much();
  view.walk = Gva(*address);
  const auto s = look(session, view);
  std::string out;
  if (s->guest_walk)
    out += walk_text("guest's tables", *s->guest_walk);
  if (s->shadow_walk)
    out += walk_text("shadow tables", *s->shadow_walk);
  return out;
}

std::string devices(Session& session) {
  ViewRequest view = nothing_much();
  view.devices = true;
  std::string out;
  const auto s = look(session, view);
  for (const DeviceState& device : s->devices) {
    out += device.name + "\n";
    for (const auto& [label, value] : device.fields)
      out += fmt::format("  {}: {}\n", label, value);
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' '))
    text.remove_prefix(1);
  while (text.ends_with(' '))
    text.remove_suffix(1);
  return text;
}

}  // namespace

std::string monitor(Session& session, std::string_view words) {
  words = trimmed(words);
  if (words == "position")
    return position(session);
  if (words == "ledger")
    return ledger(session);
  if (words == "cr")
    return control_registers(session);
  if (words == "info pages" || words == "pages")
    return pages(session);
  if (words == "devices")
    return devices(session);
  std::string_view rest = words;
  if (take(rest, "exits") && (rest.empty() || rest.front() == ' '))
    return exits(session, trimmed(rest));
  rest = words;
  if (take(rest, "walk") && (rest.empty() || rest.front() == ' '))
    return walk(session, trimmed(rest));
  if (words.empty() || words == "help")
    return std::string(kHelp);
  return fmt::format("there is no 'monitor {}'; there are:\n{}", words, kHelp);
}

}  // namespace gv::gdb
