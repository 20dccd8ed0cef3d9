// SPDX-License-Identifier: MIT

#include "xenstore_socket/socket_server.h"

#include "xenstore_socket/unix_socket.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace gv::xenstore_socket {

namespace {

// More wait in the listening socket's queue: the process has other uses for its descriptors.
constexpr std::size_t kMostClients = 200;
constexpr std::size_t kBuffered = 64 * 1024;  // each way and client; more stays with its owner

// Of the socket, in the order of connecting; the store has its own.
using Number = std::uint64_t;

struct Line {
  Descriptor fd;
  std::vector<std::uint8_t> arrived;  // not served yet
  std::string leaving;                // not sent yet
  bool gone = false;                  // the client closed its end, or it broke
  bool closing = false;               // the store hangs up
};

Descriptor new_bell() { return Descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)); }

void ring(const Descriptor& bell) {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(bell.get(), &one, sizeof one);
}

void silence(const Descriptor& bell) {
  std::uint64_t rung = 0;
  [[maybe_unused]] const ssize_t count = ::read(bell.get(), &rung, sizeof rung);
}

}  // namespace

struct SocketServer::Implementation {
  std::string path;
  Descriptor listening;
  Descriptor for_thread, for_owner;  // rung by the other side

  std::mutex mutex;
  bool quitting = false;                          // guarded by mutex, as is what follows
  std::map<Number, std::unique_ptr<Line>> lines;  // erased by the owner's side alone
  Number next = 1;
  std::function<void()> bell;

  std::map<Number, XenstoreClients::Client> clients;  // the owner's
  std::thread thread;                                 // last: it uses the others

  void live();
  void tell_owner();
  std::vector<std::pair<pollfd, Number>> wanted();
  bool move_bytes(Line& line, short events);
  void serve_line(XenstoreClients& store, Number number, Line& line);
};

void SocketServer::Implementation::tell_owner() {
  ring(for_owner);
  std::function<void()> call;
  {
    const std::lock_guard lock(mutex);
    call = bell;
  }
  if (call)
    call();
}

std::vector<std::pair<pollfd, Number>> SocketServer::Implementation::wanted() {
  const short accepting = lines.size() < kMostClients ? POLLIN : 0;
  std::vector<std::pair<pollfd, Number>> fds = {{{for_thread.get(), POLLIN, 0}, 0},
                                                {{listening.get(), accepting, 0}, 0}};
  for (const auto& [number, line] : lines) {
    if (line->gone)
      continue;
    const bool reads = line->arrived.size() < kBuffered;
    const short events =
        static_cast<short>((reads ? POLLIN : 0) | (line->leaving.empty() ? 0 : POLLOUT));
    fds.push_back({{line->fd.get(), events, 0}, number});
  }
  return fds;
}

// True: the owner has something to do for this line.
bool SocketServer::Implementation::move_bytes(Line& line, short events) {
  bool news = false;
  if ((events & POLLOUT) != 0 && !line.leaving.empty()) {
    const ssize_t count =
        ::send(line.fd.get(), line.leaving.data(), line.leaving.size(), MSG_NOSIGNAL);
    if (count > 0)
      line.leaving.erase(0, static_cast<std::size_t>(count));
    else if (errno != EAGAIN && errno != EINTR)
      line.gone = true;
    news = line.leaving.empty() || line.gone;  // room again
  }
  if ((events & (POLLIN | POLLHUP | POLLERR)) != 0 && !line.gone) {
    std::array<std::uint8_t, 4096> buffer{};
    const ssize_t count = ::recv(line.fd.get(), buffer.data(), buffer.size(), 0);
    if (count > 0)
      line.arrived.insert(line.arrived.end(), buffer.begin(), buffer.begin() + count);
    else if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR))
      line.gone = true;
    news = news || count >= 0 || line.gone;
  }
  return news;
}

void SocketServer::Implementation::live() {
  for (;;) {
    std::vector<std::pair<pollfd, Number>> fds;
    {
      const std::lock_guard lock(mutex);
      if (quitting)
        return;
      fds = wanted();
    }
    std::vector<pollfd> polled;
    for (const auto& [fd, number] : fds)
      polled.push_back(fd);
    if (::poll(polled.data(), polled.size(), -1) <= 0)
      continue;
    bool news = false;
    {
      const std::lock_guard lock(mutex);
      if (polled[0].revents != 0)
        silence(for_thread);
      for (std::size_t i = 2; i < fds.size(); ++i) {
        const auto line = lines.find(fds[i].second);
        if (polled[i].revents != 0 && line != lines.end() && !line->second->gone)
          news = move_bytes(*line->second, polled[i].revents) || news;
      }
      if (polled[1].revents != 0) {
        if (Descriptor client = accept_client(listening)) {
          auto line = std::make_unique<Line>();
          line->fd = std::move(client);
          lines.emplace(next++, std::move(line));
        }
      }
    }
    if (news)
      tell_owner();
  }
}

void SocketServer::Implementation::serve_line(XenstoreClients& store, Number number, Line& line) {
  auto client = clients.find(number);
  if (client == clients.end())
    client = clients.emplace(number, store.connect()).first;
  if (!line.arrived.empty()) {
    store.receive(client->second, line.arrived);
    line.arrived.clear();
  }
  if (!store.alive(client->second)) {
    line.closing = true;
    return;
  }
  if (line.leaving.size() < kBuffered)
    line.leaving += store.take_output(client->second, kBuffered - line.leaving.size());
}

SocketServer::SocketServer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {
  implementation_->thread = std::thread([self = implementation_.get()] { self->live(); });
}

SocketServer::~SocketServer() {
  {
    const std::lock_guard lock(implementation_->mutex);
    implementation_->quitting = true;
  }
  ring(implementation_->for_thread);
  implementation_->thread.join();
  ::unlink(implementation_->path.c_str());
}

Result<std::unique_ptr<SocketServer>> SocketServer::listen(const std::string& path) {
  auto listening = listen_on(path);
  if (!listening)
    return listening.error();
  auto implementation = std::make_unique<Implementation>();
  implementation->path = path;
  implementation->listening = std::move(*listening);
  implementation->for_thread = new_bell();
  implementation->for_owner = new_bell();
  if (!implementation->for_thread || !implementation->for_owner)
    return Error{ErrorCode::NotAvailable, path + ": this machine gives no event descriptor"};
  return std::unique_ptr<SocketServer>(new SocketServer(std::move(implementation)));
}

void SocketServer::set_bell(std::function<void()> bell) {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->bell = std::move(bell);
}

void SocketServer::wake() { ring(implementation_->for_owner); }

void SocketServer::wait() {
  pollfd fd{implementation_->for_owner.get(), POLLIN, 0};
  while (::poll(&fd, 1, -1) < 0 && errno == EINTR) {
  }
  silence(implementation_->for_owner);
}

void SocketServer::serve(XenstoreClients& store) {
  {
    const std::lock_guard lock(implementation_->mutex);
    auto& lines = implementation_->lines;
    for (auto& [number, line] : lines)
      implementation_->serve_line(store, number, *line);
    for (auto at = lines.begin(); at != lines.end();) {
      const Line& line = *at->second;
      if (line.gone || line.closing) {
        const auto client = implementation_->clients.find(at->first);
        store.hang_up(client->second);
        implementation_->clients.erase(client);
        at = lines.erase(at);
      } else {
        ++at;
      }
    }
    // A second round: what one client changed may have fired the watch of one served before it.
    for (auto& [number, line] : lines)
      implementation_->serve_line(store, number, *line);
  }
  ring(implementation_->for_thread);
}

}  // namespace gv::xenstore_socket
