// SPDX-License-Identifier: MIT
//
// Debian's GRUB for Xen, unmodified: it rebuilds its page tables, reads its console ring and
// answers. A machine without grub-xen-host skips aloud; scripts/setup installs it.

#include "gv/session.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <ostream>
#include <string>

namespace gv {
namespace {

struct Guest {
  const char* name;
  EngineKind engine;
};
void PrintTo(const Guest& guest, std::ostream* out) {
  *out << guest.name << " on " << name_of(guest.engine);
}

class Grub : public testing::TestWithParam<Guest> {
 protected:
  void SetUp() override {
    const std::string path = std::string("/usr/lib/grub-xen/") + GetParam().name;
    if (!std::filesystem::exists(path)) {
      GTEST_SKIP() << path << " is not there: scripts/setup test installs grub-xen-host";
    }
    auto config = config_for_image(path);
    ASSERT_TRUE(config) << config.error().message;
    EXPECT_EQ(default_technique(*config), TechniqueKind::Paravirtual);
    config->engine = GetParam().engine;
    config->technique = TechniqueKind::Paravirtual;
    config_ = std::move(*config);
  }
  std::shared_ptr<Session> start(bool time_travel) {
    MachineConfig config = config_;
    config.time_travel = time_travel;
    auto session = Session::create(std::move(config));
    EXPECT_TRUE(session) << session.error().message;
    return session ? std::move(*session) : nullptr;
  }
  static Notice run_until(Session& session, const std::string& text) {
    gv::Run run;  // not GoogleTest's
    run.until_console = text;
    run.instructions = 400'000'000;
    return session.perform(run);
  }
  static void type(Session& session, const std::string& text) { session.perform(Type{text}); }
  MachineConfig config_;
};

TEST_P(Grub, ReachesItsPromptAnswersAndPowersOff) {
  const auto session = start(false);
  ASSERT_NE(session, nullptr);
  EXPECT_EQ(run_until(*session, "grub> ").cause, StopCause::ConsoleMatched) << session->console();
  type(*session, "echo HELD-OUT-OK\r");
  // What is typed comes back with the cursor's moves between the letters; the answer does not.
  EXPECT_EQ(run_until(*session, "HELD-OUT-OK").cause, StopCause::ConsoleMatched)
      << session->console();
  type(*session, "lsmod\r");
  EXPECT_EQ(run_until(*session, "normal").cause, StopCause::ConsoleMatched) << session->console();
  type(*session, "ls\r");
  EXPECT_EQ(run_until(*session, "\\(").cause, StopCause::ConsoleMatched) << session->console();
  type(*session, "halt\r");
  gv::Run on;
  on.instructions = 400'000'000;
  const Notice end = session->perform(on);
  EXPECT_EQ(end.cause, StopCause::GuestExited) << end.text << "\n" << session->console();
  const Ledger& ledger = end.snapshot->ledger;
  EXPECT_GT(ledger[ExitReason::Hypercall].count, 100u);
  EXPECT_GT(ledger.page_table_writes, 20u);
  EXPECT_EQ(ledger.total_cycles(), end.snapshot->position.cycles);
  EXPECT_EQ(ledger[ExitReason::PageFault].count, 0u) << "nothing faults, and nothing is shadowed";
}

TEST_P(Grub, TwoRunsAreTheSameByteForByteAndOneGoesBack) {
  const auto once = [&](std::shared_ptr<Session>& session) {
    session = start(true);
    run_until(*session, "grub> ");
    return session->event_log_hash();
  };
  std::shared_ptr<Session> first, second;
  const std::uint64_t log = once(first);
  EXPECT_EQ(log, once(second));
  const Position there = first->snapshot()->position;
  ViewRequest view;
  view.state_hash = true;
  const auto hash = [&](Session& session) {
    return session.perform(SetView{view}).snapshot->state_hash.value_or(0);
  };
  const std::uint64_t state = hash(*first);
  const Notice back = first->perform(StepBack{1000});
  ASSERT_FALSE(back.refused) << back.text;
  EXPECT_NE(hash(*first), state);
  const Notice forth = first->perform(Step{1000});
  ASSERT_FALSE(forth.refused) << forth.text;
  EXPECT_EQ(first->snapshot()->position.retired, there.retired);
  EXPECT_EQ(hash(*first), state) << "all of Xen's state has come back and gone on";
}

INSTANTIATE_TEST_SUITE_P(OfDebian, Grub,
                         testing::Values(Guest{"grub-i386-xen.bin", EngineKind::Interpreter},
                                         Guest{"grub-i386-xen.bin", EngineKind::Unicorn},
                                         Guest{"grub-x86_64-xen.bin", EngineKind::Interpreter},
                                         Guest{"grub-x86_64-xen.bin", EngineKind::Unicorn}),
                         [](const auto& test) {
                           const std::string width = test.param.name[5] == 'i' ? "Pv32" : "Pv64";
                           return width + (test.param.engine == EngineKind::Unicorn
                                               ? "OnUnicorn"
                                               : "OnInterpreter");
                         });

}  // namespace
}  // namespace gv
