// SPDX-License-Identifier: MIT
//
// Exit codes, what goes to stdout and what to stderr, and one sentence for each mistake.

#include "lesson/temporary_folder.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fcntl.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <csignal>

namespace gv {
namespace {

struct Outcome {
  int code = -1;
  std::string out, err;
};

struct Call {
  std::vector<std::string> words;
  std::string input;
  std::string interrupt_after;  // sends SIGINT once stdout contains this
};

// Runs the program with pipes for all three streams.
Outcome call(const Call& asked) {
  int in[2], out[2], err[2];
  EXPECT_EQ(pipe(in) + pipe(out) + pipe(err), 0);
  const pid_t child = fork();
  if (child == 0) {
    dup2(in[0], 0);
    dup2(out[1], 1);
    dup2(err[1], 2);
    for (int fd : {in[0], in[1], out[0], out[1], err[0], err[1]})
      close(fd);
    std::vector<char*> words = {const_cast<char*>(GV_PROGRAM)};
    for (const std::string& word : asked.words)
      words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    execv(GV_PROGRAM, words.data());
    _exit(127);
  }
  close(in[0]);
  close(out[1]);
  close(err[1]);
  if (!asked.input.empty()) {
    EXPECT_EQ(write(in[1], asked.input.data(), asked.input.size()),
              static_cast<ssize_t>(asked.input.size()));
  }
  // With no input the pipe stays open: a program that waits for it would hang here.
  Outcome outcome;
  std::array<pollfd, 2> streams = {pollfd{out[0], POLLIN, 0}, pollfd{err[0], POLLIN, 0}};
  bool interrupted = false;
  while (streams[0].fd >= 0 || streams[1].fd >= 0) {
    poll(streams.data(), streams.size(), -1);
    for (std::size_t i = 0; i < 2; ++i) {
      if (streams[i].fd < 0 || streams[i].revents == 0)
        continue;
      std::array<char, 65536> buffer{};
      const ssize_t count = read(streams[i].fd, buffer.data(), buffer.size());
      if (count <= 0) {
        streams[i].fd = -1;
      } else {
        (i == 0 ? outcome.out : outcome.err).append(buffer.data(), static_cast<std::size_t>(count));
      }
    }
    if (!interrupted && !asked.interrupt_after.empty() &&
        outcome.out.find(asked.interrupt_after) != std::string::npos) {
      interrupted = true;
      kill(child, SIGINT);
    }
  }
  close(in[1]);
  close(out[0]);
  close(err[0]);
  int status = 0;
  waitpid(child, &status, 0);
  outcome.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return outcome;
}
Outcome call(std::vector<std::string> words) { return call(Call{std::move(words), "", ""}); }

bool is_one_sentence(const std::string& text) {
  return text.rfind("glassvisor: ", 0) == 0 && text.find('\n') == text.size() - 1;
}

TEST(Boot, PrintsTheGuestsConsoleAloneOnStdout) {
  const Outcome outcome = call({"boot", "tinykernel"});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_EQ(outcome.out.rfind("tinykernel\n", 0), 0u) << outcome.out;
  EXPECT_NE(outcome.out.find("tinykernel: done\n"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("glassvisor"), std::string::npos);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST(Boot, BothTechniquesPrintTheSameTextAndDifferInTheLedger) {
  const Outcome trapped = call({"boot", "tinykernel", "--technique", "trap-and-emulate", "--json"});
  const Outcome bare = call({"boot", "tinykernel", "--technique", "bare-metal", "--json"});
  ASSERT_EQ(trapped.code, 0) << trapped.err;
  ASSERT_EQ(bare.code, 0) << bare.err;
  const auto a = nlohmann::json::parse(trapped.out), b = nlohmann::json::parse(bare.out);
  EXPECT_EQ(a["console"], b["console"]);
  EXPECT_EQ(a["technique"], "trap-and-emulate");
  EXPECT_EQ(b["technique"], "bare-metal");
  EXPECT_EQ(b["ledger"]["total_exits"], 0) << "nobody waits for exits on the bare machine";
  EXPECT_GT(a["ledger"]["exits"]["privileged-instruction"]["count"].get<int>(), 100);
  EXPECT_GT(a["ledger"]["shadow_misses"].get<int>(), 10);
  for (const char* key : {"exit_reason", "cause", "retired", "virtual_time_ns", "state_hash",
                          "event_log_hash", "engine"}) {
    EXPECT_TRUE(a.contains(key)) << key;
  }
  EXPECT_EQ(a["state_hash"].get<std::string>().size(), 16u);
}

TEST(Boot, TwoRunsGiveByteIdenticalTraces) {
  TemporaryFolder folder;
  for (const char* name : {"a.trace", "b.trace"}) {
    const Outcome outcome =
        call({"boot", "tinykernel", "--max-instructions", "3000000", "--trace", folder.file(name)});
    EXPECT_EQ(outcome.code, 3) << outcome.err;
  }
  const std::string a = contents_of(folder.file("a.trace"));
  EXPECT_GT(a.size(), 10'000u);
  EXPECT_TRUE(a == contents_of(folder.file("b.trace"))) << "the traces differ";
}

TEST(Boot, RefusesToFollowAGuestIntoLongModeByTrapsAndSaysWhy) {
  const Outcome outcome = call({"boot", "tinykernel64"});
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_NE(outcome.err.find("64-bit code has no segment limits"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(outcome.out, "");
}

TEST(Boot, RefusesSixtyFourBitCodeToClassicalTechniquesAndNamesWhatHasIt) {
  const Outcome outcome = call({"boot", "tinykernel64", "--technique", "trap-and-emulate"});
  EXPECT_EQ(outcome.code, 5) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_NE(outcome.err.find("--engine interpreter"), std::string::npos) << outcome.err;
}

TEST(Boot, ControlsSayWhatExitsUnderEmulatedVtx) {
  const std::vector<std::string> words = {"boot", "tinykernel", "--technique", "hardware-assisted",
                                          "--json"};
  const auto exits_of = [&](const std::string& controls) {
    std::vector<std::string> all = words;
    if (!controls.empty())
      all.insert(all.end(), {"--controls", controls});
    const Outcome outcome = call(all);
    EXPECT_EQ(outcome.code, 0) << outcome.err;
    return nlohmann::json::parse(outcome.out)["ledger"]["exits"];
  };
  const auto usual = exits_of("");
  const auto chosen = exits_of("no-hlt,control-registers,ports=0x3f8+0x20,exceptions=14");
  EXPECT_GT(usual["halt"]["count"].get<int>(), 0);
  EXPECT_EQ(usual["control-register"]["count"], 0);
  EXPECT_EQ(usual["page-fault"]["count"], 0);
  EXPECT_EQ(chosen["halt"]["count"], 0);
  EXPECT_GT(chosen["control-register"]["count"].get<int>(), 0);
  EXPECT_GT(chosen["page-fault"]["count"].get<int>(), 0);
  EXPECT_LT(chosen["port-write"]["count"].get<int>(), usual["port-write"]["count"].get<int>());
  const auto shadowed = exits_of("no-nested-paging");
  EXPECT_GT(shadowed["control-register"]["count"].get<int>(), 0);
  EXPECT_GT(shadowed["page-fault"]["count"].get<int>(), 0);
}

TEST(Boot, SaysWhatCannotBeRunWithoutNestedPaging) {
  for (const char* guest : {"tinykernel64", "bootsector"}) {
    const Outcome outcome =
        call({"boot", guest, "--technique", "hardware-assisted", "--controls", "no-nested-paging"});
    EXPECT_EQ(outcome.code, 5) << outcome.err;
    EXPECT_NE(outcome.err.find("leave the control nested paging on"), std::string::npos)
        << outcome.err;
  }
}

TEST(Boot, NamesAControlThatIsNone) {
  for (const char* wrong :
       {"cpuid", "no-ports=1", "ports=0x10000", "exceptions=32", "hlt,rdtscp"}) {
    const Outcome outcome =
        call({"boot", "tinykernel", "--technique", "hardware-assisted", "--controls", wrong});
    EXPECT_EQ(outcome.code, 2) << wrong;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_NE(outcome.err.find("there are external-interrupts"), std::string::npos) << outcome.err;
  }
  const Outcome elsewhere = call({"boot", "tinykernel", "--controls", "hlt"});
  EXPECT_EQ(elsewhere.code, 2);
  EXPECT_NE(elsewhere.err.find("those of emulated VT-x"), std::string::npos) << elsewhere.err;
}

TEST(Boot, FindsAGuestOfADebianPackageByItsName) {
  TemporaryFolder folder;
  const Outcome outcome = call({"boot", "invaders", "--max-instructions", "3000000",
                                "--screen-text", folder.file("screen.txt")});
  if (outcome.code == 2) {
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_NE(outcome.err.find("apt-get install grub-invaders"), std::string::npos) << outcome.err;
    GTEST_SKIP() << outcome.err;
  }
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_NE(contents_of(folder.file("screen.txt")).find("-*-"), std::string::npos);
}

TEST(Boot, StopsWhenTheConsoleMatches) {
  const Outcome found = call({"boot", "tinykernel", "--until", "paging: on"});
  EXPECT_EQ(found.code, 0) << found.err;
  EXPECT_NE(found.out.find("paging: on"), std::string::npos);
  EXPECT_EQ(found.out.find("done"), std::string::npos);
  const Outcome never = call({"boot", "sensitive17", "--until", "no such line"});
  EXPECT_EQ(never.code, 1);
  EXPECT_NE(never.err.find("never matched"), std::string::npos) << never.err;
}

TEST(Boot, ReportsALimitAsThree) {
  const Outcome outcome = call({"boot", "tinykernel", "--max-instructions", "1000", "--json"});
  EXPECT_EQ(outcome.code, 3);
  const auto result = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(result["exit_reason"], "instruction-limit");
  EXPECT_EQ(result["retired"], 1000);
}

TEST(Boot, CtrlCStopsTheGuestAndTheResultIsStillPrinted) {
  const Outcome outcome =
      call(Call{{"boot", "nanobench", "--cmdline", "n=4000000000"}, "", "nanobench"});
  EXPECT_EQ(outcome.code, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("interrupted"), std::string::npos) << outcome.err;
}

TEST(Boot, WritesTheScreen) {
  TemporaryFolder folder;
  const Outcome outcome =
      call({"boot", "bootsector", "--technique", "bare-metal", "--max-instructions", "5000000",
            "--screen-text", folder.file("screen.txt")});
  const std::string screen = contents_of(folder.file("screen.txt"));
  EXPECT_EQ(std::count(screen.begin(), screen.end(), '\n'), 25) << outcome.err;
  EXPECT_NE(screen.find_first_not_of(" \n"), std::string::npos) << "an empty screen";
}

struct BrokenInput {
  const char* name;
  std::vector<std::string> words;
  int code;
  const char* mention;
};
class Refused : public testing::TestWithParam<BrokenInput> {};
TEST_P(Refused, WithOneSentenceAndTheDocumentedCode) {
  const Outcome outcome = call(GetParam().words);
  EXPECT_EQ(outcome.code, GetParam().code) << outcome.err;
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_NE(outcome.err.find(GetParam().mention), std::string::npos) << outcome.err;
  EXPECT_EQ(outcome.out, "");
}
INSTANTIATE_TEST_SUITE_P(
    Inputs, Refused,
    testing::Values(
        BrokenInput{"NoCommand", {}, 2, "--help"},
        BrokenInput{"UnknownCommand", {"fly"}, 2, "--help"},
        BrokenInput{"UnknownOption", {"boot", "tinykernel", "--warp"}, 2, "--warp"},
        BrokenInput{"MissingFile", {"boot", "./no-such.elf"}, 2, "no-such.elf"},
        BrokenInput{"UnknownKit", {"boot", "linux"}, 2, "tinykernel"},
        BrokenInput{
            "UnknownTechnique", {"boot", "tinykernel", "--technique", "magic"}, 2, "bare-metal"},
        BrokenInput{"UnknownEngine", {"boot", "tinykernel", "--engine", "steam"}, 2, "unicorn"},
        BrokenInput{"TechniqueNotHere",
                    {"boot", "tinykernel", "--technique", "interpretation"},
                    5,
                    "interpretation"},
        BrokenInput{"EngineNotHere", {"boot", "tinykernel", "--engine", "kvm"}, 5, "kvm"},
        BrokenInput{"TooLittleMemory", {"boot", "tinykernel", "--memory", "1"}, 2, "memory"},
        BrokenInput{"BadPattern", {"boot", "tinykernel", "--until", "("}, 2, "regular expression"},
        BrokenInput{
            "TraceToNowhere",
            {"boot", "sensitive17", "--trace", "/no/such/folder/t", "--until", "sgdt", "--json"},
            2,
            "/no/such/folder/t"},
        BrokenInput{"UnknownLesson", {"run", "no-such-lesson"}, 2, "01-rings-and-traps"},
        BrokenInput{
            "MissingAnswers", {"run", "01", "--answers", "/no/such.lua"}, 2, "/no/such.lua"},
        BrokenInput{"MissingTrace", {"trace", "export", "/no/such.trace"}, 2, "/no/such.trace"},
        BrokenInput{"UnknownFormat", {"trace", "export", GV_PROGRAM, "--format", "x"}, 2, "csv"},
        BrokenInput{"NotATrace", {"trace", "export", GV_PROGRAM}, 2, "trace"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Boot, RefusesATruncatedElf) {
  TemporaryFolder folder;
  const std::string whole = contents_of(GV_KITS "/tinykernel.elf");
  ASSERT_GT(whole.size(), 5000u);
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{20}, std::size_t{100}, whole.size() / 2}) {
    const std::string path = folder.write("cut.elf", whole.substr(0, size));
    const Outcome outcome = call({"boot", path});
    EXPECT_EQ(outcome.code, 2) << size << ": " << outcome.err;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << size << ": " << outcome.err;
    EXPECT_NE(outcome.err.find(path), std::string::npos) << size << ": " << outcome.err;
  }
}

TEST(Run, ALessonWithASyntaxErrorIsOneSentence) {
  TemporaryFolder folder;
  ASSERT_EQ(call({"lesson", "new", folder.file("mine")}).code, 0);
  folder.write("mine/lesson.lua", "return {\n beats = { {\n");
  const Outcome outcome = call({"run", folder.file("mine")});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
  EXPECT_NE(outcome.err.find("lesson.lua:"), std::string::npos) << outcome.err;
}

TEST(Run, AnswersDecideTheExitCode) {
  TemporaryFolder folder;
  ASSERT_EQ(call({"lesson", "new", folder.file("mine")}).code, 0);
  const Outcome right = call({"run", folder.file("mine"), "--json"});
  EXPECT_EQ(right.code, 0) << right.err;
  const auto result = nlohmann::json::parse(right.out);
  EXPECT_EQ(result["verdict"], "pass");
  EXPECT_EQ(result["event_log_hash"].get<std::string>().size(), 16u);
  const Outcome wrong =
      call({"run", folder.file("mine"), "--answers", folder.file("mine/wrong/ring-0.lua")});
  EXPECT_EQ(wrong.code, 1) << wrong.err;
  EXPECT_NE(wrong.out.find("predict.ring"), std::string::npos);
  EXPECT_EQ(call({"lesson", "check", folder.file("mine"), "--seeds", "1"}).code, 0);
}

TEST(Run, WritesAReport) {
  TemporaryFolder folder;
  const Outcome outcome = call({"run", "01", "--report", folder.file("report.html"), "--transcript",
                                folder.file("transcript.txt"), "--trace", folder.file("t.trace")});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  EXPECT_NE(contents_of(folder.file("report.html")).find("<svg"), std::string::npos);
  EXPECT_NE(contents_of(folder.file("transcript.txt")).find("event-log hash"), std::string::npos);
  EXPECT_EQ(call({"trace", "export", folder.file("t.trace"), "--format", "csv"}).code, 0);
}

TEST(Xl, PrintsWhatAConfigurationAsksForAndWarnsOfWhatCannotBeHad) {
  TemporaryFolder folder;
  const std::string path =
      folder.write("my.cfg",
                   "name = 'web'\nkernel = '/boot/vmlinuz'\nmemory = 128\n"
                   "disk = [ 'phy:/dev/vg/web,xvda,w' ]\npci = [ '01:00.0' ]\n");
  const Outcome outcome = call({"xl", "create", "--dryrun", path});
  EXPECT_EQ(outcome.code, 0) << outcome.err;
  const auto domain = nlohmann::json::parse(outcome.out);
  EXPECT_EQ(domain["memory_mib"], 128);
  EXPECT_EQ(domain["disks"][0]["vdev"], "xvda");
  EXPECT_EQ(outcome.err,
            "glassvisor: " + path +
                ":5: pci is not given: this lab has no real devices to pass through\n");
}

TEST(Xl, RefusesWithOneSentence) {
  TemporaryFolder folder;
  const std::string wrong = folder.write("wrong.cfg", "name = 'web'\nmemroy = 128\n");
  const std::string hvm = folder.write("hvm.cfg", "name = 'web'\ntype = 'hvm'\n");
  const std::string bare = folder.write("bare.cfg", "name = 'web'\n");
  const std::string twin = folder.write("twin.cfg", "name = 'web'\nkernel = 'pvcheck64'\n");
  const std::string disk = folder.write(
      "disk.cfg", "name = 'web'\nkernel = 'pvcheck64'\ndisk = [ 'file:a.img,xvda,w' ]\n");
  const struct {
    std::vector<std::string> words;
    int code;
    std::string says;
  } kCalls[] = {{{"xl", "create", "-n", wrong}, 2, ":2: xl knows no key memroy; is memory meant?"},
                {{"xl", "create", "-n", folder.file("none.cfg")}, 2, "cannot be read"},
                {{"xl", "create", hvm}, 5, "asks for a domain of type hvm"},
                {{"xl", "create", bare}, 2, "boots a kernel of Dom0's"},
                {{"xl", "create", disk}, 5, "no Dom0 runs on this host"},
                {{"xl", "create", twin, twin}, 2, "is another domain's"},
                {{"xl", "create", twin, "-c", "x"}, 2, "none of the domains has that name"},
                {{"xl", "create", twin, "--scheduler", "fair"}, 2, "neither credit nor rr"}};
  for (const auto& asked : kCalls) {
    const Outcome outcome = call(asked.words);
    EXPECT_EQ(outcome.code, asked.code);
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_NE(outcome.err.find(asked.says), std::string::npos) << outcome.err;
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(Xl, RunsTheDomainsOfSeveralConfigurationsOnOneHost) {
  TemporaryFolder folder;
  const std::string wide =
      folder.write("wide.cfg", "name = 'wide'\nkernel = 'pvcheck64'\nmemory = 8\n");
  const std::string narrow =
      folder.write("narrow.cfg", "name = 'narrow'\nkernel = 'pvcheck32'\nmemory = 8\n");
  const std::string busy =
      folder.write("busy.cfg", "name = 'busy'\nkernel = 'pvcheck64'\nextra = 'spin'\nmemory = 8\n");

  const Outcome alone = call({"xl", "create", wide});
  EXPECT_EQ(alone.code, 0) << alone.err;
  EXPECT_NE(alone.out.find("\npvcheck: all passed"), std::string::npos) << alone.out;

  const Outcome both = call({"xl", "create", wide, narrow});
  EXPECT_EQ(both.code, 0) << both.err;
  EXPECT_NE(both.out.find("[wide] pvcheck: all passed\n"), std::string::npos) << both.out;
  EXPECT_NE(both.out.find("[narrow] pvcheck: all passed\n"), std::string::npos) << both.out;
  EXPECT_NE(both.err.find("domain 2 (narrow): poweroff"), std::string::npos) << both.err;

  const Outcome busy_one =
      call({"xl", "create", wide, busy, "--json", "--max-instructions", "150000000"});
  EXPECT_EQ(busy_one.code, 3) << busy_one.err;
  const auto result = nlohmann::json::parse(busy_one.out);
  EXPECT_EQ(result["domains"][0]["state"], "poweroff");
  EXPECT_EQ(result["domains"][1]["state"], "running");
  EXPECT_GT(result["domains"][1]["cpu_time_ns"], 100'000'000);
  EXPECT_GT(result["ledger"]["vcpu_switches"], 0);
}

TEST(Host, RefusesASocketWhereItCannotBe) {
  const Outcome outcome = call({"host", "lab", "--xenstore-socket", "/no/such/folder/socket"});
  EXPECT_EQ(outcome.code, 2);
  EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
}

TEST(Commands, HaveHelpWithExamples) {
  for (const char* command : {"boot", "run", "lesson", "grade"}) {
    const Outcome outcome = call({command, "--help"});
    EXPECT_EQ(outcome.code, 0) << command;
    EXPECT_NE(outcome.out.find("Examples:"), std::string::npos) << command;
  }
}

TEST(Commands, DoctorAndListAreData) {
  const auto doctor = nlohmann::json::parse(call({"doctor", "--json"}).out);
  EXPECT_TRUE(doctor["engines"].is_array());
  EXPECT_EQ(doctor["kits"].size(), 6u);
  const auto lessons = nlohmann::json::parse(call({"lesson", "list", "--json"}).out);
  EXPECT_GE(lessons.size(), 3u);
}

TEST(Cluster, SimulatesADayAsData) {
  for (const char* semantics : {"corrected", "cloudsim-3.0.3"}) {
    const Outcome outcome = call({"cluster", "simulate", "--generate", "100", "--hosts", "100",
                                  "--semantics", semantics, "--json"});
    ASSERT_EQ(outcome.code, 0) << outcome.err;
    const auto day = nlohmann::json::parse(outcome.out);
    for (const char* key : {"energy_kwh", "migrations", "slatah_percent", "pdm_percent",
                            "slav_percent", "host_shutdowns", "lower_bound_kwh"})
      EXPECT_TRUE(day[key].is_number()) << key;
    EXPECT_GT(day["energy_kwh"].get<double>(), 0);
    EXPECT_EQ(day["vms"], 100);
    EXPECT_EQ(outcome.out, call({"cluster", "simulate", "--generate", "100", "--hosts", "100",
                                 "--semantics", semantics, "--json"})
                               .out);
  }
}

TEST(Cluster, SaysWhatIsWrongWithTracesAndNames) {
  TemporaryFolder folder;
  folder.write("day/vm1", "10\n20\n");
  folder.write("day/vm2", "10\ntwenty\n");
  const std::vector<std::pair<std::vector<std::string>, std::string>> mistakes = {
      {{"--traces", folder.file("nowhere")}, folder.file("nowhere") + ": is not there"},
      {{"--traces", folder.file("day")}, folder.file("day") + "/vm2:2: is not a whole percentage"},
      {{}, "give either --traces DIR or --generate N"},
      {{"--generate", "10", "--policy", "best"}, "policy best: is unknown"},
      {{"--generate", "10", "--semantics", "mine"}, "semantics mine: are unknown"},
      {{"--generate", "10", "--workload", "dull"}, "workload dull: is unknown"},
      {{"--generate", "100", "--hosts", "2"}, "2 hosts hold only"},
      {{"--generate", "10", "--hosts", "0"}, "give --hosts from 1"},
  };
  for (const auto& [words, sentence] : mistakes) {
    std::vector<std::string> all{"cluster", "simulate", "--json"};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = call(all);
    EXPECT_EQ(outcome.code, 2) << sentence;
    EXPECT_EQ(outcome.out, "") << sentence;
    EXPECT_TRUE(is_one_sentence(outcome.err)) << outcome.err;
    EXPECT_NE(outcome.err.find(sentence), std::string::npos) << outcome.err;
  }
}

TEST(Cluster, HasHelpThatListsThePolicies) {
  const Outcome outcome = call({"cluster", "simulate", "--help"});
  EXPECT_EQ(outcome.code, 0);
  for (const char* word : {"Examples:", "lr-mmt-1.2", "ours", "cloudsim-3.0.3"})
    EXPECT_NE(outcome.out.find(word), std::string::npos) << word;
}

// What the headless program is linked with, by name, from its own dynamic section.
TEST(Program, LinksNoWindowSystem) {
  const std::string program = contents_of(GV_PROGRAM);
  for (const char* library :
       {"libGL.so", "libglfw", "libX11", "libwayland", "libOpenGL", "libEGL"}) {
    EXPECT_EQ(program.find(library), std::string::npos) << library;
  }
}

}  // namespace
}  // namespace gv
