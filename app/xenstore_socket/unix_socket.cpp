// SPDX-License-Identifier: MIT

#include "xenstore_socket/unix_socket.h"

#include <fmt/format.h>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace gv::xenstore_socket {

namespace {

Error cannot_listen(const std::string& path, const std::string& why, const char* mend) {
  return {ErrorCode::InvalidInput, fmt::format("{}: cannot listen there: {}; {}", path, why, mend)};
}

Descriptor new_socket() {
  return Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
}

bool is_socket(const std::string& path) {
  struct stat status {};
  return ::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

}  // namespace

Descriptor::~Descriptor() {
  if (fd_ >= 0)
    ::close(fd_);
}

Result<Descriptor> listen_on(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.empty() || path.size() >= sizeof address.sun_path)
    return cannot_listen(path, "a socket's name has 1 to 107 bytes", "use a shorter path");
  std::memcpy(address.sun_path, path.data(), path.size());
  const auto* const name = reinterpret_cast<const sockaddr*>(&address);
  if (is_socket(path)) {
    const Descriptor probe = new_socket();
    if (::connect(probe.get(), name, sizeof address) == 0)
      return cannot_listen(path, "another program listens on it", "end it or use another path");
    ::unlink(path.c_str());
  }
  Descriptor listening = new_socket();
  // Before anybody can connect: the mode of the file is that of the descriptor it is bound to.
  if (!listening || ::fchmod(listening.get(), 0600) != 0 ||
      ::bind(listening.get(), name, sizeof address) != 0 || ::listen(listening.get(), 16) != 0) {
    return cannot_listen(path, std::strerror(errno), "use a path that is free and writable");
  }
  return listening;
}

Descriptor accept_client(const Descriptor& listening) {
  return Descriptor(::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
}

}  // namespace gv::xenstore_socket
