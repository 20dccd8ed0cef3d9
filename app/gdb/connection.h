// SPDX-License-Identifier: MIT
//
// connection.h - one gdb on the line: bytes in, bytes out, a move under way.
//
// Keeps a bounded amount, whatever comes: too much unsent or unanswered ends
// the connection. While the machine moves a thread of its own waits for it, so
// that Ctrl+C is heard; that thread rings `bell` when the machine has stopped.
//
// Threads: the server's thread; the mover touches only the session and `bell`.

#pragma once

#include "gdb/conversation.h"
#include "gdb/packet.h"
#include "gdb/tcp_socket.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace gv::gdb {

class Connection {
 public:
  Connection(Descriptor socket, std::shared_ptr<Session> session, std::function<void()> bell);
  // Stops a move that is under way and waits for it.
  ~Connection();

  int descriptor() const { return socket_.get(); }
  bool wants_to_send() const { return !unsent_.empty(); }
  // Each returns false when the connection is over.
  bool receive();
  bool send_more();
  bool look_at_move();
  // Ctrl+C came and the machine still moves: it may have come before the move had begun.
  bool waits_for_pause() const { return pause_wanted_ && mover_.joinable(); }
  void insist() { session_->submit(Pause{}); }
  Farewell farewell() const { return farewell_; }

 private:
  bool take(const WireEvent& event);
  bool answer(const std::string& payload);
  void say(const std::string& payload);
  void start(Move move);

  Descriptor socket_;
  std::shared_ptr<Session> session_;
  std::function<void()> bell_;
  Conversation conversation_;
  PacketReader reader_;
  std::string unsent_, last_sent_;
  std::deque<std::string> waiting_;  // packets that came while the machine moved
  bool acks_ = true, pause_wanted_ = false;
  Farewell farewell_ = Farewell::None;

  std::thread mover_;
  std::atomic<bool> moved_{false};  // set by the mover, after `stop_`
  Notice stop_;
};

}  // namespace gv::gdb
