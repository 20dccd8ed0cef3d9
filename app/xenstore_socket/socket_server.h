// SPDX-License-Identifier: MIT
//
// socket_server.h - Debian's xenstore tools talk to a store in this process.
//
// One thread moves bytes between the sockets and two queues; it never sees the
// store. The store's owner calls serve(), which hands in what has come and
// takes out what is answered. So only one thread touches the store. A client
// that writes faster than it is served waits in its own socket; one that never
// reads is hung up on when the store has enough of it.
//
// Threads: every method from the store's owner, except wake().

#pragma once

#include "gv/result.h"
#include "gv/xenstore_clients.h"

#include <functional>
#include <memory>
#include <string>

namespace gv::xenstore_socket {

class SocketServer {
 public:
  // Clients find it by XENSTORED_PATH. Error: one sentence.
  static Result<std::unique_ptr<SocketServer>> listen(const std::string& path);
  // Hangs up on everybody and removes the socket.
  ~SocketServer();
  SocketServer(const SocketServer&) = delete;
  SocketServer& operator=(const SocketServer&) = delete;

  // Sleeps until there is something for serve(), or wake() was called.
  void wait();
  // From any thread, and from a signal handler.
  void wake();
  // Called on the server's thread when there is something for serve(): for an owner that waits for
  // other things as well. Set before the first client.
  void set_bell(std::function<void()> bell);

  // After a bell, and after anything else that may have fired a client's watch.
  void serve(XenstoreClients& clients);

 private:
  struct Implementation;
  explicit SocketServer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv::xenstore_socket
