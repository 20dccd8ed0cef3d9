// SPDX-License-Identifier: MIT
//
// contained_process.cpp - starting, asking and burying a contained process.
//
// Sources: clone(2), user_namespaces(7), setrlimit(2), wait4(2).

#include "grader/contained_process.h"

#include "grader/sanitized.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace gv {
namespace {

constexpr int kOutputDescriptor = 1;

// Everything that the child needs between clone and exec, made before: the grader has
// threads, so after clone only async-signal-safe calls are allowed.
struct ChildPlan {
  const char* program;
  char* const* arguments;
  int channel, output, null;
  bool own_user_namespace;
  std::string uid_map, gid_map;
  std::array<std::pair<int, rlimit>, 6> limits;
  std::size_t limit_count;
};

void write_text(const char* path, const char* text) {
  const int file = open(path, O_WRONLY | O_CLOEXEC);
  if (file < 0)
    return;
  // Without a map the process is nobody in its namespace, which is just as well.
  static_cast<void>(!write(file, text, std::strlen(text)));
  close(file);
}

[[noreturn]] void become(const ChildPlan& plan) {
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  setsid();  // a Ctrl+C in the grader's terminal is the grader's alone
  if (plan.own_user_namespace) {
    write_text("/proc/self/setgroups", "deny");
    write_text("/proc/self/uid_map", plan.uid_map.c_str());
    write_text("/proc/self/gid_map", plan.gid_map.c_str());
  }
  // The descriptors are moved out of the way first: one of them may be 0 to 3 itself.
  const int channel = fcntl(plan.channel, F_DUPFD, 10);
  const int output = fcntl(plan.output, F_DUPFD, 10);
  const int null = fcntl(plan.null, F_DUPFD, 10);
  if (dup2(null, 0) < 0 || dup2(output, kOutputDescriptor) < 0 || dup2(output, 2) < 0 ||
      dup2(channel, kChannelDescriptor) < 0) {
    _exit(125);
  }
  syscall(SYS_close_range, kChannelDescriptor + 1, ~0U, 0);
  struct sigaction ordinary {};
  ordinary.sa_handler = SIG_DFL;
  for (int number = 1; number < 32; ++number)
    sigaction(number, &ordinary, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  for (std::size_t i = 0; i < plan.limit_count; ++i) {
    if (setrlimit(static_cast<__rlimit_resource>(plan.limits[i].first), &plan.limits[i].second) !=
        0) {
      _exit(125);
    }
  }
  // An empty environment: paths and tokens of the grader's own are nobody's business.
  static constexpr char* kEmpty[] = {nullptr};
  execve(plan.program, plan.arguments, kEmpty);
  _exit(126);
}

pid_t clone_into(const ChildPlan& plan, unsigned long namespaces) {
  // The raw call with a null stack is fork: the child goes on here on a copy of this stack.
  const auto pid = static_cast<pid_t>(syscall(SYS_clone, namespaces | SIGCHLD, 0, 0, 0, 0));
  if (pid == 0)
    become(plan);
  return pid;
}

Error start_error(const std::string& program, const char* what) {
  return {ErrorCode::Internal, fmt::format("the grading process '{}' could not be started: {}: {}",
                                           program, what, std::strerror(errno))};
}

}  // namespace

Result<std::unique_ptr<ContainedProcess>> ContainedProcess::start(
    const std::string& program, const std::vector<std::string>& arguments,
    const Containment& containment, const std::atomic<bool>* interrupted) {
  if (access(program.c_str(), X_OK) != 0)
    return start_error(program, "it is not executable");
  int channel[2], output[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
    return start_error(program, "socketpair");
  }
  if (pipe2(output, O_CLOEXEC) != 0) {
    close(channel[0]);
    close(channel[1]);
    return start_error(program, "pipe");
  }
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  std::vector<char*> argv;
  std::string name = program;
  std::vector<std::string> copies = arguments;
  argv.push_back(name.data());
  for (std::string& argument : copies)
    argv.push_back(argument.data());
  argv.push_back(nullptr);

  const auto limit = [](std::uint64_t value) { return rlimit{value, value}; };
  ChildPlan plan{};
  plan.program = program.c_str();
  plan.arguments = argv.data();
  plan.channel = channel[1];
  plan.output = output[1];
  plan.null = null;
  plan.uid_map = fmt::format("65534 {} 1\n", geteuid());
  plan.gid_map = fmt::format("65534 {} 1\n", getegid());
  plan.limits = {{{RLIMIT_CPU, limit(containment.cpu_seconds)},
                  {RLIMIT_FSIZE, limit(containment.file_bytes)},
                  {RLIMIT_CORE, limit(0)},
                  {RLIMIT_NOFILE, limit(32)},
                  {RLIMIT_MEMLOCK, limit(0)},
                  {RLIMIT_AS, limit(containment.memory_bytes)}}};
  plan.limit_count = kSanitized ? 5 : 6;  // the last one is the address space
  constexpr unsigned long kNamespaces =
      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNS;
  plan.own_user_namespace = true;
  pid_t pid = clone_into(plan, kNamespaces);
  if (pid < 0) {
    // Many containers forbid user namespaces. seccomp and the limits still hold.
    plan.own_user_namespace = false;
    pid = clone_into(plan, 0);
  }
  close(channel[1]);
  close(output[1]);
  close(null);
  if (pid < 0) {
    close(channel[0]);
    close(output[0]);
    return start_error(program, "clone");
  }
  for (const int descriptor : {channel[0], output[0]}) {
    fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK);
  }
  return std::unique_ptr<ContainedProcess>(
      new ContainedProcess(pid, channel[0], output[0], containment, interrupted));
}

ContainedProcess::ContainedProcess(pid_t pid, int channel, int output, Containment containment,
                                   const std::atomic<bool>* interrupted)
    : pid_(pid),
      channel_(channel),
      output_descriptor_(output),
      containment_(containment),
      interrupted_(interrupted),
      deadline_(std::chrono::steady_clock::now() + containment.wall) {}

ContainedProcess::~ContainedProcess() {
  if (ending_ == Ending::Running)
    end(Ending::Exited);
  if (channel_ >= 0)
    close(channel_);
  if (output_descriptor_ >= 0)
    close(output_descriptor_);
}

std::optional<Message> ContainedProcess::ask(const Message& question) {
  if (ending_ != Ending::Running)
    return std::nullopt;
  const std::string bytes = encode(question);
  std::size_t sent = 0;
  std::optional<Message> answer;
  while (ending_ == Ending::Running && !answer) {
    if (!pump(&bytes, sent, &answer))
      break;
  }
  return answer;
}

void ContainedProcess::finish() {
  if (ending_ != Ending::Running)
    return;
  shutdown(channel_, SHUT_WR);
  std::size_t sent = 0;
  while (ending_ == Ending::Running) {
    if (!pump(nullptr, sent, nullptr))
      break;
  }
}

// One wait on both descriptors. False when the process has ended.
bool ContainedProcess::pump(const std::string* to_send, std::size_t& sent,
                            std::optional<Message>* answer) {
  if (interrupted_ != nullptr && interrupted_->load()) {
    end(Ending::Interrupted);
    return false;
  }
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
      deadline_ - std::chrono::steady_clock::now());
  if (left.count() <= 0) {
    end(Ending::WallSpent);
    return false;
  }
  const bool sending = to_send != nullptr && sent < to_send->size();
  pollfd watched[2] = {{channel_, static_cast<short>(POLLIN | (sending ? POLLOUT : 0)), 0},
                       {output_descriptor_, POLLIN, 0}};
  // Short enough to notice an interruption, long enough to cost nothing.
  poll(watched, 2, static_cast<int>(std::min<std::int64_t>(left.count(), 50)));
  if (watched[1].revents != 0)
    read_output();
  if (sending && (watched[0].revents & POLLOUT) != 0) {
    const ssize_t n = send(channel_, to_send->data() + sent, to_send->size() - sent, MSG_NOSIGNAL);
    if (n > 0)
      sent += static_cast<std::size_t>(n);
  }
  if ((watched[0].revents & (POLLIN | POLLHUP | POLLERR)) == 0)
    return true;
  std::array<char, 65536> block;
  const ssize_t n = recv(channel_, block.data(), block.size(), 0);
  if (n > 0) {
    decoder_.append(block.data(), static_cast<std::size_t>(n));
    if (answer != nullptr)
      *answer = decoder_.take();
    // Unasked-for messages would fill our memory: whoever talks out of turn is not a worker.
    if (decoder_.broken() || answer == nullptr) {
      end(Ending::Incoherent);
      return false;
    }
    return true;
  }
  if (n < 0 && (errno == EAGAIN || errno == EINTR))
    return true;
  reap();  // the channel is closed: it has ended or is about to
  return false;
}

void ContainedProcess::read_output() {
  std::array<char, 16384> block;
  const ssize_t n = read(output_descriptor_, block.data(), block.size());
  if (n == 0) {
    close(output_descriptor_);
    output_descriptor_ = -1;  // poll ignores a negative descriptor
  }
  if (n <= 0)
    return;
  const std::size_t room = containment_.output_bytes - output_.size();
  const std::size_t kept = std::min(room, static_cast<std::size_t>(n));
  output_.append(block.data(), kept);
  output_truncated_ |= kept < static_cast<std::size_t>(n);
}

void ContainedProcess::end(Ending why) {
  kill(pid_, SIGKILL);
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  ending_ = why;
}

void ContainedProcess::reap() {
  int status = 0;
  rusage usage{};
  // It may have closed its channel and go on: it gets until the deadline, no longer.
  pid_t got = 0;
  while ((got = wait4(pid_, &status, WNOHANG, &usage)) == 0) {
    const bool stop = interrupted_ != nullptr && interrupted_->load();
    if (stop || std::chrono::steady_clock::now() >= deadline_) {
      end(stop ? Ending::Interrupted : Ending::WallSpent);
      return;
    }
    if (output_descriptor_ >= 0) {
      pollfd watched{output_descriptor_, POLLIN, 0};
      poll(&watched, 1, 1);
      if (watched.revents != 0)
        read_output();
    } else {
      poll(nullptr, 0, 1);
    }
  }
  while (output_descriptor_ >= 0) {  // what it wrote before it ended
    pollfd watched{output_descriptor_, POLLIN, 0};
    if (poll(&watched, 1, 0) <= 0)
      break;
    read_output();
  }
  const auto cpu = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  const double spent = cpu(usage.ru_utime) + cpu(usage.ru_stime);
  if (WIFEXITED(status)) {
    ending_ = Ending::Exited;
    exit_status_ = WEXITSTATUS(status);
    return;
  }
  exit_status_ = WTERMSIG(status);
  if (exit_status_ == SIGSYS) {
    ending_ = Ending::Forbidden;
  } else if (exit_status_ == SIGXCPU ||
             (exit_status_ == SIGKILL &&
              spent >= static_cast<double>(containment_.cpu_seconds) / 2)) {
    // The first process of a namespace does not hear SIGXCPU; the hard limit then kills it. The
    // kernel counts for the limit in ticks and for rusage exactly, so the two differ.
    ending_ = Ending::CpuSpent;
  } else {
    ending_ = Ending::Signalled;
  }
}

std::string ContainedProcess::ending_text() const {
  switch (ending_) {
    case Ending::Running:
      return "it is running";
    case Ending::Exited:
      return fmt::format("it ended early with status {}", exit_status_);
    case Ending::Signalled:
      return fmt::format("it was ended by signal {} ({})", exit_status_, strsignal(exit_status_));
    case Ending::Forbidden:
      return "it tried a forbidden system call and was ended";
    case Ending::CpuSpent:
      return fmt::format("it used up its {} seconds of processor time", containment_.cpu_seconds);
    case Ending::WallSpent:
      return fmt::format("it did not answer within {} seconds", containment_.wall.count() / 1000);
    case Ending::Incoherent:
      return "it sent an answer that is none";
    case Ending::Interrupted:
      return "grading was interrupted";
  }
  return {};
}

}  // namespace gv
