// SPDX-License-Identifier: MIT

#include "cli/boot_console.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace gv {
namespace {

constexpr int kLookEveryMilliseconds = 5;
constexpr std::size_t kMostInput = std::size_t{1} << 20;

volatile std::sig_atomic_t interrupted = 0;

}  // namespace

void catch_interrupts() {
  struct sigaction action {};
  action.sa_handler = [](int) { interrupted = 1; };
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  std::signal(SIGPIPE, SIG_IGN);  // a reader that goes away is a failed write, not a death
}

bool was_interrupted() { return interrupted != 0; }

// A background job that reads its terminal would be stopped.
bool BootConsole::stdin_is_ours() const {
  return isatty(STDIN_FILENO) == 0 || tcgetpgrp(STDIN_FILENO) == getpgrp();
}

void BootConsole::read_stdin() {
  std::array<char, 4096> buffer{};
  const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
  if (count > 0) {
    session_.submit(Type{std::string(buffer.data(), static_cast<std::size_t>(count)), typed_to_});
  } else if (count == 0 || errno != EINTR) {
    stdin_open_ = false;
  }
}

void BootConsole::feed_what_is_there() {
  if (!stdin_is_ours()) {
    stdin_open_ = false;
    return;
  }
  struct stat status {};
  const bool file = fstat(STDIN_FILENO, &status) == 0 && S_ISREG(status.st_mode);
  std::string input;
  pollfd in{STDIN_FILENO, POLLIN, 0};
  while (stdin_open_ && input.size() < kMostInput && (file || poll(&in, 1, 0) > 0)) {
    std::array<char, 4096> buffer{};
    const ssize_t count = ::read(STDIN_FILENO, buffer.data(), buffer.size());
    if (count > 0) {
      input.append(buffer.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || errno != EINTR) {
      stdin_open_ = false;
    }
  }
  if (!input.empty())
    session_.perform(Type{input, typed_to_});
}

BootConsole::BootConsole(Session& session, bool to_stdout, std::uint16_t typed_to)
    : session_(session), to_stdout_(to_stdout), typed_to_(typed_to) {
  for (const DomainView& domain : session.snapshot()->domains) {
    domains_.push_back({domain.id, domain.name, 0});
  }
}

void BootConsole::show() {
  if (!to_stdout_ || reader_gone_)
    return;
  if (!domains_.empty()) {
    show_domains(false);
    return;
  }
  const std::string text = session_.console(shown_);
  shown_ += text.size();
  put(text);
}

// Lines of several guests would mix, so each waits until it is whole.
void BootConsole::show_domains(bool unfinished_lines) {
  for (Domain& domain : domains_) {
    const std::string text = session_.domain_console(domain.id, domain.shown);
    const std::size_t whole = text.rfind('\n');
    const std::size_t end = unfinished_lines ? text.size() : whole + 1;  // npos + 1 is 0
    std::string shown;
    for (std::size_t at = 0; at < end;) {
      const std::size_t line_end = std::min(text.find('\n', at), end - 1);
      shown += "[" + domain.name + "] " + text.substr(at, line_end + 1 - at);
      at = line_end + 1;
    }
    domain.shown += end;
    put(shown + (unfinished_lines && !shown.empty() && shown.back() != '\n' ? "\n" : ""));
  }
}

void BootConsole::put(const std::string& text) {
  for (std::size_t done = 0; done < text.size();) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data() + done, text.size() - done);
    if (count >= 0) {
      done += static_cast<std::size_t>(count);
    } else if (errno != EINTR) {
      reader_gone_ = true;
      return;
    }
  }
}

Notice BootConsole::carry(Run run) {
  const std::uint64_t command = session_.submit(std::move(run));
  bool stopping = false;
  while (true) {
    for (const Notice& notice : session_.take_notices()) {
      if (notice.command != command)
        continue;
      show();
      if (to_stdout_ && !reader_gone_)
        show_domains(true);
      return notice;
    }
    if ((was_interrupted() || reader_gone_) && !stopping) {
      stopping = true;
      session_.submit(Pause{});
    }
    show();
    wait_for_input();
  }
}

void BootConsole::attend(const std::function<bool()>& over) {
  while (!over() && !was_interrupted() && !reader_gone_) {
    session_.take_notices();  // of input; nobody waits for them
    show();
    wait_for_input();
  }
  show();
}

void BootConsole::wait_for_input() {
  pollfd in{stdin_open_ ? STDIN_FILENO : -1, POLLIN, 0};
  if (poll(&in, 1, kLookEveryMilliseconds) > 0 && in.revents != 0)
    read_stdin();
}

}  // namespace gv
