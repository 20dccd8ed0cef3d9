// SPDX-License-Identifier: MIT
//
// tcp_socket.h - a file descriptor with an owner, and a port on this machine alone.
//
// A debugger may read and write all of a guest: the port is bound to
// 127.0.0.1 and nowhere else. Threads: as its owner says.

#pragma once

#include "gv/result.h"

#include <cstdint>

namespace gv::gdb {

class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(other.release()) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset(other.release());
    return *this;
  }
  ~Descriptor() { reset(); }

  int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }
  void reset(int fd = -1);

 private:
  int release();
  int fd_;
};

// Listens; port 0 takes any that is free. Error: taken, or no network at all.
Result<Descriptor> listen_here(std::uint16_t port);
std::uint16_t port_of(const Descriptor& listening);
// The next client, not blocking and without delay; empty when there is none.
Descriptor accept_client(const Descriptor& listening);

}  // namespace gv::gdb
