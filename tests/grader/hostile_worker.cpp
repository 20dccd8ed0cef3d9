// SPDX-License-Identifier: MIT
//
// hostile_worker.cpp - a worker as a submission would like it: owned by native code.
//
// Lua has no way to say fork() or kill(). Should a bug in Lua or in the engine
// ever give one, this is what it could try; the containment tests run each of
// these inside the sandbox and look at what became of it.

#include "grader/message.h"
#include "grader/sandbox.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

// Looking for leaks at the end takes a process of its own, which the sandbox takes for an attack.
extern "C" const char* __asan_default_options();
extern "C" const char* __asan_default_options() { return "detect_leaks=0"; }

namespace {

using gv::kChannelDescriptor;

// The answer to the one question of a test: whether the attack was refused.
int report(bool refused) {
  gv::MessageDecoder decoder;
  const auto question = gv::receive_message(kChannelDescriptor, decoder);
  if (!question)
    return 1;
  gv::send_message(kChannelDescriptor, {{{"refused", refused}}, {}});
  return 0;
}

// Answers every question with what a cheat would like the grader to read.
int forge() {
  gv::MessageDecoder decoder;
  while (gv::receive_message(kChannelDescriptor, decoder)) {
    gv::send_message(kChannelDescriptor,
                     {{{"ok", true},
                       {"verdict", "pass"},
                       {"score", 1000},
                       {"points", 1000},
                       {"values", {true, {{"verdict", "pass"}, {"score", 1000}}}},
                       {"answers", {{{"values", {true}}}, {{"values", {{{"score", 1}}}}}}},
                       {"run", {{"exits", {{{"did", "pass"}}}}, {"ended", "pass"}}}},
                      {}});
  }
  return 0;
}

int attack(const std::string& what) {
  if (what == "play" || what == "forge")
    return forge();
  if (what == "fork")
    return fork() == 0 ? 0 : report(true);
  if (what == "fork-bomb")
    while (true)
      static_cast<void>(fork());
  if (what == "exec")
    return execl("/bin/true", "true", nullptr);
  if (what == "kill-parent")
    return report(kill(getppid(), SIGKILL) != 0);
  if (what == "kill-all")
    return report(kill(-1, SIGKILL) != 0);
  if (what == "socket")
    return report(socket(AF_INET, SOCK_STREAM, 0) < 0);
  if (what == "ptrace")
    return report(ptrace(PTRACE_ATTACH, 1, 0, 0) < 0);
  if (what == "read-file")
    return report(open("/etc/passwd", O_RDONLY) < 0);
  if (what == "write-file") {
    return report(open("/tmp/glassvisor-was-here", O_WRONLY | O_CREAT, 0600) < 0);
  }
  if (what == "executable-memory") {
    return report(mmap(nullptr, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
  }
  if (what == "ten-gigabytes") {
    return report(mmap(nullptr, std::size_t{10} << 30, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) == MAP_FAILED);
  }
  if (what == "raise-limits") {
    return report(syscall(SYS_prlimit64, 0, 0 /* RLIMIT_CPU */, "limits, as bytes: 16", nullptr) !=
                  0);
  }
  if (what == "thread") {
    bool ran = false;
    std::thread([&] { ran = true; }).join();
    return report(ran);
  }
  if (what == "spin") {
    volatile bool forever = true;
    while (forever) {
    }
  }
  if (what == "sleep")
    while (true)
      pause();
  if (what == "crash") {
    volatile std::uintptr_t nowhere = 8;
    return *reinterpret_cast<volatile int*>(nowhere);
  }
  if (what == "abort")
    std::abort();
  if (what == "leave")
    return 7;
  if (what == "flood") {
    const std::string line(1 << 16, 'x');
    while (true)
      static_cast<void>(!write(1, line.data(), line.size()));
  }
  if (what == "garbage") {
    const std::string rubbish(100000, '\xff');
    static_cast<void>(!write(kChannelDescriptor, rubbish.data(), rubbish.size()));
    while (true)
      pause();
  }
  if (what == "not-json") {
    const std::string message("\5\0\0\0\0\0\0\0hello", 13);
    static_cast<void>(!write(kChannelDescriptor, message.data(), message.size()));
    while (true)
      pause();
  }
  if (what == "half") {
    const std::string message("\5\0\0\0\0\0\0\0{\"", 10);
    static_cast<void>(!write(kChannelDescriptor, message.data(), message.size()));
    return 0;
  }
  if (what == "close-and-hang") {
    close(kChannelDescriptor);
    while (true)
      pause();
  }
  return 99;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string what = argc > 1 ? argv[1] : "";
  const auto profile = what == "thread" || what == "ten-gigabytes" ? gv::SandboxProfile::Machine
                                                                   : gv::SandboxProfile::Script;
  if (const auto entered = gv::enter_sandbox(profile); !entered) {
    std::fprintf(stderr, "%s\n", entered.error().message.c_str());
    return 98;
  }
  return attack(what);
}
