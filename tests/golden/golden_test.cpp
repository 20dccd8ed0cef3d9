// SPDX-License-Identifier: MIT
//
// Golden texts: what a kit prints, and what was recorded while it did.
// GV_REGENERATE=1 writes the files of this folder anew; read the difference before you keep it.

#include "gv/session.h"
#include "gv/trace_file.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

namespace gv {
namespace {

std::string contents_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path << " cannot be read";
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    lines.push_back(line);
  }
  return lines;
}

// The kits end their lines as a terminal wants it.
std::string without_carriage_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

std::string golden_path(const std::string& name) { return GV_TESTS "/golden/" + name; }

void expect_golden(const std::string& name, const std::string& text) {
  if (std::getenv("GV_REGENERATE") != nullptr) {
    std::ofstream(golden_path(name), std::ios::binary) << text;
  }
  EXPECT_EQ(text, contents_of(golden_path(name))) << name;
}

struct Finished {
  std::unique_ptr<Session> session;
  Notice notice;
  std::string console;
};

Finished run_kit(const std::string& kit, TechniqueKind technique) {
  auto session = Session::create(config_of_kit(kit, technique));
  EXPECT_TRUE(session) << session.error().message;
  Notice notice = (*session)->perform(Run{});
  EXPECT_EQ(notice.cause, StopCause::GuestExited) << notice.text;
  std::string console = without_carriage_returns((*session)->console());
  return {std::move(*session), std::move(notice), std::move(console)};
}

class Golden : public testing::TestWithParam<TechniqueKind> {};

TEST_P(Golden, TinykernelPrintsWhatItPrintsUnderQemu) {
  EXPECT_EQ(run_kit("tinykernel", GetParam()).console,
            contents_of(GV_TESTS "/guest-kits/tinykernel.console.txt"));
}

TEST_P(Golden, NanobenchPrintsWhatItPrintsUnderQemu) {
  EXPECT_EQ(run_kit("nanobench", GetParam()).console,
            contents_of(GV_TESTS "/guest-kits/nanobench.console.txt"));
}

TEST_P(Golden, ForkwaitPrintsWhatItPrintsUnderQemu) {
  EXPECT_EQ(run_kit("forkwait", GetParam()).console,
            contents_of(GV_TESTS "/guest-kits/forkwait.console.txt"));
}

TEST_P(Golden, TwoRunsGiveByteIdenticalTraces) {
  for (const char* kit : {"tinykernel", "sensitive17", "nanobench"}) {
    std::string traces[2];
    for (std::string& trace : traces) {
      const Finished run = run_kit(kit, GetParam());
      trace = encode_trace(trace_header_for(run.session->config()), run.session->events());
    }
    EXPECT_TRUE(traces[0] == traces[1]) << kit << ": the traces differ";
    EXPECT_GT(traces[0].size(), 1000u);
  }
}

TEST_P(Golden, TheLedgerAddsUp) {
  for (const char* kit : {"tinykernel", "sensitive17", "nanobench"}) {
    const Finished run = run_kit(kit, GetParam());
    const Snapshot& end = *run.notice.snapshot;
    EXPECT_EQ(end.ledger.total_cycles(), end.position.cycles) << kit;
    EXPECT_EQ(end.ledger.retired, end.position.retired) << kit;
    if (GetParam() == TechniqueKind::BareMetal) {
      EXPECT_EQ(end.ledger.total_exits(), 0u) << kit;
      EXPECT_EQ(end.ledger.exit_cycles(), 0u) << kit;
      EXPECT_EQ(end.ledger.direct, end.ledger.retired) << kit;
    } else {
      EXPECT_GT(end.ledger.total_exits(), 0u) << kit;
      EXPECT_LT(end.ledger.direct, end.ledger.retired) << kit;
    }
  }
}

// Counted twice, independently: by the ledger, and by reading the log.
TEST_P(Golden, TheLedgerCountsWhatTheLogTells) {
  const Finished run = run_kit("tinykernel", GetParam());
  Ledger counted;
  const EventView events = run.session->events();
  for (std::uint64_t i = events.first(); i < events.end(); ++i) {
    if (const auto* exit = std::get_if<ExitTaken>(&events[i].body)) {
      ++counted[exit->reason].count;
    } else if (std::holds_alternative<ShadowFilled>(events[i].body)) {
      ++counted.shadow_fills;
    } else if (std::holds_alternative<InterruptDelivered>(events[i].body)) {
      ++counted.interrupts;
    } else if (std::holds_alternative<PortTouched>(events[i].body)) {
      ++counted.port_accesses;
    } else if (std::holds_alternative<ExceptionDelivered>(events[i].body)) {
      ++counted.reflections;
    }
  }
  const Ledger& kept = run.notice.snapshot->ledger;
  if (GetParam() != TechniqueKind::BareMetal) {
    for (int i = 0; i < kExitReasonCount; ++i) {
      const auto reason = static_cast<ExitReason>(i);
      EXPECT_EQ(kept[reason].count, counted[reason].count) << name_of(reason);
    }
    EXPECT_EQ(kept.reflections, counted.reflections);
  }
  EXPECT_EQ(kept.shadow_fills, counted.shadow_fills);
  EXPECT_EQ(kept.interrupts, counted.interrupts);
  EXPECT_EQ(kept.port_accesses, counted.port_accesses);
}

INSTANTIATE_TEST_SUITE_P(Both, Golden, testing::ValuesIn(kTechniques),
                         [](const auto& technique) { return identifier(technique.param); });

TEST(SensitiveSeventeen, OnBareMetalReportsItsOwnMachine) {
  EXPECT_EQ(run_kit("sensitive17", TechniqueKind::BareMetal).console,
            contents_of(GV_TESTS "/guest-kits/sensitive17.bare-metal.txt"));
}

TEST(SensitiveSeventeen, TranslatedReportsWhatBareMetalDoes) {
  EXPECT_EQ(run_kit("sensitive17", TechniqueKind::BinaryTranslation).console,
            contents_of(GV_TESTS "/guest-kits/sensitive17.bare-metal.txt"));
}

TEST(SensitiveSeventeen, DeprivilegedReportsTheGoldenTable) {
  expect_golden("sensitive17.trap-and-emulate.txt",
                run_kit("sensitive17", TechniqueKind::TrapAndEmulate).console);
}

// What theory says (Robin and Irvine, 2000), for a kernel in ring 1 with IOPL 0:
//   sgdt sidt sldt str    show the hypervisor's tables
//   smsw                  shows the hypervisor's CR0
//   pushf                 shows the real IF, which is always on
//   popf                  cannot change IF, and says nothing
//   lar lsl               see ring 1 and no system descriptors
//   pop push call jmp ret mov   see selectors with RPL 1
// INT traps through the real IDT, so that the reflected frame is the guest's own. VERR and VERW
// compare privilege levels that moved together.
TEST(SensitiveSeventeen, TheTwoReportsDifferExactlyWhereTheorySays) {
  const auto bare = lines_of(run_kit("sensitive17", TechniqueKind::BareMetal).console);
  const auto trap = lines_of(run_kit("sensitive17", TechniqueKind::TrapAndEmulate).console);
  ASSERT_EQ(bare.size(), trap.size());
  const auto name = [](const std::string& line) { return line.substr(0, line.find(' ')); };
  std::set<std::string> differ, agree;
  for (std::size_t i = 0; i < bare.size(); ++i) {
    EXPECT_EQ(name(bare[i]), name(trap[i]));
    (bare[i] == trap[i] ? agree : differ).insert(name(bare[i]));
  }
  EXPECT_EQ(differ,
            (std::set<std::string>{"sgdt", "sidt", "sldt", "smsw", "pushf", "popf", "lar", "lsl",
                                   "pop", "push", "call", "jmp", "ret", "str", "mov"}));
  EXPECT_EQ(agree, (std::set<std::string>{"sensitive17", "verr", "verw", "int", "sensitive17:"}));
}

TEST(TinykernelLog, BeginsAsTheGoldenLogDoes) {
  const Finished run = run_kit("tinykernel", TechniqueKind::TrapAndEmulate);
  std::ostringstream text;
  const TraceFile trace{trace_header_for(run.session->config()), run.session->events()};
  ASSERT_TRUE(export_trace(trace, ExportFormat::Text, text));
  // Another compiler makes another kernel: then only the log's form can be the same.
  std::ostringstream image;
  image << "# image " << std::hex << trace.header.image_hash << "\n";
  const char* name = "tinykernel.trap-and-emulate.events.txt";
  if (std::getenv("GV_REGENERATE") == nullptr &&
      !contents_of(golden_path(name)).starts_with(image.str())) {
    GTEST_SKIP() << "tinykernel.elf was built by another compiler than the golden log's";
  }
  std::string beginning = image.str();
  std::size_t count = 0;
  for (const std::string& line : lines_of(text.str())) {
    if (line.empty() || line[0] == '#') {
      continue;
    }
    beginning += line + "\n";
    if (++count == 400) {
      break;
    }
  }
  EXPECT_EQ(count, 400u);
  expect_golden(name, beginning);
}

}  // namespace
}  // namespace gv
