// SPDX-License-Identifier: MIT

#include "gdb/connection.h"

#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cerrno>

namespace gv::gdb {

namespace {

constexpr std::size_t kMostUnsent = std::size_t{1} << 20;
constexpr std::size_t kMostWaiting = 64;

}  // namespace

Connection::Connection(Descriptor socket, std::shared_ptr<Session> session,
                       std::function<void()> bell)
    : socket_(std::move(socket)),
      session_(std::move(session)),
      bell_(std::move(bell)),
      conversation_(*session_) {
  // A machine that the window is running stops: gdb takes its targets to be stopped.
  if (session_->snapshot()->state == RunState::Running)
    session_->perform(Pause{});
}

Connection::~Connection() {
  while (mover_.joinable()) {
    session_->perform(Pause{});  // answered when the move has heard it, or is over
    if (moved_)
      mover_.join();
  }
}

bool Connection::receive() {
  std::array<char, 16384> buffer{};
  const ssize_t count = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (count == 0)
    return false;
  if (count < 0)
    return errno == EAGAIN || errno == EINTR;
  reader_.feed({buffer.data(), static_cast<std::size_t>(count)});
  while (const auto event = reader_.next()) {
    if (!take(*event))
      return false;
  }
  return send_more();
}

bool Connection::take(const WireEvent& event) {
  if (const auto* packet = std::get_if<PacketCame>(&event)) {
    if (acks_)
      unsent_ += '+';
    if (mover_.joinable()) {
      waiting_.push_back(packet->payload);
      return waiting_.size() <= kMostWaiting;
    }
    return answer(packet->payload);
  }
  if (std::holds_alternative<PacketBroken>(event)) {
    if (acks_)
      unsent_ += '-';
  } else if (std::holds_alternative<NakCame>(event)) {
    if (acks_)
      unsent_ += last_sent_;
  } else if (std::holds_alternative<InterruptCame>(event) && mover_.joinable()) {
    pause_wanted_ = true;
    insist();
  }
  return unsent_.size() <= kMostUnsent;
}

void Connection::say(const std::string& payload) {
  last_sent_ = frame(payload);
  unsent_ += last_sent_;
}

bool Connection::answer(const std::string& payload) {
  Answer answer = conversation_.answer(payload);
  for (const std::string& reply : answer.replies)
    say(reply);
  acks_ = acks_ && !answer.without_acks;
  farewell_ = answer.farewell;
  if (answer.move)
    start(std::move(answer.move));
  if (farewell_ != Farewell::None) {
    send_more();
    return false;
  }
  return unsent_.size() <= kMostUnsent;
}

void Connection::start(Move move) {
  moved_ = pause_wanted_ = false;
  mover_ = std::thread([this, move = std::move(move)] {
    stop_ = move(*session_);
    moved_ = true;
    bell_();
  });
}

bool Connection::look_at_move() {
  if (!moved_ || !mover_.joinable())
    return true;
  mover_.join();
  for (const std::string& reply : conversation_.stop_replies(stop_))
    say(reply);
  while (!waiting_.empty() && !mover_.joinable()) {
    const std::string payload = std::move(waiting_.front());
    waiting_.pop_front();
    if (!answer(payload))
      return false;
  }
  return send_more();
}

bool Connection::send_more() {
  while (!unsent_.empty()) {
    const ssize_t count = ::send(socket_.get(), unsent_.data(), unsent_.size(), MSG_NOSIGNAL);
    if (count < 0)
      return errno == EAGAIN || errno == EINTR;
    unsent_.erase(0, static_cast<std::size_t>(count));
  }
  return true;
}

}  // namespace gv::gdb
