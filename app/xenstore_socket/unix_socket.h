// SPDX-License-Identifier: MIT
//
// unix_socket.h - a file descriptor with an owner, and a name that it listens on.
//
// Whoever may connect may change everything in the store: the socket is for
// its owner alone (mode 0600), as xenstored's is. Threads: as its owner says.

#pragma once

#include "gv/result.h"

#include <string>
#include <utility>

namespace gv::xenstore_socket {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~Descriptor();
  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

// A socket that somebody left behind is replaced; one that somebody listens on is not, nor is any
// other file. Error: one sentence with the path.
Result<Descriptor> listen_on(const std::string& path);
// The next client, not blocking; empty when there is none.
Descriptor accept_client(const Descriptor& listening);

}  // namespace gv::xenstore_socket
