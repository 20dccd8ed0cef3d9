// SPDX-License-Identifier: MIT

#include "xen/xenstore/connection.h"

#include "xen/xenstore/requests.h"
#include "xen/xenstore/store.h"
#include "xen/xenstore/store_path.h"

#include <algorithm>
#include <array>

namespace gv::xenstore {

Connection::Connection(Store& store, ConnectionId id, Caller caller, std::string base)
    : store_(store), id_(id), caller_(caller), base_(std::move(base)) {}

bool Connection::may_read() const {
  return !ignored_ && (caller_.privileged() || queued_replies_ < store_.quota().outstanding);
}

std::size_t Connection::receive(std::span<const std::uint8_t> bytes) {
  std::size_t taken = 0;
  answer();
  while (taken < bytes.size() && may_read()) {
    taken += reader_.feed(bytes.subspan(taken));
    if (reader_.broken())
      ignore();
    answer();
  }
  // Whom nobody listens to any more may talk on.
  return ignored_ ? bytes.size() : taken;
}

void Connection::answer() {
  if (!may_read())
    return;
  if (const auto request = reader_.take())
    serve(store_, *this, *request);
}

std::string Connection::take_output(std::size_t most) {
  std::string out;
  while (!output_.empty() && out.size() < most) {
    const Outgoing& front = output_.front();
    if (front.event && sent_of_front_ == 0)
      unsent_events_.erase(front.bytes);
    const std::size_t count = std::min(front.bytes.size() - sent_of_front_, most - out.size());
    out.append(front.bytes, sent_of_front_, count);
    sent_of_front_ += count;
    if (sent_of_front_ < front.bytes.size())
      break;
    queued_bytes_ -= front.bytes.size();
    queued_replies_ -= front.event ? 0 : 1;
    output_.pop_front();
    sent_of_front_ = 0;
  }
  answer();
  return out;
}

void Connection::send(std::string bytes, bool event) {
  queued_bytes_ += bytes.size();
  queued_replies_ += event ? 0 : 1;
  output_.push_back({std::move(bytes), event});
  if (event)
    unsent_events_.insert(output_.back().bytes);
  if (outside() && queued_bytes_ > store_.quota().outside_unread)
    ignore();
}

void Connection::send_reply(const Message& request, std::string payload) {
  send(encode({request.type, request.request, request.transaction, std::move(payload)}), false);
}

Connection::Delivery Connection::send_event(const Watch& watch, const std::string& path) {
  const std::array<std::string_view, 2> strings = {std::string_view(path).substr(watch.hidden),
                                                   watch.token};
  std::string payload = join_strings(strings);
  if (ignored_ || payload.size() > XENSTORE_PAYLOAD_MAX)
    return Delivery::Lost;
  std::string bytes = encode({XS_WATCH_EVENT, 0, 0, std::move(payload)});
  if (unsent_events_.count(bytes) != 0)
    return Delivery::AlreadyQueued;
  if (!caller_.privileged() &&
      store_.bytes_of(caller_.domain) + bytes.size() >= store_.quota().memory)
    return Delivery::Lost;
  send(std::move(bytes), true);
  return ignored_ ? Delivery::Lost : Delivery::Queued;
}

std::uint32_t Connection::new_transaction_id() {
  while (next_transaction_ == 0 || transactions_.count(next_transaction_) != 0)
    ++next_transaction_;
  return next_transaction_++;
}

std::size_t Connection::held_bytes() const {
  std::size_t bytes = queued_bytes_;
  for (const Watch& watch : watches_)
    bytes += watch.path.size() + watch.token.size() + sizeof watch;
  for (const auto& [id, transaction] : transactions_)
    bytes += transaction->bytes();
  return bytes;
}

void Connection::drop_watches_and_transactions() {
  watches_.clear();
  transactions_.clear();
}

void Connection::reset() {
  drop_watches_and_transactions();
  reader_.reset();
  unsent_events_.clear();
  output_.clear();
  sent_of_front_ = queued_bytes_ = queued_replies_ = 0;
  ignored_ = false;
}

void Connection::ignore() {
  reset();
  ignored_ = true;
}

}  // namespace gv::xenstore
