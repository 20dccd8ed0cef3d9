// SPDX-License-Identifier: MIT
//
// models_test.cpp - what panels draw, without drawing it.

#include "sample_run.h"
#include "visualizers/console/console_lines.h"
#include "visualizers/devices/device_view.h"
#include "visualizers/disassembly/listing.h"
#include "visualizers/drawing/svg_recorder.h"
#include "visualizers/ledger/ledger_view.h"
#include "visualizers/meaning/quantity.h"
#include "visualizers/page_tables/walk_view.h"
#include "visualizers/registers/register_view.h"
#include "visualizers/screen/vga_picture.h"
#include "visualizers/trap_theatre/round_trips.h"

#include <gtest/gtest.h>

#include <set>

namespace gv {
namespace {

using testing::sample_events;
using testing::sample_snapshot;

TEST(Quantity, IsWrittenForPeople) {
  EXPECT_EQ(count_text(1234567), "1,234,567");
  EXPECT_EQ(count_text(999), "999");
  EXPECT_EQ(short_count_text(1234567), "1.23M");
  EXPECT_EQ(time_text(840), "840 ns");
  EXPECT_EQ(time_text(12'400), "12.4 µs");
  EXPECT_EQ(time_text(1'050'000'000), "1.05 s");
  EXPECT_EQ(address_text(0x10a3f2), "0010a3f2");
  EXPECT_EQ(share_text(0.00001), "< 0.1 %");
  EXPECT_EQ(share_text(0.125), "12.5 %");
}

TEST(RoundTrips, PairAnExitWithTheResumeThatAnswersIt) {
  const auto list = sample_events(30);
  const auto trips = latest_trips(list.view(), list.size(), 5);
  ASSERT_EQ(trips.size(), 5U);
  EXPECT_EQ(trips[0].instruction(), "cli");
  ASSERT_TRUE(trips[0].resume);
  EXPECT_EQ(trips[0].resume->cost, 1600U);
  EXPECT_EQ(trips[0].exit_class(), ExitClass::Trap);
  EXPECT_EQ(trips[1].instruction(), "int 0x80");
  EXPECT_EQ(trips[1].exit_class(), ExitClass::SystemCall);
  EXPECT_EQ(trips[2].instruction(), "out 0x3f8");
  ASSERT_TRUE(trips[2].port);
  for (std::size_t i = 1; i < trips.size(); ++i)
    EXPECT_LT(trips[i].exit_sequence, trips[i - 1].exit_sequence);
}

TEST(RoundTrips, AHiddenFaultIsToldFromATrueOne) {
  const EventView events = sample_events(400).view();
  std::set<ExitClass> hidden, reflected;
  for (const RoundTrip& trip : latest_trips(events, events.end(), 50)) {
    if (!trip.fault)
      continue;
    (trip.fault->kind == FaultKind::ShadowMiss ? hidden : reflected).insert(trip.exit_class());
  }
  EXPECT_EQ(hidden, std::set<ExitClass>{ExitClass::Hidden});
  EXPECT_EQ(reflected, std::set<ExitClass>{ExitClass::Trap});
}

TEST(RoundTrips, ATripWithoutAResumeStaysOpen) {
  const auto list = sample_events(100);
  const EventView events = list.view();
  const auto whole = latest_trips(events, list.size(), 1).front();
  const auto open = trip_at(events, whole.exit_sequence, whole.exit_sequence + 1);
  ASSERT_TRUE(open);
  EXPECT_FALSE(open->resume);
  EXPECT_EQ(open->landing(), "not resumed yet");
}

TEST(RoundTrips, EveryEventOfATripFindsIt) {
  const auto list = sample_events(200);
  const auto trip = latest_trips(list.view(), list.size(), 3).back();
  for (std::uint64_t at = trip.exit_sequence; at <= *trip.resume_sequence; ++at) {
    const auto found = trip_at(list.view(), at, list.size());
    ASSERT_TRUE(found);
    EXPECT_EQ(found->exit_sequence, trip.exit_sequence) << "event " << at;
  }
}

TEST(RoundTrips, FlowCountsEveryTripOnce) {
  const auto list = sample_events(1000);
  const TrapFlow flow = flow_between(list.view(), 0, list.size());
  std::uint64_t resumes = 0;
  for (std::uint64_t at = 0; at < list.size(); ++at)
    resumes += std::holds_alternative<GuestResumed>(list.view()[at].body);
  EXPECT_EQ(flow.total(), resumes);
  EXPECT_EQ(flow_between(list.view(), 5, 5).total(), 0U);
}

TEST(RoundTrips, OnBareMetalHandlersAndPortsStandInForExits) {
  testing::EventList list;
  list.add(ExceptionDelivered{0x80, true, 0, Gva(0x100300)}, 10, 0, 0x400200);
  list.add(PageFaulted{Gva(0x404000), 6, FaultKind::GuestFault}, 10, 0, 0x400210);
  list.add(ExceptionDelivered{14, false, 6, Gva(0x100200)}, 0, 0, 0x400210);
  list.add(PortTouched{0x3f8, 1, Direction::Write, true, 'A'}, 10, 0, 0x10b010);
  list.add(InterruptRaised{0}, 10, 0, 0x10b020);
  list.add(InterruptDelivered{0x20, Gva(0x100400)}, 0, 0, 0x10b020);
  const std::vector<MappedPage> pages = {
      {Gva(0x400000), 0x118000, kPageSize, true, true, true, true},
      {Gva(0x10b000), 0x10b000, kPageSize, true, false, true, true}};
  const auto trips = latest_direct(list.view(), list.size(), 8, pages);
  ASSERT_EQ(trips.size(), 4U);
  EXPECT_EQ(trips[0].instruction(), "interrupt 0x20");
  EXPECT_EQ(trips[0].exit_class(), ExitClass::Interrupt);
  EXPECT_EQ(trips[1].instruction(), "out 0x3f8");
  EXPECT_EQ(trips[1].exit.from, Storey::GuestKernel);
  EXPECT_EQ(trips[2].exit.reason, ExitReason::PageFault);
  EXPECT_EQ(trips[2].exit_class(), ExitClass::Trap) << "without a shadow no fault is hidden";
  EXPECT_EQ(trips[3].exit.from, Storey::GuestUser);
  EXPECT_EQ(trips[3].exit_class(), ExitClass::SystemCall);
  for (const RoundTrip& trip : trips)
    EXPECT_TRUE(trip.direct && !trip.resume) << trip.landing();
  EXPECT_EQ(trips[1].landing(), "next instruction");
}

TEST(Listing, MarksTheNextInstructionBreakpointsAndSensitiveOnes) {
  const auto snapshot = sample_snapshot(sample_events(10), TechniqueKind::TrapAndEmulate);
  BreakpointList breakpoints;
  breakpoints.toggle(snapshot.next_instruction);
  const Listing listing = make_listing(snapshot, breakpoints, Gva(0x10a400));
  ASSERT_TRUE(listing.next_row);
  const ListingRow& next = listing.rows[*listing.next_row];
  EXPECT_TRUE(next.next && next.breakpoint && next.breakpoint_enabled);
  EXPECT_TRUE(listing.rows[0].is_symbol);
  EXPECT_EQ(listing.rows[0].symbol, "switch_address_space");
  int privileged = 0, silent = 0;
  for (const ListingRow& row : listing.rows) {
    privileged += row.kind == SensitiveKind::Privileged;
    silent += row.kind == SensitiveKind::SensitiveUnprivileged;
  }
  EXPECT_EQ(privileged, 8);
  EXPECT_EQ(silent, 8);
  breakpoints.toggle(snapshot.next_instruction);
  EXPECT_FALSE(breakpoints.at(snapshot.next_instruction));
}

TEST(RegisterView, SaysWhereTheCpuHoldsSomethingElse) {
  const auto events = sample_events(10);
  const RegisterView deprivileged =
      make_register_view(sample_snapshot(events, TechniqueKind::TrapAndEmulate));
  const RegisterView bare = make_register_view(sample_snapshot(events, TechniqueKind::BareMetal));
  for (const BelievedRow& row : bare.believed)
    EXPECT_FALSE(row.differs) << row.name << " on bare metal";
  std::set<std::string> different;
  for (const BelievedRow& row : deprivileged.believed) {
    if (row.differs)
      different.insert(row.name);
  }
  EXPECT_TRUE(different.count("CPL") && different.count("CR3") && different.count("GDTR"));
}

TEST(RegisterView, MarksExactlyWhatChanged) {
  const RegisterView view =
      make_register_view(sample_snapshot(sample_events(10), TechniqueKind::BareMetal));
  std::set<std::string> changed;
  for (const auto* rows : {&view.general, &view.control, &view.segments}) {
    for (const RegisterRow& row : *rows) {
      if (row.changed)
        changed.insert(row.name);
    }
  }
  EXPECT_EQ(changed, (std::set<std::string>{"eax", "eip", "eflags"}));
  for (const FlagCell& flag : view.flags)
    EXPECT_EQ(flag.changed, flag.name == "IF") << flag.name;
  EXPECT_EQ(cr0_text(0x80010011), "PG WP PE");
  EXPECT_EQ(cr0_text(0x10), "real mode");
}

TEST(RegisterView, HasSixteenRegistersOfSixteenDigitsIn64BitCode) {
  Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::BareMetal);
  EXPECT_EQ(make_register_view(s).general.size(), 10u);
  s.registers[SegmentName::Cs].attributes |= 1u << 13;
  s.registers[Gpr::R12] = 0xffffffff80100000;
  const RegisterView view = make_register_view(s);
  ASSERT_EQ(view.general.size(), 18u);
  std::set<std::string> names;
  for (const RegisterRow& row : view.general) {
    names.insert(row.name);
    EXPECT_EQ(row.value.size(), 16u) << row.name;
    if (row.name == "r12") {
      EXPECT_EQ(row.value, "ffffffff80100000");
      EXPECT_TRUE(row.changed);
    }
  }
  for (const char* name : {"rax", "rsp", "r8", "r15", "rip", "rflags"})
    EXPECT_TRUE(names.count(name)) << name;
}

TEST(WalkView, TellsTheThreeAnswersApart) {
  Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::TrapAndEmulate);
  const Gva address = s.next_instruction;
  EXPECT_NE(make_walk_view(s, address).verdict.find("hidden fault"), std::string::npos);
  EXPECT_TRUE(make_walk_view(s, address).shadow.rungs.back().stops);
  s.shadow_walk->outcome = WalkOutcome::Mapped;
  EXPECT_NE(make_walk_view(s, address).verdict.find("no exit"), std::string::npos);
  s.shadow_walk->writable = false;
  EXPECT_NE(make_walk_view(s, address).verdict.find("D bit"), std::string::npos);
  s.guest_walk->outcome = WalkOutcome::NotPresent;
  EXPECT_NE(make_walk_view(s, address).verdict.find("true fault"), std::string::npos);
}

TEST(WalkView, CutsTheAddressAsTheTablesConsumeIt) {
  Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::TrapAndEmulate);
  const auto cut = [&] {
    std::string text;
    int bits = 0;
    for (const AddressSlice& slice : make_walk_view(s, s.next_instruction).slices) {
      text += slice.value + " ";
      bits += slice.bits;
    }
    EXPECT_EQ(bits, 32);
    return text;
  };
  EXPECT_EQ(cut(), "0x0 0x10a 0x401 ");
  s.guest_walk->steps = 1;
  s.guest_walk->page_size = 4 << 20;
  EXPECT_EQ(cut(), "0x0 0x10a401 ");
}

// A walk of four levels, as the walker records it: entries for 0xffff8000_40201234.
PageWalk long_walk(Gva address) {
  PageWalk walk;
  walk.address = address;
  walk.outcome = WalkOutcome::Mapped;
  walk.steps = 4;
  walk.step = {WalkStep{"PML4", 0x1800, 0x2027, 0x100}, WalkStep{"PDPT", 0x2008, 0x3027, 1},
               WalkStep{"PD", 0x3008, 0x4027, 1}, WalkStep{"PT", 0x4008, 0x8000'0000'0000'5067, 1}};
  walk.physical = 0x5234;
  walk.writable = walk.user = true;
  walk.executable = false;
  return walk;
}

TEST(WalkView, ShowsTheFourTablesOfLongMode) {
  Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::BareMetal);
  const Gva address(0xffff'8000'4020'1234);
  s.guest_walk = long_walk(address);
  s.shadow_walk.reset();
  const auto cut = [&] {
    std::string text;
    int bits = 0;
    for (const AddressSlice& slice : make_walk_view(s, address).slices) {
      text += slice.name + " " + slice.value + ", ";
      bits += slice.bits;
    }
    EXPECT_EQ(bits, 64);
    return text;
  };
  EXPECT_EQ(cut(),
            "sign 0xffff, PML4 index 0x100, PDPT index 0x1, PD index 0x1, PT index 0x1, "
            "offset 0x234, ");
  const WalkView view = make_walk_view(s, address);
  EXPECT_EQ(view.address, "ffff800040201234");
  ASSERT_EQ(view.guest.rungs.size(), 4U);
  EXPECT_EQ(view.guest.rungs[3].bits.back().name, "N");
  EXPECT_TRUE(view.guest.rungs[3].bits.back().set);
  EXPECT_FALSE(view.guest.rungs[2].bits.back().set);
  EXPECT_EQ(view.guest.result, "GPA 00005234");
  // A page of 2 MiB ends one table earlier.
  s.guest_walk->steps = 3;
  s.guest_walk->page_size = 2U << 20;
  EXPECT_EQ(cut(), "sign 0xffff, PML4 index 0x100, PDPT index 0x1, PD index 0x1, offset 0x1234, ");
}

TEST(WalkView, AnAddressThatIsNotCanonicalReachesNoTable) {
  Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::BareMetal);
  const Gva address(0x0000'8000'4020'1234);
  s.guest_walk = long_walk(address);
  const WalkView view = make_walk_view(s, address);
  EXPECT_TRUE(view.guest.rungs.empty());
  EXPECT_FALSE(view.guest.mapped);
  EXPECT_EQ(view.guest.result, "not canonical");
  EXPECT_NE(view.verdict.find("#GP"), std::string::npos);
}

TEST(WalkView, AWalkOfAnotherAddressIsNotShownAsThisOne) {
  const Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::TrapAndEmulate);
  EXPECT_FALSE(make_walk_view(s, Gva(0x1234)).guest.present);
}

TEST(WalkView, JoinsNeighboursWithEqualRightsIntoStrips) {
  const Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::TrapAndEmulate);
  const auto strips = make_strips(s.mapped_guest);
  ASSERT_EQ(strips.size(), 4U);
  EXPECT_EQ(strips[0].pages, 21U);
  EXPECT_EQ(strips[1].dirty, 9U);
  EXPECT_TRUE(strips[3].user && strips[3].writable);
}

TEST(WalkView, ReadsAddressesAsPeopleTypeThem) {
  EXPECT_EQ(parse_address("0x10a3f2"), Gva(0x10a3f2));
  EXPECT_EQ(parse_address(" 10A3F2 "), Gva(0x10a3f2));
  EXPECT_EQ(parse_address("08:c0100000"), Gva(0xc0100000));
  EXPECT_FALSE(parse_address("cr3"));
  EXPECT_FALSE(parse_address(""));
}

TEST(LedgerView, SharesAreOfAllVirtualTime) {
  const Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::TrapAndEmulate);
  const LedgerView view = make_ledger_view(s.ledger);
  double shares = 0;
  for (const LedgerLine& line : view.causes)
    shares += line.detail ? 0 : line.share;
  EXPECT_NEAR(
      shares + static_cast<double>(view.retired + view.idle) / static_cast<double>(view.total), 1.0,
      1e-9);
  EXPECT_EQ(view.causes.front().cycles, 659'200U) << "the dearest cause comes first";
  EXPECT_TRUE(view.causes[1].detail) << "and its instructions follow it";
}

TEST(LedgerView, WhatIsInterpretedIsTheHypervisorsWork) {
  Ledger ledger;
  ledger.retired = 100;
  ledger.interpreted = {100, 1200};
  ledger.idle_cycles = 50;
  const LedgerView view = make_ledger_view(ledger);
  EXPECT_EQ(view.guest_cycles, 0U);
  EXPECT_EQ(view.hypervisor_cycles, 1300U);
}

TEST(LedgerView, AComparedLedgerAddsCausesThatOnlyItHas) {
  const auto events = sample_events(10);
  const Ledger bare = sample_snapshot(events, TechniqueKind::BareMetal).ledger;
  const Ledger trapped = sample_snapshot(events, TechniqueKind::TrapAndEmulate).ledger;
  const LedgerView view = make_ledger_view(bare, &trapped);
  ASSERT_FALSE(view.causes.empty());
  EXPECT_EQ(view.causes.front().count, 0U);
  EXPECT_GT(view.causes.front().other_count, 0U);
}

TEST(ConsoleLines, FollowTheRunInBothDirections) {
  ConsoleLines lines;
  lines.show("one\r\ntwo");
  EXPECT_EQ(lines.lines(), (std::vector<std::string>{"one", "two"}));
  lines.show("one\r\ntwo\nthree");
  EXPECT_EQ(lines.lines().back(), "three");
  lines.show("on");
  EXPECT_EQ(lines.lines(), std::vector<std::string>{"on"});
  lines.show("another past\n");
  EXPECT_EQ(lines.lines().front(), "another past");
}

TEST(ConsoleLines, ObeyWhatATerminalObeys) {
  ConsoleLines lines;
  lines.show("100%\r 42\b7\n\x1b[31mred\x1b[0m\ta\xff");
  EXPECT_EQ(lines.lines()[0], " 47%");
  EXPECT_EQ(lines.lines()[1], "red     a\x01");
}

TEST(VgaPicture, KnowsEveryGlyphOfCodePage437) {
  std::set<std::string_view> blank;
  for (int i = 0; i < 256; ++i)
    EXPECT_FALSE(cp437_glyph(static_cast<std::uint8_t>(i)).empty()) << i;
  EXPECT_EQ(cp437_glyph(0xcd), "═");
  EXPECT_EQ(cp437_glyph(0x01), "☺");
  EXPECT_EQ(cp437_glyph('A'), "A");
}

TEST(VgaPicture, RunsCoverARowOnce) {
  const Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::BareMetal);
  int cells = 0;
  for (const ScreenRun& run : runs_of_row(s.screen, 1)) {
    EXPECT_EQ(run.column, cells);
    cells += run.cells;
  }
  EXPECT_EQ(cells, 80);
  EXPECT_EQ(text_of_row(s.screen, 1), "Glassvisor guest  ═══ ready █▓▒░");
  EXPECT_FALSE(is_blank(s.screen));
  EXPECT_TRUE(is_blank(VgaTextScreen{}));
}

TEST(VgaPicture, TypesOnAUsKeyboard) {
  EXPECT_EQ(keystrokes_for('a'), (std::vector<std::uint8_t>{0x1e, 0x9e}));
  EXPECT_EQ(keystrokes_for('A'), (std::vector<std::uint8_t>{0x2a, 0x1e, 0x9e, 0xaa}));
  EXPECT_EQ(keystrokes_for('1'), (std::vector<std::uint8_t>{0x02, 0x82}));
  EXPECT_EQ(keystrokes_for('/'), (std::vector<std::uint8_t>{0x35, 0xb5}));
  EXPECT_EQ(keystrokes_for('\\'), (std::vector<std::uint8_t>{0x2b, 0xab}));
  EXPECT_EQ(keystrokes_for(' '), (std::vector<std::uint8_t>{0x39, 0xb9}));
  EXPECT_TRUE(keystrokes_for('\x80').empty());
}

TEST(DeviceView, MarksFieldsThatChangedSinceTheLastStop) {
  Snapshot s = sample_snapshot(sample_events(10), TechniqueKind::BareMetal);
  DeviceView view;
  view.update(s);
  for (const DeviceCard& card : view.cards())
    EXPECT_FALSE(card.changed) << card.name;
  ++s.position.retired;
  s.devices[0].fields[0].second = "00000011";
  view.update(s);
  EXPECT_TRUE(view.cards()[0].fields[0].changed);
  EXPECT_EQ(view.cards()[0].fields[0].before, "00000001");
  EXPECT_FALSE(view.cards()[1].changed);
  view.update(s);
  EXPECT_TRUE(view.cards()[0].changed) << "a second picture of the same stop keeps the marks";
}

TEST(SvgRecorder, EscapesTextAndClosesWhatItOpens) {
  SvgRecorder svg({10, 10}, 100, 50, {0, 0, 0});
  svg.push_clip({{10, 10}, {50, 50}});
  svg.text({12, 12}, "a < b & \"c\"\x01", {255, 255, 255}, FontRole::Body, 16);
  svg.line({10, 10}, {20, 20}, {1, 2, 3, 128}, 1, true);
  const std::string document = svg.document("one & two");
  EXPECT_NE(document.find("a &lt; b &amp; &quot;c&quot;<"), std::string::npos) << document;
  EXPECT_NE(document.find("<title>one &amp; two</title>"), std::string::npos);
  EXPECT_NE(document.find("</g>\n</svg>"), std::string::npos) << "an open clip is closed";
  EXPECT_NE(document.find("x1=\"0.00\""), std::string::npos) << "coordinates start at the origin";
}

TEST(ExitClass, EveryLegendEntryHasItsOwnWordAndInk) {
  std::set<std::string_view> words;
  std::set<Ink> inks;
  for (int i = 0; i < kExitClassCount; ++i) {
    words.insert(title_of(static_cast<ExitClass>(i)));
    inks.insert(ink_of(static_cast<ExitClass>(i)));
  }
  EXPECT_EQ(words.size(), 4U);
  EXPECT_EQ(inks.size(), 4U);
}

}  // namespace
}  // namespace gv
