// SPDX-License-Identifier: MIT
//
// connection.h - one client: requests in, replies and watch events out, as bytes.
//
// Any fragmentation either way. A client that breaks the protocol is ignored
// from then on, its watches and transactions dropped, as xenstored does; a
// domain that does not fetch its replies is not read from until it does. So
// nothing a client sends makes this grow beyond its quota.
//
// Threads: the thread that owns the store.

#pragma once

#include "xen/xenstore/transaction.h"

#include <deque>
#include <memory>
#include <set>

namespace gv::xenstore {

class Store;

using ConnectionId = std::uint32_t;  // a domain's is its number; outside clients come above

struct Watch {
  std::string path;  // absolute, or special
  std::string token;
  // What an event's path loses before it is sent: the client asked with a relative path.
  std::size_t hidden = 0;
};

class Connection {
 public:
  Connection(Store& store, ConnectionId id, Caller caller, std::string base);

  ConnectionId id() const { return id_; }
  const Caller& caller() const { return caller_; }
  // From outside, through a socket: acts for Dom0, and relative paths begin at the root.
  bool outside() const { return id_ > 0xffff; }

  // Takes what it can, answers every complete request, and says how many bytes it took.
  std::size_t receive(std::span<const std::uint8_t> bytes);
  // Up to `most` bytes for the client. Room may let requests that waited be answered.
  std::string take_output(std::size_t most);
  bool has_output() const { return !output_.empty(); }
  // Broke the protocol, or never reads: nothing is taken or answered any more.
  bool ignored() const { return ignored_; }
  void ignore();
  // As after the first connection: a guest that starts anew (its ring says so).
  void reset();

  // What it takes of its domain's memory quota, nodes apart.
  std::size_t held_bytes() const;

  // For the store and the requests.
  const std::string& base() const { return base_; }
  void set_target(std::optional<DomainId> target) { caller_.target = target; }
  std::vector<Watch>& watches() { return watches_; }
  std::map<std::uint32_t, std::unique_ptr<Transaction>>& transactions() { return transactions_; }
  std::uint32_t new_transaction_id();
  enum class Delivery : std::uint8_t { Queued, AlreadyQueued, Lost };
  Delivery send_event(const Watch& watch, const std::string& path);
  void send_reply(const Message& request, std::string payload);
  void drop_watches_and_transactions();

 private:
  friend class SavedStore;
  struct Outgoing {
    std::string bytes;
    bool event = false;
  };
  bool may_read() const;
  void send(std::string bytes, bool event);
  void answer();

  Store& store_;
  ConnectionId id_;
  Caller caller_;
  std::string base_;
  MessageReader reader_;
  std::deque<Outgoing> output_;
  // Events none of whose bytes has left, into output_: the same news twice is one piece of news.
  std::set<std::string_view> unsent_events_;
  std::size_t sent_of_front_ = 0;
  std::size_t queued_bytes_ = 0, queued_replies_ = 0;
  std::vector<Watch> watches_;
  std::map<std::uint32_t, std::unique_ptr<Transaction>> transactions_;
  std::uint32_t next_transaction_ = 1;
  bool ignored_ = false;
};

}  // namespace gv::xenstore
