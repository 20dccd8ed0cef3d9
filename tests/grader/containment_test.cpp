// SPDX-License-Identifier: MIT
//
// containment_test.cpp - what native code inside the sandbox cannot do.

#include "grader/assembler.h"
#include "grader/contained_process.h"
#include "grader/sanitized.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

namespace gv {
namespace {

Containment small() {
  Containment containment;
  containment.cpu_seconds = 1;
  containment.wall = std::chrono::seconds(60);  // a second of processor time, on a busy machine
  containment.output_bytes = 1000;
  return containment;
}

std::unique_ptr<ContainedProcess> start(const std::string& attack,
                                        Containment containment = small(),
                                        const std::atomic<bool>* interrupted = nullptr) {
  auto process = ContainedProcess::start(GV_HOSTILE_WORKER, {attack}, containment, interrupted);
  if (!process) {
    ADD_FAILURE() << process.error().message;
    return nullptr;
  }
  return std::move(*process);
}

// Whether the attack says that the kernel refused it, and the process lives on to say so.
bool refused(const std::string& attack) {
  const auto process = start(attack);
  const auto answer = process->ask({{{"ask", "?"}}, {}});
  if (!answer) {
    ADD_FAILURE() << attack << ": " << process->ending_text() << "\n" << process->output();
    return false;
  }
  return answer->head.value("refused", false);
}

Ending ending_of(const std::string& attack) {
  const auto process = start(attack);
  process->ask({{{"ask", "?"}}, {}});
  EXPECT_NE(process->ending(), Ending::Running) << attack;
  return process->ending();
}

class ForbiddenCall : public testing::TestWithParam<const char*> {};

TEST_P(ForbiddenCall, EndsTheProcessAndNothingElse) {
  EXPECT_EQ(ending_of(GetParam()), Ending::Forbidden);
}

INSTANTIATE_TEST_SUITE_P(Attacks, ForbiddenCall,
                         testing::Values("fork", "fork-bomb", "exec", "kill-parent", "kill-all",
                                         "socket", "ptrace"));

TEST(Containment, RefusesToOpenAnyFile) {
  EXPECT_TRUE(refused("read-file"));
  EXPECT_TRUE(refused("write-file"));
  EXPECT_FALSE(std::filesystem::exists("/tmp/glassvisor-was-here"));
}

TEST(Containment, RefusesExecutableMemoryToAScript) { EXPECT_TRUE(refused("executable-memory")); }

TEST(Containment, RefusesTenGigabytes) {
  if (kSanitized)
    GTEST_SKIP() << "a sanitizer needs the address space that the limit would deny";
  EXPECT_TRUE(refused("ten-gigabytes"));
}

TEST(Containment, RefusesToRaiseItsOwnLimits) { EXPECT_TRUE(refused("raise-limits")); }

TEST(Containment, AllowsThreadsToAMachine) { EXPECT_TRUE(refused("thread")) << "the thread ran"; }

TEST(Containment, EndsALoopAtItsProcessorTime) { EXPECT_EQ(ending_of("spin"), Ending::CpuSpent); }

TEST(Containment, EndsASleeperAtTheSafetyClock) {
  Containment containment = small();
  containment.wall = std::chrono::milliseconds(300);
  for (const char* attack : {"sleep", "close-and-hang"}) {
    const auto process = start(attack, containment);
    process->ask({{{"ask", "?"}}, {}});
    EXPECT_EQ(process->ending(), Ending::WallSpent) << attack;
  }
}

TEST(Containment, NamesTheSignalOfACrash) {
  if (kSanitized)
    GTEST_SKIP() << "a sanitizer takes the signal and ends with a status";
  const auto crashed = start("crash");
  crashed->ask({{{"ask", "?"}}, {}});
  EXPECT_EQ(crashed->ending(), Ending::Signalled);
  EXPECT_NE(crashed->ending_text().find("signal"), std::string::npos) << crashed->ending_text();
  EXPECT_EQ(ending_of("abort"), Ending::Signalled);
}

TEST(Containment, NamesTheStatusOfAnEarlyEnd) {
  const auto process = start("leave");
  process->ask({{{"ask", "?"}}, {}});
  EXPECT_EQ(process->ending(), Ending::Exited);
  EXPECT_EQ(process->exit_status(), 7);
}

TEST(Containment, KeepsTheBeginningOfAFloodAndEndsIt) {
  const auto process = start("flood");
  process->ask({{{"ask", "?"}}, {}});
  EXPECT_TRUE(process->ending() == Ending::CpuSpent || process->ending() == Ending::WallSpent)
      << process->ending_text();
  EXPECT_EQ(process->output().size(), 1000u);
  EXPECT_TRUE(process->output_truncated());
}

TEST(Containment, TakesRubbishOnTheChannelForWhatItIs) {
  EXPECT_EQ(ending_of("garbage"), Ending::Incoherent);
  EXPECT_EQ(ending_of("not-json"), Ending::Incoherent);
  EXPECT_EQ(ending_of("half"), Ending::Exited);
}

TEST(Containment, ReportsAProgramThatIsNotThere) {
  const auto process = ContainedProcess::start("/nowhere/worker", {}, small(), nullptr);
  ASSERT_FALSE(process);
  EXPECT_NE(process.error().message.find("/nowhere/worker"), std::string::npos);
}

TEST(Containment, EndsAtOnceWhenGradingIsInterrupted) {
  std::atomic<bool> interrupted = false;
  const auto process = start("sleep", small(), &interrupted);
  std::thread interrupter([&] { interrupted = true; });
  process->ask({{{"ask", "?"}}, {}});
  interrupter.join();
  EXPECT_EQ(process->ending(), Ending::Interrupted);
}

TEST(MessageDecoder, RefusesALengthThatItWouldNotStore) {
  MessageDecoder decoder;
  const std::string header("\xff\xff\xff\x7f\0\0\0\0", 8);
  decoder.append(header.data(), header.size());
  EXPECT_FALSE(decoder.take());
  EXPECT_TRUE(decoder.broken());
}

TEST(MessageDecoder, GivesBackWhatWasEncodedByteByByte) {
  const Message message{{{"ask", "load"}, {"number", 42}}, std::string("a\0b", 3)};
  MessageDecoder decoder;
  const std::string bytes = encode(message) + encode(message);
  int taken = 0;
  for (const char byte : bytes) {
    decoder.append(&byte, 1);
    if (const auto got = decoder.take()) {
      ++taken;
      EXPECT_EQ(got->head, message.head);
      EXPECT_EQ(got->bytes, message.bytes);
    }
  }
  EXPECT_EQ(taken, 2);
}

Assembly assembled(const std::string& source) {
  auto assembly = assemble(GV_WORKER, "guest.asm", source, {}, nullptr);
  if (!assembly) {
    ADD_FAILURE() << assembly.error().message;
    return {};
  }
  return *assembly;
}

TEST(Assembler, MakesAFlatImage) {
  const Assembly assembly = assembled("bits 32\norg 0x100000\ncli\nhlt\n");
  ASSERT_TRUE(assembly.ok()) << assembly.problem;
  EXPECT_EQ(assembly.image, "\xfa\xf4");
}

TEST(Assembler, SaysWhatNasmSaysAboutABadLine) {
  const Assembly assembly = assembled("bits 32\n\nmov eax, [eax\n");
  EXPECT_FALSE(assembly.ok());
  EXPECT_NE(assembly.problem.find("guest.asm:3"), std::string::npos) << assembly.problem;
}

TEST(Assembler, CannotReadFilesForASource) {
  for (const char* line : {"incbin \"/etc/passwd\"", "%include \"/etc/passwd\"",
                           "incbin \"" GV_GRADER_TESTS "/exercises/double/solution/answer.lua\"",
                           "%define word(a) %+ a\nincbin `/proc/self/environ`"}) {
    const Assembly assembly = assembled(std::string("bits 32\nhlt\n") + line + "\n");
    EXPECT_FALSE(assembly.ok()) << line;
    EXPECT_EQ(assembly.problem.find("root:"), std::string::npos) << assembly.problem;
  }
}

TEST(Assembler, OutlivesAMacroThatNeverEnds) {
  const Assembly assembly = assembled("%rep 100000000\n%rep 100000000\nnop\n%endrep\n%endrep\n");
  EXPECT_FALSE(assembly.ok());
  EXPECT_FALSE(assembly.problem.empty());
}

TEST(Assembler, RefusesAnImageThatFillsTheDisk) {
  const Assembly assembly = assembled("times 100000000 db 1\n");
  EXPECT_FALSE(assembly.ok());
}

}  // namespace
}  // namespace gv
