// SPDX-License-Identifier: MIT
//
// gdb_server.h - the port that gdb connects to, and the thread behind it.
//
// One gdb at a time; another is turned away by closing its connection. A
// connection that breaks leaves the guest stopped and the port open. A gdb
// that detaches is told of by farewell(): whether the guest goes on then is its
// owner's to say.
//
// Threads: every method from any one owner thread. Inside are two: one serves
// the sockets and answers, one waits for the machine while it moves.

#pragma once

#include "gv/result.h"
#include "gv/session.h"

#include <cstdint>
#include <memory>

namespace gv::gdb {

enum class Attachment : std::uint8_t {
  None,      // nobody has said goodbye: waiting for a gdb, or one is there
  Detached,  // the last gdb let go
  Killed,    // the last gdb asked for the guest's end
};

// gdb has to step, over its own breakpoints at least. Error: this engine cannot count
// instructions, so it cannot stop after one.
Result<void> check_drivable(EngineKind engine);

class GdbServer {
 public:
  // Listens on 127.0.0.1; port 0 takes any that is free. Error: one sentence.
  static Result<std::unique_ptr<GdbServer>> listen(std::uint16_t port);
  // Ends a move that is under way, and the connection.
  ~GdbServer();
  GdbServer(const GdbServer&) = delete;
  GdbServer& operator=(const GdbServer&) = delete;

  std::uint16_t port() const;
  // Whose machine gdb drives; null, or one that is not drivable: connections are closed until
  // there is another. A gdb that is connected when this changes loses its connection.
  void serve(std::shared_ptr<Session> session);
  Attachment farewell() const;

 private:
  struct Implementation;
  explicit GdbServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv::gdb
