// SPDX-License-Identifier: MIT
//
// event_words_test.cpp - names are unique and stable, sentences are sentences.

#include "sample_events.h"

#include "gv/ledger.h"
#include "gv/machine_config.h"
#include "gv/page_walk.h"
#include "gv/snapshot.h"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace gv {
namespace {

template <class Enum>
void expect_own_names(int count) {
  std::set<std::string> names;
  for (int i = 0; i < count; ++i) {
    const std::string name(name_of(static_cast<Enum>(i)));
    EXPECT_TRUE(names.insert(name).second) << name << " twice";
    EXPECT_NE(name, "unknown") << i;
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-"), std::string::npos)
        << name;
  }
}

TEST(Names, are_unique_and_made_for_scripts) {
  expect_own_names<ExitReason>(kExitReasonCount);
  expect_own_names<Storey>(kEnumerators<Storey>);
  expect_own_names<Handling>(kEnumerators<Handling>);
  expect_own_names<FaultKind>(kEnumerators<FaultKind>);
  expect_own_names<FlushCause>(kEnumerators<FlushCause>);
  expect_own_names<DescriptorTable>(kEnumerators<DescriptorTable>);
  expect_own_names<GuestEnd>(kEnumerators<GuestEnd>);
  expect_own_names<StopCause>(static_cast<int>(StopCause::EngineRefused) + 1);
  expect_own_names<WalkOutcome>(static_cast<int>(WalkOutcome::PagingOff) + 1);
  expect_own_names<EngineKind>(3);
  expect_own_names<TechniqueKind>(6);
}

TEST(Names, of_event_kinds_are_those_of_the_alternatives) {
  std::set<std::string> names;
  for (const Event& event : one_of_each()) {
    const int kind = static_cast<int>(event.body.index());
    EXPECT_EQ(name_of_event_kind(kind), name_of(event));
    EXPECT_TRUE(names.insert(std::string(name_of(event))).second) << name_of(event);
  }
  EXPECT_EQ(name_of_event_kind(kEventKindCount), "unknown");
  EXPECT_EQ(name_of_event_kind(-1), "unknown");
}

TEST(Names, lead_back_to_engine_and_technique) {
  EXPECT_EQ(*technique_from_name("trap-and-emulate"), TechniqueKind::TrapAndEmulate);
  EXPECT_EQ(*engine_from_name("unicorn"), EngineKind::Unicorn);
  const auto bad = technique_from_name("trap_and_emulate");
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().message,
            "unknown technique 'trap_and_emulate': use bare-metal, interpretation, "
            "trap-and-emulate, binary-translation, paravirtual or hardware-assisted");
  EXPECT_EQ(engine_from_name("").error().code, ErrorCode::InvalidInput);
}

void expect_sentence(const std::string& text) {
  ASSERT_FALSE(text.empty());
  EXPECT_TRUE(std::isupper(static_cast<unsigned char>(text.front())) || text.front() == '#')
      << text;
  EXPECT_EQ(text.back(), '.') << text;
  EXPECT_EQ(text.find("  "), std::string::npos) << text;
  EXPECT_EQ(text.find("unknown"), std::string::npos) << text;
}

TEST(Sentences, exist_for_every_exit_reason_from_every_storey) {
  for (int r = 0; r < kExitReasonCount; ++r) {
    const auto reason = static_cast<ExitReason>(r);
    EXPECT_FALSE(title_of(reason).empty());
    expect_sentence(std::string(explanation_of(reason)));
    for (int m = 0; m < kMnemonicCount; ++m) {
      ExitTaken exit;
      exit.reason = reason;
      exit.mnemonic = static_cast<Mnemonic>(m);
      for (const Storey from : {Storey::GuestUser, Storey::GuestKernel}) {
        exit.from = from;
        expect_sentence(narrate(Event{0, 0, Gva(0), 0, exit}));
      }
    }
  }
}

TEST(Sentences, exist_for_every_event) {
  for (const Event& event : one_of_each()) {
    expect_sentence(narrate(event));
    EXPECT_FALSE(describe(event).empty());
  }
}

TEST(Sentences, say_what_a_learner_should_read) {
  const Event cli{
      0, 0, Gva(0x10a3f2), 0,
      ExitTaken{
          ExitReason::PrivilegedInstruction, Storey::GuestKernel, 1, Mnemonic::Cli, 0, {0xfa}}};
  EXPECT_EQ(describe(cli), "privileged instruction cli at 0010a3f2");
  EXPECT_EQ(narrate(cli),
            "The guest kernel executed CLI outside ring 0. The CPU raised #GP and the "
            "hypervisor took over.");
  ExitTaken invlpg{.reason = ExitReason::PrivilegedInstruction, .mnemonic = Mnemonic::Invlpg};
  EXPECT_EQ(narrate(Event{0, 0, Gva(0), 0, invlpg}).find("outside ring 0"), std::string::npos)
      << "it exits from ring 0 of a guest under VT-x";
  EXPECT_EQ(narrate(Event{0, 0, Gva(0), 0, InstructionEmulated{Mnemonic::Cli, 0}}),
            "The hypervisor emulated CLI: it cleared the virtual interrupt flag. The real one "
            "stays set.");
  EXPECT_EQ(narrate(Event{0, 0, Gva(0), 0, PageFaulted{Gva(0x400000), 7, FaultKind::GuestFault}}),
            "The guest's own page tables refuse a write to 00400000: a true fault, and the guest "
            "kernel must handle it.");
  EXPECT_EQ(narrate(Event{0, 0, Gva(0), 0, ControlRegisterWritten{0, 0x11, 0x80000011}}),
            "The guest switched paging (CR0.PG) on; the virtual CR0 is now 80000011.");
  EXPECT_EQ(
      narrate(Event{0, 0, Gva(0), 0, CacheEvicted{12, 700, EvictionCause::OutsideWrite}}),
      "The translation cache may be out of date, because memory was changed from outside: all 12 "
      "units, 700 bytes, were dropped.");
}

TEST(Ledger, adds_up_its_rows) {
  Ledger ledger;
  ledger.retired = 100;
  ledger.idle_cycles = 7;
  ledger[ExitReason::PageFault] = {2, 3000};
  ledger[ExitReason::TripleFault] = {1, 900};
  EXPECT_EQ(ledger.total_exits(), 3u);
  EXPECT_EQ(ledger.exit_cycles(), 3900u);
  EXPECT_EQ(ledger.total_cycles(), 4007u);
}

}  // namespace
}  // namespace gv
