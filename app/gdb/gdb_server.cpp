// SPDX-License-Identifier: MIT

#include "gdb/gdb_server.h"

#include "gdb/connection.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <mutex>
#include <thread>

namespace gv::gdb {

namespace {

constexpr int kInsistMilliseconds = 20;

}  // namespace

struct GdbServer::Implementation {
  Descriptor listening, bell;
  std::uint16_t port = 0;
  std::atomic<bool> quitting{false};
  std::atomic<Attachment> farewell{Attachment::None};

  std::mutex mutex;
  std::shared_ptr<Session> wanted;  // guarded by mutex

  // The server's thread only.
  std::shared_ptr<Session> session;
  std::unique_ptr<Connection> connection;
  std::thread thread;

  void ring() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t written = ::write(bell.get(), &one, sizeof one);
  }

  void live();
  void take_session();
  void welcome();
  void hang_up();
};

void GdbServer::Implementation::take_session() {
  std::shared_ptr<Session> now;
  {
    const std::lock_guard lock(mutex);
    now = wanted;
  }
  if (now != session) {
    connection.reset();
    session = std::move(now);
  }
}

// One at a time: whoever comes second, or before there is a machine, finds a closed line.
void GdbServer::Implementation::welcome() {
  Descriptor client = accept_client(listening);
  if (!client || connection || !session || !check_drivable(session->config().engine))
    return;
  farewell = Attachment::None;
  connection = std::make_unique<Connection>(std::move(client), session, [this] { ring(); });
}

void GdbServer::Implementation::hang_up() {
  // Before the line is closed: whoever sees it closed may ask how.
  const Farewell said = connection->farewell();
  if (said == Farewell::Detached)
    farewell = Attachment::Detached;
  else if (said == Farewell::Killed)
    farewell = Attachment::Killed;
  connection.reset();
}

void GdbServer::Implementation::live() {
  while (!quitting) {
    const short client_events =
        static_cast<short>(POLLIN | (connection && connection->wants_to_send() ? POLLOUT : 0));
    std::array<pollfd, 3> fds = {
        pollfd{bell.get(), POLLIN, 0}, pollfd{listening.get(), POLLIN, 0},
        pollfd{connection ? connection->descriptor() : -1, client_events, 0}};
    const bool impatient = connection && connection->waits_for_pause();
    const int ready = ::poll(fds.data(), fds.size(), impatient ? kInsistMilliseconds : -1);
    if (ready == 0 && impatient)
      connection->insist();
    if (ready <= 0)
      continue;
    if (fds[0].revents != 0) {
      std::uint64_t rung = 0;
      [[maybe_unused]] const ssize_t count = ::read(bell.get(), &rung, sizeof rung);
    }
    // Before a newcomer is looked at: the one who was there may have gone.
    bool alive = true;
    if (connection && fds[2].revents != 0)
      alive = (fds[2].revents & POLLOUT) == 0 || connection->send_more();
    if (connection && alive && (fds[2].revents & (POLLIN | POLLHUP | POLLERR)) != 0)
      alive = connection->receive();
    if (connection && alive)
      alive = connection->look_at_move();
    if (!alive)
      hang_up();
    take_session();
    if (fds[1].revents != 0)
      welcome();
  }
  connection.reset();
}

Result<void> check_drivable(EngineKind engine) {
  if (engine == EngineKind::Kvm) {
    return Error{ErrorCode::NotAvailable,
                 "--gdb: kvm does not stop after one instruction; use unicorn or interpreter"};
  }
  return {};
}

GdbServer::GdbServer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {
  implementation_->thread = std::thread([self = implementation_.get()] { self->live(); });
}

GdbServer::~GdbServer() {
  implementation_->quitting = true;
  implementation_->ring();
  implementation_->thread.join();
}

Result<std::unique_ptr<GdbServer>> GdbServer::listen(std::uint16_t port) {
  auto listening = listen_here(port);
  if (!listening)
    return listening.error();
  auto implementation = std::make_unique<Implementation>();
  implementation->listening = std::move(*listening);
  implementation->port = port_of(implementation->listening);
  implementation->bell = Descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
  if (!implementation->bell)
    return Error{ErrorCode::NotAvailable, "--gdb: this machine gives no event descriptor"};
  return std::unique_ptr<GdbServer>(new GdbServer(std::move(implementation)));
}

std::uint16_t GdbServer::port() const { return implementation_->port; }

void GdbServer::serve(std::shared_ptr<Session> session) {
  {
    const std::lock_guard lock(implementation_->mutex);
    if (implementation_->wanted == session)
      return;
    implementation_->wanted = std::move(session);
  }
  implementation_->ring();
}

Attachment GdbServer::farewell() const { return implementation_->farewell; }

}  // namespace gv::gdb
