// SPDX-License-Identifier: MIT
//
// Frames of the remote serial protocol, and what each message means to a session.

#include "gdb/conversation.h"
#include "gdb/packet.h"
#include "machine/kits.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gv::gdb {
namespace {

std::vector<WireEvent> read(std::string_view bytes) {
  PacketReader reader;
  reader.feed(bytes);
  std::vector<WireEvent> events;
  while (auto event = reader.next())
    events.push_back(std::move(*event));
  return events;
}
std::string payload(const std::vector<WireEvent>& events) {
  if (events.size() != 1 || !std::holds_alternative<PacketCame>(events[0]))
    return "(no packet)";
  return std::get<PacketCame>(events[0]).payload;
}

TEST(Frame, SumsThePayloadModulo256) {
  EXPECT_EQ(frame("OK"), "$OK#9a");
  EXPECT_EQ(frame(""), "$#00");
  EXPECT_EQ(payload(read("$OK#9a")), "OK");
  EXPECT_EQ(payload(read("$OK#9A")), "OK");
}

TEST(Frame, EveryByteComesBackAsItWas) {
  std::string all;
  for (int byte = 0; byte < 256; ++byte)
    all.push_back(static_cast<char>(byte));
  EXPECT_EQ(payload(read(frame(all))), all);
}

TEST(Frame, ComesInAnyPieces) {
  const std::string wire = "+" + frame("m0,4") + "\x03" + frame("g") + "-";
  PacketReader reader;
  std::vector<std::size_t> kinds;
  for (const char byte : wire) {
    reader.feed({&byte, 1});
    while (const auto event = reader.next())
      kinds.push_back(event->index());
  }
  EXPECT_EQ(kinds, (std::vector<std::size_t>{2, 0, 4, 0, 3}));
}

TEST(Frame, AWrongChecksumAsksForItAgain) {
  for (const char* wire : {"$OK#9b", "$OK#zz", "$OK}#9a"}) {
    const auto events = read(wire);
    ASSERT_EQ(events.size(), 1u) << wire;
    EXPECT_TRUE(std::holds_alternative<PacketBroken>(events[0])) << wire;
  }
}

TEST(Frame, APacketThatNeverEndsIsDroppedAndTheNextOneRead) {
  EXPECT_EQ(payload(read("$mlost" + frame("g"))), "g");
  const std::string huge = "$" + std::string(10 * kLongestPayload, 'a') + "#00" + frame("?");
  const auto events = read(huge);
  ASSERT_EQ(events.size(), 2u);
  EXPECT_TRUE(std::holds_alternative<PacketBroken>(events[0]));
  EXPECT_EQ(std::get<PacketCame>(events[1]).payload, "?");
}

TEST(Hex, RefusesWhatIsNone) {
  EXPECT_EQ(unhex("0aF"), std::nullopt);
  EXPECT_EQ(unhex("0g"), std::nullopt);
  EXPECT_EQ(unhex("0aFf"), (std::vector<std::uint8_t>{0x0a, 0xff}));
  std::string_view number = "10a3f2,1";
  EXPECT_EQ(take_number(number), 0x10a3f2u);
  EXPECT_EQ(number, ",1");
  number = "12345678123456781";
  EXPECT_EQ(take_number(number), std::nullopt);
}

class Talk : public testing::Test {
 protected:
  void begin(MachineConfig config) {
    auto created = Session::create(std::move(config));
    ASSERT_TRUE(created) << created.error().message;
    session = std::move(*created);
    talk = std::make_unique<Conversation>(*session);
  }
  // What comes back, a move's stop reply included; several replies are joined by a bar.
  std::string ask(std::string_view text) {
    Answer answer = talk->answer(text);
    if (answer.move)
      answer.replies = talk->stop_replies(answer.move(*session));
    std::string joined;
    for (const std::string& reply : answer.replies)
      joined += (joined.empty() ? "" : "|") + reply;
    return joined;
  }
  std::unique_ptr<Session> session;
  std::unique_ptr<Conversation> talk;
};

// mov eax,11223344h; mov [2000h],eax; nop; jmp $
const std::vector<std::uint8_t> kCode = {0xb8, 0x44, 0x33, 0x22, 0x11, 0xa3, 0x00,
                                         0x20, 0x00, 0x00, 0x90, 0xeb, 0xfe};

TEST_F(Talk, OffersWhatItCan) {
  begin(config_of_code(kCode, TechniqueKind::BareMetal));
  const std::string offer = ask("qSupported:multiprocess+;swbreak+;hwbreak+;xmlRegisters=i386");
  for (const char* feature : {"PacketSize=4000", "ReverseStep+", "ReverseContinue+", "swbreak+",
                              "qXfer:features:read+", "QStartNoAckMode+"})
    EXPECT_NE(offer.find(feature), std::string::npos) << feature << " in " << offer;
  EXPECT_EQ(ask("vCont?"), "vCont;c;C;s;S");
  EXPECT_EQ(ask("qfThreadInfo"), "m1");
  EXPECT_EQ(ask("vMustReplyEmpty"), "");
  EXPECT_EQ(ask("Hg1"), "OK");
  EXPECT_EQ(ask("Hg2"), "E03");
}

TEST_F(Talk, WithoutAHistoryNothingGoesBackwards) {
  MachineConfig config = config_of_code(kCode, TechniqueKind::BareMetal);
  config.time_travel = false;
  begin(std::move(config));
  EXPECT_EQ(ask("qSupported").find("Reverse"), std::string::npos);
  EXPECT_EQ(ask("bs"), "");
}

TEST_F(Talk, TheDescriptionAndTheBytesAgree) {
  begin(config_of_code(kCode, TechniqueKind::TrapAndEmulate));
  std::string xml, part;
  do {
    part = ask(fmt::format("qXfer:features:read:target.xml:{:x},{:x}", xml.size(), 100));
    ASSERT_TRUE(part.starts_with('m') || part.starts_with('l')) << part;
    xml += part.substr(1);
  } while (part.starts_with('m'));
  std::size_t bits = 0;
  for (std::size_t at = xml.find("bitsize=\""); at != std::string::npos;
       at = xml.find("bitsize=\"", at + 1))
    bits += std::stoul(xml.substr(at + 9));
  EXPECT_EQ(ask("g").size(), bits / 4);
  EXPECT_EQ(xml.substr(xml.size() - 10), "</target>\n");
  EXPECT_NE(xml.find("\"cr3\""), std::string::npos);
}

TEST_F(Talk, StepsForwardAndBackward) {
  begin(config_of_code(kCode, TechniqueKind::TrapAndEmulate));
  EXPECT_TRUE(ask("vCont;s:1;c").starts_with("T05"));
  EXPECT_EQ(ask("p0"), "44332211");
  EXPECT_TRUE(ask("s").starts_with("T05"));
  EXPECT_EQ(ask("m2000,4"), "44332211");
  EXPECT_TRUE(ask("bs").starts_with("T05"));
  EXPECT_EQ(ask("m2000,4"), "00000000");
  EXPECT_TRUE(ask("bc").starts_with("T05replaylog:begin;"));
  EXPECT_EQ(session->snapshot()->position.retired, 0u);
}

TEST_F(Talk, ReportsTheBreakpointAndTheWatchpointThatStopped) {
  begin(config_of_code(kCode, TechniqueKind::TrapAndEmulate));
  const std::uint64_t start = session->snapshot()->next_instruction.value;
  ask("qSupported:swbreak+;hwbreak+");
  EXPECT_EQ(ask(fmt::format("Z0,{:x},1", start + 10)), "OK");
  EXPECT_TRUE(ask("c").starts_with("T05swbreak:;"));
  EXPECT_EQ(session->snapshot()->registers.rip, start + 10);
  ask("bc");
  EXPECT_EQ(ask("Z2,2002,2"), "OK");
  EXPECT_TRUE(ask("vCont;c").starts_with("T05watch:2002;"));
  EXPECT_EQ(session->snapshot()->position.retired, 2u);
  EXPECT_EQ(ask("z2,2002,2"), "OK");
  EXPECT_EQ(ask("Z4,fff00000,4").substr(0, 2), "E.");
}

TEST_F(Talk, WritesMemoryAndRegisters) {
  begin(config_of_code(kCode, TechniqueKind::TrapAndEmulate));
  EXPECT_EQ(ask("M3000,3:010203"), "OK");
  EXPECT_EQ(ask(std::string_view("X3003,2:\x00\xff", 10)), "OK");
  EXPECT_EQ(ask("m3000,5"), "01020300ff");
  EXPECT_EQ(ask("P0=78563412"), "OK");
  EXPECT_EQ(session->snapshot()->registers[Gpr::Ax], 0x12345678u);
  const std::string all = ask("g");
  EXPECT_EQ(ask("G" + all), "OK");
  EXPECT_EQ(ask("G" + ("0000efbe" + all.substr(8))), "OK");
  EXPECT_EQ(session->snapshot()->registers[Gpr::Ax], 0xbeef0000u);
  EXPECT_EQ(ask("Pa=08000000").substr(0, 2), "E.");  // CS
  EXPECT_EQ(ask("mfff00000,4"), "E0e");
  EXPECT_EQ(ask("Mfff00000,1:00"), "E0e");
}

TEST_F(Talk, TheGuestsEndIsTheEndOfTheHistoryOnly) {
  begin(config_of_code({0x90, 0x90, 0xb0, 0x07, 0xe6, 0xf4}, TechniqueKind::TrapAndEmulate));
  const std::string end = ask("c");
  EXPECT_NE(end.find("T05replaylog:end;"), std::string::npos) << end;
  EXPECT_TRUE(end.starts_with('O')) << end;
  EXPECT_NE(ask("c").find("T05replaylog:end;"), std::string::npos);
  EXPECT_TRUE(ask("bs").starts_with("T05"));
  EXPECT_EQ(session->snapshot()->state, RunState::Stopped);
}

TEST_F(Talk, MonitorAnswersAllThatItsHelpNames) {
  begin(config_of_kit("tinykernel", TechniqueKind::TrapAndEmulate));
  gv::Run run;
  run.instructions = 900'000;
  session->perform(run);
  const auto monitor = [&](const std::string& words) {
    std::string text, replies = ask("qRcmd," + hex(words));
    EXPECT_TRUE(replies.ends_with("|OK") || replies == "OK") << words;
    for (std::size_t at = 0; at < replies.size();) {
      const std::size_t bar = std::min(replies.find('|', at), replies.size());
      const std::string reply = replies.substr(at, bar - at);
      if (reply.front() == 'O' && reply != "OK") {
        const auto bytes = unhex(reply.substr(1));
        EXPECT_TRUE(bytes);
        text.append(bytes->begin(), bytes->end());
      }
      at = bar + 1;
    }
    return text;
  };
  EXPECT_NE(monitor("ledger").find("page fault"), std::string::npos);
  EXPECT_NE(monitor("cr").find("the CPU's own"), std::string::npos);
  EXPECT_NE(monitor("info pages").find("kernel rw"), std::string::npos);
  EXPECT_NE(monitor("position").find("instruction 900000 of 900000"), std::string::npos);
  EXPECT_NE(monitor("walk 0x100000").find("PD[0]"), std::string::npos);
  EXPECT_NE(monitor("devices").find("PIC 8259"), std::string::npos);
  const std::string exits = monitor("exits 3");
  EXPECT_EQ(std::count(exits.begin(), exits.end(), '\n'), 3) << exits;
  EXPECT_NE(monitor("exits many").find("no number"), std::string::npos);
  EXPECT_NE(monitor("dance").find("there is no 'monitor dance'"), std::string::npos);
}

// Any text at all: an answer, and a session that still works.
TEST_F(Talk, NoPayloadBreaksIt) {
  begin(config_of_code(kCode, TechniqueKind::TrapAndEmulate));
  const std::vector<std::string> seeds = {"qSupported:swbreak+;hwbreak+",
                                          "qXfer:features:read:target.xml:0,ffb",
                                          "m2000,4",
                                          "M2000,2:0102",
                                          "X2000,1:a",
                                          "Z0,100005,1",
                                          "z2,2000,4",
                                          "Z4,2000,4",
                                          "P0=00000000",
                                          "p8",
                                          "vCont;s:1;c:-1",
                                          "Hgp1.1",
                                          "qThreadExtraInfo,1",
                                          "qRcmd,6c6564676572",
                                          "bs",
                                          "g",
                                          "G00",
                                          "T1",
                                          "vKill;1",
                                          "qXfer:threads:read::0,1000"};
  std::minstd_rand random(20);
  for (int round = 0; round < 4000; ++round) {
    std::string text = seeds[random() % seeds.size()];
    for (auto edits = random() % 6; edits-- > 0 && !text.empty();) {
      const std::size_t at = random() % text.size();
      const auto choice = random() % 4;
      if (choice == 0)
        text[at] = static_cast<char>(random());
      else if (choice == 1)
        text.erase(at, 1 + random() % 4);
      else if (choice == 2)
        text.insert(at, "ffffffff");
      else
        text.insert(at, 1, ",;:=#$"[random() % 6]);
    }
    if (text == "c" || text == "C" || text.find("ont") != std::string::npos || text == "bc")
      continue;  // the code never ends by itself
    const Answer answer = talk->answer(text);
    if (answer.move && text.front() != 'C' && text.front() != 'c')
      talk->stop_replies(answer.move(*session));
  }
  EXPECT_TRUE(ask("s").starts_with("T05"));
}

}  // namespace
}  // namespace gv::gdb
