// SPDX-License-Identifier: MIT
//
// conversation.h - what each message of gdb means to a session, and the answer.
//
// One per connection. Knows no sockets: payloads in, payloads out. What moves
// the machine is handed back as a Move, so that its caller can wait for it and
// still hear Ctrl+C. One vCPU is thread 1.
//
// Going on backwards stands on the session's history: bs and bc are answered
// on engines that have one. The guest's end is the end of that history, not of
// the conversation: gdb can turn back from it.
//
// Source: "Debugging with GDB", appendix "GDB Remote Serial Protocol".
// Threads: one at a time; asks the session and waits for its answers.

#pragma once

#include "gdb/register_layout.h"
#include "gdb/stop_list.h"
#include "gv/session.h"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv::gdb {

// Blocks until the machine has stopped; a Pause from another thread ends it early.
using Move = std::function<Notice(Session&)>;

enum class Farewell : std::uint8_t { None, Detached, Killed };

struct Answer {
  std::vector<std::string> replies;  // in order; none while a move is under way
  Move move;                         // empty: the machine stays
  Farewell farewell = Farewell::None;
  bool without_acks = false;  // from now on
};

class Conversation {
 public:
  explicit Conversation(Session& session);

  Answer answer(std::string_view payload);
  // What to say when a move has ended.
  std::vector<std::string> stop_replies(const Notice& stop);

 private:
  Answer general_query(std::string_view text);
  Answer settings(std::string_view text);
  Answer verbose(std::string_view text);
  Answer transfer(std::string_view text);
  Answer run_monitor(std::string_view digits);
  std::string supported(std::string_view offered);
  std::string read_memory(std::string_view text);
  std::string write_memory(std::string_view text, bool binary);
  std::string write_register(std::string_view text);
  std::string write_registers(std::string_view digits);
  std::string insert(std::string_view text);
  std::string perform(Command command);
  std::vector<std::uint8_t> memory(Gva address, std::uint32_t bytes);
  std::string stop_reply(int signal, std::string_view reason) const;
  Answer forward(bool one_instruction);
  Answer backward(std::string_view how);

  Session& session_;
  RegisterLayout layout_;
  StopList stops_;
  bool reports_breakpoints_ = false;  // gdb understands swbreak and hwbreak
};

}  // namespace gv::gdb
