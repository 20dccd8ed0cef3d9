// SPDX-License-Identifier: MIT
//
// Debian's gdb, in batch mode, on Tinykernel: in this process, where its word can be held
// against the session's, and on the program as people start it.

#include "gdb/gdb_server.h"
#include "lesson/temporary_folder.h"
#include "machine/kits.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sys/wait.h>
#include <unistd.h>
#include <array>
#include <cstdio>
#include <fstream>
#include <map>

namespace gv::gdb {
namespace {

// A program with its output in pipes.
struct Child {
  pid_t pid = -1;
  int out = -1, err = -1;

  explicit Child(std::vector<std::string> words) {
    int outs[2], errs[2];
    EXPECT_EQ(pipe(outs) + pipe(errs), 0);
    pid = fork();
    if (pid == 0) {
      dup2(outs[1], 1);
      dup2(errs[1], 2);
      for (const int fd : {outs[0], outs[1], errs[0], errs[1]})
        close(fd);
      std::vector<char*> arguments;
      for (std::string& word : words)
        arguments.push_back(word.data());
      arguments.push_back(nullptr);
      execvp(arguments[0], arguments.data());
      _exit(127);
    }
    close(outs[1]);
    close(errs[1]);
    out = outs[0];
    err = errs[0];
  }
  static std::string rest_of(int fd) {
    std::string text;
    std::array<char, 4096> buffer{};
    for (ssize_t count; (count = read(fd, buffer.data(), buffer.size())) > 0;)
      text.append(buffer.data(), static_cast<std::size_t>(count));
    return text;
  }
  std::string line_of_err() {
    std::string line;
    for (char byte = 0; read(err, &byte, 1) == 1 && byte != '\n';)
      line.push_back(byte);
    return line;
  }
  int wait() {
    int status = 0;
    waitpid(pid, &status, 0);
    close(out);
    close(err);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }
};

std::string kit(const std::string& name) { return std::string(GV_KITS) + "/" + name; }

bool gdb_is_here() { return std::system("gdb --version >/dev/null 2>&1") == 0; }
#define NEEDS_GDB()   \
  if (!gdb_is_here()) \
  GTEST_SKIP() << "no gdb here; scripts/setup test installs it"

// Runs the commands and returns all that gdb said. `value("name", expression)` lines come back
// in `values`.
struct GdbRun {
  std::string said;
  std::map<std::string, std::uint64_t> values;
};
std::string value(const std::string& name, const std::string& expression) {
  return "printf \"VALUE " + name + " %u\\n\", (unsigned)(" + expression + ")\n";
}
// `first`: commands before it connects.
GdbRun run_gdb(std::uint16_t port, const std::string& commands,
               const std::string& symbols = "tinykernel.elf", const std::string& first = "") {
  const TemporaryFolder folder;
  const std::string script = folder.file("commands.gdb");
  std::ofstream(script) << "set pagination off\nset confirm off\nset debuginfod enabled off\n"
                        << "set remotetimeout 60\nset tcp connect-timeout 30\n"
                        << first << "target remote 127.0.0.1:" << port << "\n"
                        << commands;
  Child gdb({"gdb", "-q", "-nx", "-batch", "-x", script, kit(symbols)});
  GdbRun run;
  run.said = Child::rest_of(gdb.out);
  run.said += Child::rest_of(gdb.err);
  EXPECT_EQ(gdb.wait(), 0) << run.said;
  for (std::size_t at = run.said.find("VALUE "); at != std::string::npos;
       at = run.said.find("VALUE ", at + 1)) {
    char name[64] = "";
    unsigned long long number = 0;
    if (std::sscanf(run.said.c_str() + at, "VALUE %63s %llu", name, &number) == 2)
      run.values[name] = number;
  }
  return run;
}

struct Machine {
  std::shared_ptr<Session> session;
  std::unique_ptr<GdbServer> server;

  explicit Machine(TechniqueKind technique, const char* name = "tinykernel") {
    auto created = Session::create(config_of_kit(name, technique));
    EXPECT_TRUE(created) << created.error().message;
    session = std::move(*created);
    server = std::move(*GdbServer::listen(0));
    server->serve(session);
  }
  // Where gdb left it.
  std::shared_ptr<const Snapshot> left() const { return session->snapshot(); }
};

// The entry of the timer's interrupt, from the guest's own IDT.
const std::string kHandler =
    "set $door = (*(int*)($idt_base+256) & 0xffff) | (*(int*)($idt_base+260) & 0xffff0000)\n";

class RealGdb : public testing::TestWithParam<TechniqueKind> {};

TEST_P(RealGdb, BreaksInTheTimerHandlerAndSeesTheRegistersThatTheSessionShows) {
  NEEDS_GDB();
  Machine machine(GetParam());
  std::string commands = value("start", "$eip") + "break timer_tick\ncontinue\nbacktrace 1\n";
  const char* names[] = {"eax",    "ecx", "edx", "ebx", "esp", "ebp", "esi", "edi", "eip",
                         "eflags", "cs",  "ss",  "ds",  "es",  "cr0", "cr2", "cr3", "idt_base"};
  for (const char* name : names)
    commands += value(name, std::string("$") + name);
  const GdbRun gdb = run_gdb(machine.server->port(), commands + "detach\n");
  EXPECT_NE(gdb.said.find("Breakpoint 1, "), std::string::npos) << gdb.said;
  EXPECT_NE(gdb.said.find("#0  0x"), std::string::npos) << gdb.said;
  EXPECT_NE(gdb.said.find("in timer_tick ()"), std::string::npos) << gdb.said;
  EXPECT_EQ(machine.server->farewell(), Attachment::Detached);

  const RegisterFile r = machine.left()->registers;
  const std::uint64_t expected[] = {r[Gpr::Ax],
                                    r[Gpr::Cx],
                                    r[Gpr::Dx],
                                    r[Gpr::Bx],
                                    r[Gpr::Sp],
                                    r[Gpr::Bp],
                                    r[Gpr::Si],
                                    r[Gpr::Di],
                                    r.rip,
                                    r.rflags,
                                    r[SegmentName::Cs].selector,
                                    r[SegmentName::Ss].selector,
                                    r[SegmentName::Ds].selector,
                                    r[SegmentName::Es].selector,
                                    r.cr0,
                                    r.cr2,
                                    r.cr3,
                                    r.idtr.base};
  auto values = gdb.values;
  for (std::size_t i = 0; i < std::size(names); ++i)
    EXPECT_EQ(values[names[i]], expected[i] & 0xffffffffu) << names[i] << "\n" << gdb.said;
  for (const Symbol& symbol : machine.session->symbols()) {
    if (symbol.name == "_start") {
      EXPECT_EQ(values["start"], symbol.address.value);
    }
    if (symbol.name == "timer_tick") {
      EXPECT_EQ(values["eip"], symbol.address.value);
    }
  }
}

TEST_P(RealGdb, StepsBackOverTheInterruptAndForwardAgain) {
  NEEDS_GDB();
  Machine machine(GetParam());
  const GdbRun gdb = run_gdb(
      machine.server->port(),
      "break timer_tick\ncontinue\n" + kHandler + value("door", "$door") +
          "break *$door\nreverse-continue\n" + value("at_door", "$eip") + value("inside", "$cs") +
          "reverse-stepi\n" + value("before", "$eip") + value("flags", "$eflags") + "stepi\n" +
          value("stepped", "$eip") + "reverse-stepi\n" + value("before2", "$eip") +
          "reverse-stepi\nstepi\n" + value("before3", "$eip") + "continue\n" +
          value("door_again", "$eip") + "continue\n" + value("tick", "$eip") +
          value("wanted", "(unsigned)&timer_tick") + "detach\n");
  auto v = gdb.values;
  EXPECT_EQ(v["at_door"], v["door"]) << gdb.said;
  EXPECT_NE(v["before"], v["door"]) << gdb.said;
  EXPECT_NE(v["flags"] & 0x200, 0u) << "an interrupt came with IF clear\n" << gdb.said;
  // One instruction of the handler has run when one has retired.
  EXPECT_EQ(v["stepped"], v["door"] + 2) << gdb.said;
  EXPECT_EQ(v["before2"], v["before"]) << gdb.said;
  EXPECT_EQ(v["before3"], v["before"]) << gdb.said;
  EXPECT_EQ(v["door_again"], v["door"]) << gdb.said;
  EXPECT_EQ(v["tick"], v["wanted"]) << gdb.said;
}

TEST_P(RealGdb, GoesBackToAnEarlierHitAndToTheBeginning) {
  NEEDS_GDB();
  Machine machine(GetParam());
  const std::string ticks = "*(unsigned*)&depth";
  const GdbRun gdb = run_gdb(
      machine.server->port(),
      "break timer_tick\ncontinue\n" + value("esp1", "$esp") + value("eax1", "$eax") +
          "continue\ncontinue\n" + value("esp3", "$esp") + "reverse-continue\nreverse-continue\n" +
          value("esp", "$esp") + value("eax", "$eax") + value("pc", "$eip") +
          "delete\nreverse-continue\n" + value("begin", "$eip") + "detach\n");
  auto v = gdb.values;
  EXPECT_EQ(v["esp"], v["esp1"]) << gdb.said;
  EXPECT_EQ(v["eax"], v["eax1"]) << gdb.said;
  // gdb 13 says it in the first way, gdb 16 in the second.
  EXPECT_TRUE(gdb.said.find("No more reverse-execution history") != std::string::npos ||
              gdb.said.find("Reached end of recorded history") != std::string::npos)
      << gdb.said;
  EXPECT_EQ(machine.left()->position.retired, 0u);
}

TEST_P(RealGdb, WatchesAVariableOfTheKernel) {
  NEEDS_GDB();
  Machine machine(GetParam());
  const GdbRun gdb = run_gdb(
      machine.server->port(),
      "break timer_tick\ncontinue\ndelete\nwatch *(int*)&depth\n" +
          value("before", "*(int*)&depth") + "continue\n" + value("after", "*(int*)&depth") +
          "continue\n" + value("second", "*(int*)&depth") + "reverse-continue\n" +
          value("back", "*(int*)&depth") + "rwatch *(int*)&depth\ndelete 2\ncontinue\n" +
          value("read_at", "$eip") + "detach\n");
  auto v = gdb.values;
  EXPECT_NE(gdb.said.find("Old value = "), std::string::npos) << gdb.said;
  EXPECT_NE(v["after"], v["before"]) << gdb.said;
  EXPECT_NE(v["second"], v["after"]) << gdb.said;
  EXPECT_EQ(v["back"], v["after"]) << gdb.said;
  EXPECT_NE(gdb.said.find("Hardware read watchpoint 3"), std::string::npos) << gdb.said;
}

TEST_P(RealGdb, ReadsAProgramsMemoryWhereTheProgramRuns) {
  NEEDS_GDB();
  Machine machine(GetParam());
  // Linked at 1 GiB, mapped by the kernel when the program starts: unmapped before.
  const GdbRun gdb =
      run_gdb(machine.server->port(),
              "add-symbol-file " + kit("tinykernel-programs/primes.elf") +
                  "\ntbreak say\ncontinue\nx/2i $eip\n" + value("cs", "$cs") + value("pc", "$eip") +
                  value("symbol", "(unsigned)&say") + value("word", "*(unsigned*)$eip") +
                  value("stack", "*(unsigned*)$esp") + value("kernel", "*(unsigned*)0x00100000") +
                  "detach\n");
  auto v = gdb.values;
  EXPECT_EQ(v["pc"], v["symbol"]) << gdb.said;
  EXPECT_EQ(v["cs"] & 3, 3u) << gdb.said;
  EXPECT_EQ(v["stack"] >> 28, 4u) << "the return address lies in the program\n" << gdb.said;
  EXPECT_NE(v["word"], 0u) << gdb.said;
}

TEST_P(RealGdb, MonitorShowsTheHypervisor) {
  NEEDS_GDB();
  Machine machine(GetParam());
  const GdbRun gdb =
      run_gdb(machine.server->port(),
              "break timer_tick\ncontinue\nmonitor ledger\nmonitor cr\ninfo threads\n"
              "monitor exits 2\ndetach\n");
  EXPECT_NE(gdb.said.find("all exits"), std::string::npos) << gdb.said;
  EXPECT_NE(gdb.said.find("the CPU's own"), std::string::npos) << gdb.said;
  EXPECT_NE(gdb.said.find("vCPU 0"), std::string::npos) << gdb.said;
}

INSTANTIATE_TEST_SUITE_P(Techniques, RealGdb,
                         testing::Values(TechniqueKind::BareMetal, TechniqueKind::TrapAndEmulate,
                                         TechniqueKind::BinaryTranslation),
                         [](const auto& technique) { return identifier(technique.param); });

// gdb connects in 64-bit mode, as to any long-mode kernel, and so finds 64-bit registers.
TEST(RealGdbInLongMode, StepsBackwardsThroughA64BitKernelOnUnicorn) {
  NEEDS_GDB();
  Machine machine(TechniqueKind::HardwareAssisted, "tinykernel64");
  for (const Symbol& symbol : machine.session->symbols()) {
    if (symbol.name == "timer_tick") {
      Breakpoint tick;
      tick.where = AtAddress{symbol.address};
      gv::Run run;
      run.until.push_back(tick);
      ASSERT_EQ(machine.session->perform(run).cause, StopCause::BreakpointHit);
    }
  }
  const RegisterFile r = machine.left()->registers;
  const GdbRun gdb = run_gdb(
      machine.server->port(),
      value("rsp_low", "$rsp") + value("r8_high", "$r8 >> 32") + value("r15", "$r15") +
          value("rip", "$rip") + "stepi\nstepi\n" + value("on", "$rip") +
          "reverse-stepi\nreverse-stepi\n" + value("back", "$rip") +
          "break timer_tick\ncontinue\nreverse-continue\n" + value("first", "$rip") + "detach\n",
      "tinykernel64.elf", "set architecture i386:x86-64\n");
  auto v = gdb.values;
  EXPECT_EQ(v["rip"], r.rip) << gdb.said;
  EXPECT_EQ(v["rsp_low"], r[Gpr::Sp] & 0xffffffff) << gdb.said;
  EXPECT_EQ(v["r8_high"], r[Gpr::R8] >> 32) << gdb.said;
  EXPECT_EQ(v["r15"], r[Gpr::R15] & 0xffffffff) << gdb.said;
  EXPECT_NE(v["on"], r.rip) << gdb.said;
  EXPECT_EQ(v["back"], r.rip) << gdb.said;
  EXPECT_EQ(v["first"], r.rip) << gdb.said;
}

// The program: `glassvisor boot tinykernel --gdb 0`.
struct Boot {
  Child child;
  std::uint16_t port = 0;
  explicit Boot(std::vector<std::string> more)
      : child([&] {
          std::vector<std::string> words = {GV_PROGRAM, "boot", "tinykernel", "--gdb", "0"};
          words.insert(words.end(), more.begin(), more.end());
          return words;
        }()) {
    const std::string line = child.line_of_err();
    const std::string mark = "127.0.0.1:";
    const auto at = line.find(mark);
    EXPECT_NE(at, std::string::npos) << line;
    if (at != std::string::npos)
      port = static_cast<std::uint16_t>(std::stoi(line.substr(at + mark.size())));
  }
};

TEST(BootWithGdb, ADetachedGuestEndsAsOneThatNobodyWatched) {
  NEEDS_GDB();
  Child plain({GV_PROGRAM, "boot", "tinykernel", "--json"});
  const auto expected = nlohmann::json::parse(Child::rest_of(plain.out));
  EXPECT_EQ(plain.wait(), 0);
  Boot boot({"--json"});
  run_gdb(boot.port,
          "break timer_tick\ncontinue\ncontinue\nreverse-stepi\nstepi\nstepi\n"
          "watch *(int*)&depth\ncontinue\ncontinue\nreverse-continue\ndetach\n");
  const auto result = nlohmann::json::parse(Child::rest_of(boot.child.out));
  EXPECT_EQ(boot.child.wait(), 0);
  for (const char* field : {"state_hash", "event_log_hash", "retired", "console", "ledger"})
    EXPECT_EQ(result[field], expected[field]) << field;
}

TEST(BootWithGdb, TheConsoleStaysOnStdoutAndIsWrittenOnce) {
  NEEDS_GDB();
  Child plain({GV_PROGRAM, "boot", "tinykernel"});
  const std::string expected = Child::rest_of(plain.out);
  plain.wait();
  Boot boot({});
  run_gdb(boot.port, "continue\nreverse-continue\ncontinue\ndetach\n");
  EXPECT_EQ(Child::rest_of(boot.child.out), expected);
  EXPECT_EQ(boot.child.wait(), 0);
}

TEST(BootWithGdb, AnEngineThatCannotStepIsRefusedWithTheReason) {
  Child refused({GV_PROGRAM, "boot", "tinykernel", "--gdb", "0", "--engine", "kvm", "--technique",
                 "hardware-assisted"});
  const std::string said = Child::rest_of(refused.err);
  EXPECT_EQ(refused.wait(), 5) << said;
  EXPECT_NE(said.find("kvm"), std::string::npos) << said;
}

TEST(BootWithGdb, KillEndsTheProgramAndCtrlCDoesToo) {
  NEEDS_GDB();
  Boot killed({});
  run_gdb(killed.port, "stepi\nkill\n");
  EXPECT_EQ(killed.child.wait(), 3);
  Boot interrupted({});
  kill(interrupted.child.pid, SIGINT);
  EXPECT_EQ(interrupted.child.wait(), 3);
}

}  // namespace
}  // namespace gv::gdb
