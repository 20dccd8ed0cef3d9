// SPDX-License-Identifier: MIT
//
// boot_console.h - a guest's console on this process's stdin and stdout, or those of a host's
// domains.
//
// stdin is read only when something is there to read, so a run without input
// never waits. What is there before the run starts is given to the guest at
// instruction 0; what is typed later arrives when it arrives.

#pragma once

#include "gv/session.h"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace gv {

// Ctrl+C asks the guest to stop; a second one ends the program as usual.
void catch_interrupts();
bool was_interrupted();

class BootConsole {
 public:
  BootConsole(Session& session, bool to_stdout) : session_(session), to_stdout_(to_stdout) {}
  // Every domain's whole lines, each behind its domain's name; stdin goes to the console of
  // `typed_to` alone.
  BootConsole(Session& session, bool to_stdout, std::uint16_t typed_to);

  // Gives the guest what stdin already holds.
  void feed_what_is_there();
  // Submits `run` and carries the console in both directions until it is answered.
  Notice carry(Run run);
  // Carries the console while somebody else moves the machine, until `over` or Ctrl+C.
  void attend(const std::function<bool()>& over);
  // Some part of the console could not be written: the reader has gone away.
  bool reader_gone() const { return reader_gone_; }

 private:
  void show();
  void show_domains(bool unfinished_lines);
  void put(const std::string& text);
  void wait_for_input();
  bool stdin_is_ours() const;
  void read_stdin();

  Session& session_;
  bool to_stdout_;
  bool stdin_open_ = true;
  bool reader_gone_ = false;
  std::uint64_t shown_ = 0;
  struct Domain {
    std::uint16_t id = 0;
    std::string name;
    std::uint64_t shown = 0;
  };
  std::vector<Domain> domains_;
  std::optional<std::uint16_t> typed_to_;
};

}  // namespace gv
