// SPDX-License-Identifier: MIT
//
// sample_run.cpp - a plausible run, written by hand.

#include "sample_run.h"

#include <algorithm>

namespace gv::testing {

void EventList::add(EventBody body, std::uint64_t instructions, std::uint64_t cycles,
                    std::uint64_t rip) {
  if (size_ % kEventsPerChunk == 0)
    chunks_.push_back(std::make_shared<EventChunk>());
  retired_ += instructions;
  cycles_ += instructions + cycles;
  Event& event = (*chunks_.back())[size_ % kEventsPerChunk];
  event.retired = retired_;
  event.cycles = cycles_;
  event.rip = Gva(rip);
  event.body = body;
  ++size_;
}

EventView EventList::view(std::uint64_t end) const {
  std::vector<std::shared_ptr<const EventChunk>> chunks(chunks_.begin(), chunks_.end());
  return EventView(std::move(chunks), 0, std::min(end, size_));
}

EventList sample_events(std::uint64_t events) {
  EventList list;
  std::uint32_t round = 0;
  const auto exit = [&](ExitReason reason, Mnemonic mnemonic, std::uint32_t qualification,
                        Storey from, std::uint64_t run, std::uint64_t rip) {
    ExitTaken e;
    e.reason = reason;
    e.mnemonic = mnemonic;
    e.qualification = qualification;
    e.from = from;
    e.length = 2;
    list.add(e, run, 0, rip);
  };
  const auto resume = [&](Handling handling, ExitReason reason, Storey to, std::uint32_t cost,
                          std::uint64_t rip) {
    list.add(GuestResumed{handling, reason, to, cost}, 0, cost, rip);
  };
  while (list.size() < events) {
    ++round;
    exit(ExitReason::PrivilegedInstruction, Mnemonic::MovToCr, 3, Storey::GuestKernel, 410,
         0x10a3f2);
    list.add(ControlRegisterWritten{3, 0x105000, 0x109000}, 0, 20, 0x10a3f2);
    list.add(ShadowFlushed{FlushCause::Cr3Write, 12}, 0, 30, 0x10a3f2);
    resume(Handling::Emulated, ExitReason::PrivilegedInstruction, Storey::GuestKernel, 2100,
           0x10a3f5);
    exit(ExitReason::PageFault, Mnemonic::Other, 5, Storey::GuestUser, 60, 0x400120);
    list.add(PageFaulted{Gva(0x403000), 5, FaultKind::ShadowMiss}, 0, 0, 0x400120);
    list.add(ShadowFilled{Gva(0x403000), Gfn(0x118), Mfn(0x918), true, true}, 0, 0, 0x400120);
    resume(Handling::ShadowFilled, ExitReason::PageFault, Storey::GuestUser, 1900, 0x400120);
    if (round % 3 == 0) {
      exit(ExitReason::PageFault, Mnemonic::Other, 6, Storey::GuestUser, 30, 0x400133);
      list.add(PageFaulted{Gva(0x404000), 6, FaultKind::GuestFault}, 0, 0, 0x400133);
      list.add(ExceptionDelivered{14, false, 6, Gva(0x100200)}, 0, 0, 0x400133);
      resume(Handling::Reflected, ExitReason::PageFault, Storey::GuestKernel, 1800, 0x100200);
    }
    for (int i = 0; i < 3; ++i) {
      exit(ExitReason::PortWrite, Mnemonic::Out, 0x3f8, Storey::GuestKernel, 25, 0x10b010);
      list.add(PortTouched{0x3f8, 1, Direction::Write, true, 0x41U + static_cast<std::uint32_t>(i)},
               0, 0, 0x10b010);
      list.add(ConsoleWritten{'A', false}, 0, 0, 0x10b010);
      resume(Handling::DeviceAccessed, ExitReason::PortWrite, Storey::GuestKernel, 2000, 0x10b011);
    }
    exit(ExitReason::SoftwareInterrupt, Mnemonic::Int, 0x80, Storey::GuestUser, 1200, 0x400200);
    list.add(ExceptionDelivered{0x80, true, 0, Gva(0x100300)}, 0, 0, 0x400200);
    resume(Handling::Reflected, ExitReason::SoftwareInterrupt, Storey::GuestKernel, 1800, 0x100300);
    if (round % 4 == 0) {
      exit(ExitReason::InterruptWindow, Mnemonic::Other, 0, Storey::GuestUser, 700, 0x400260);
      list.add(InterruptRaised{0}, 0, 0, 0x400260);
      list.add(InterruptDelivered{0x20, Gva(0x100400)}, 0, 0, 0x400260);
      resume(Handling::ClockAdvanced, ExitReason::InterruptWindow, Storey::GuestKernel, 1700,
             0x100400);
    }
    exit(ExitReason::PrivilegedInstruction, Mnemonic::Cli, 0, Storey::GuestKernel, 8, 0x10a400);
    list.add(InterruptFlagChanged{false}, 0, 0, 0x10a400);
    resume(Handling::Emulated, ExitReason::PrivilegedInstruction, Storey::GuestKernel, 1600,
           0x10a401);
  }
  return list;
}

Snapshot sample_snapshot(const EventList& events, TechniqueKind technique) {
  Snapshot s;
  s.generation = 7;
  s.cause = StopCause::StepDone;
  s.position = s.furthest = events.position();
  s.technique = technique;
  RegisterFile& r = s.registers;
  for (std::size_t i = 0; i < 8; ++i)
    r.gpr[i] = 0x00100000 + 0x1234 * i;
  r.rip = 0x10a401;
  r.rflags = 0x00000246;
  r.cr0 = 0x80010011;
  r.cr2 = 0x00403000;
  r.cr3 = 0x00109000;
  r.gdtr = {0x0010d000, 0x2f};
  r.idtr = {0x0010d800, 0x7ff};
  r[SegmentName::Cs].selector = 0x08;
  r[SegmentName::Ss].selector = 0x10;
  r[SegmentName::Ds].selector = 0x10;
  s.registers_before = r;
  s.registers_before[Gpr::Ax] = 0x1000;
  s.registers_before.rip = 0x10a400;
  s.registers_before.rflags = 0x00000046;
  s.physical = {technique == TechniqueKind::BareMetal ? 0 : 1,
                0x00905000,
                0x3246,
                0x09,
                0x11,
                {0x00f00000, 0x3f}};
  if (technique == TechniqueKind::BareMetal) {
    s.physical = {0, r.cr3, r.rflags, 0x08, 0x10, r.gdtr};
  }
  Ledger& l = s.ledger;
  l.retired = 1'204'211;
  l.direct = 1'203'322;
  l.idle_cycles = 82'000;
  if (technique != TechniqueKind::BareMetal) {
    l[ExitReason::PrivilegedInstruction] = {412, 659'200};
    l[ExitReason::PageFault] = {96, 182'400};
    l[ExitReason::PortWrite] = {280, 560'000};
    l[ExitReason::SoftwareInterrupt] = {64, 115'200};
    l[ExitReason::InterruptWindow] = {37, 62'900};
    l.emulated[static_cast<std::size_t>(Mnemonic::Cli)] = {180, 288'000};
    l.emulated[static_cast<std::size_t>(Mnemonic::Sti)] = {180, 288'000};
    l.emulated[static_cast<std::size_t>(Mnemonic::MovToCr)] = {52, 83'200};
    l.shadow_misses = 80;
    l.shadow_fills = 80;
    l.shadow_flushes = 52;
  }
  l.guest_faults = 16;
  l.reflections = 80;
  l.interrupts = 37;
  l.port_accesses = 280;
  s.next_instruction = Gva(0x10a401);
  struct Code {
    const char* text;
    SensitiveKind kind;
    std::uint8_t length;
  };
  const Code code[] = {{"push ebp", SensitiveKind::Innocuous, 1},
                       {"mov ebp, esp", SensitiveKind::Innocuous, 2},
                       {"pushfd", SensitiveKind::SensitiveUnprivileged, 1},
                       {"cli", SensitiveKind::Privileged, 1},
                       {"mov eax, dword ptr [ebp+0x08]", SensitiveKind::Innocuous, 3},
                       {"mov cr3, eax", SensitiveKind::Privileged, 3},
                       {"call 0x0010b000", SensitiveKind::Innocuous, 5},
                       {"popfd", SensitiveKind::SensitiveUnprivileged, 1},
                       {"leave", SensitiveKind::Innocuous, 1},
                       {"ret", SensitiveKind::Innocuous, 1}};
  std::uint64_t at = 0x10a3fd;
  for (int copy = 0; copy < 4; ++copy) {
    bool first = true;
    for (const Code& c : code) {
      DisassembledLine line;
      line.address = Gva(at);
      line.length = c.length;
      line.bytes = {0x0f, 0x22, 0xd8, 0x90, 0x90};
      line.text = c.text;
      line.kind = c.kind;
      if (first)
        line.symbol = copy == 0 ? "switch_address_space" : "schedule";
      first = false;
      s.disassembly.push_back(line);
      at += c.length;
    }
  }
  for (std::uint64_t page = 0; page < 40; ++page) {
    s.mapped_guest.push_back({Gva(0x100000 + page * kPageSize), 0x100000 + page * kPageSize,
                              kPageSize, page > 20, false, true, page > 30});
  }
  for (std::uint64_t page = 0; page < 6; ++page) {
    s.mapped_guest.push_back({Gva(0x400000 + page * kPageSize), 0x118000 + page * kPageSize,
                              kPageSize, page > 2, true, page != 4, page == 3});
    if (page % 2 == 0)
      s.mapped_shadow.push_back({Gva(0x400000 + page * kPageSize), 0x918000 + page * kPageSize,
                                 kPageSize, false, true, true, false});
  }
  PageWalk walk;
  walk.address = s.next_instruction;
  walk.outcome = WalkOutcome::Mapped;
  walk.steps = 2;
  walk.step[0] = {"PD", 0x109000, 0x10a027, 0};
  walk.step[1] = {"PT", 0x10a428, 0x10a063, 0x10a};
  walk.physical = 0x10a401;
  walk.writable = true;
  s.guest_walk = walk;
  if (technique != TechniqueKind::BareMetal) {
    walk.outcome = WalkOutcome::NotPresent;
    walk.step[0] = {"PD", 0x905000, 0x906027, 0};
    walk.step[1] = {"PT", 0x906428, 0, 0x10a};
    s.shadow_walk = walk;
    s.machine_address = Mpa(0x90a401);
  }
  const std::string line = "Glassvisor guest  \xcd\xcd\xcd ready \xdb\xb2\xb1\xb0";
  for (std::size_t i = 0; i < line.size(); ++i) {
    s.screen.cells[80 + i] = {static_cast<std::uint8_t>(line[i]),
                              static_cast<std::uint8_t>(i < 16 ? 0x1f : 0x0a)};
  }
  s.devices = {
      {"PIC 8259",
       {{"IRR", "00000001"}, {"ISR", "00000000"}, {"IMR", "11111000"}, {"vector base", "0x20"}}},
      {"PIT 8254",
       {{"mode", "2, rate generator"}, {"reload", "11932"}, {"counts at", "1.193182 MHz"}}},
      {"Serial 16550", {{"line", "8N1, 115200 baud"}, {"LSR", "THRE TEMT"}, {"IER", "0x00"}}},
      {"Keyboard 8042", {{"status", "0x1c"}, {"output buffer", "empty"}}},
      {"VGA text", {{"cursor", "row 2, column 0"}}}};
  s.console_bytes = SampleGuest{}.text.size();
  return s;
}

}  // namespace gv::testing
