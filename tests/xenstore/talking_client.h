// SPDX-License-Identifier: MIT
//
// talking_client.h - a client that asks one thing at a time and sorts what comes back.

#pragma once

#include "gv/result.h"
#include "xen/xenstore/store.h"

#include <initializer_list>

namespace gv::xenstore {

// "a|b|" with NULs for the bars, as the protocol's description writes payloads.
inline std::string bars(std::string text) {
  for (char& letter : text)
    letter = letter == '|' ? '\0' : letter;
  return text;
}

class TalkingClient {
 public:
  TalkingClient(Store& store, ConnectionId id) : store_(store), id_(id) {}

  Connection& connection() { return *store_.connection(id_); }

  void send(std::uint32_t type, const std::string& payload, std::uint32_t transaction = 0) {
    const std::string bytes = encode({type, ++request_, transaction, payload});
    GV_CHECK(connection().receive({reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                   bytes.size()}) == bytes.size());
  }

  // The reply's payload with bars for NULs; an ERROR's is its name alone.
  std::string ask(std::uint32_t type, const std::string& payload, std::uint32_t transaction = 0) {
    send(type, bars(payload), transaction);
    std::string reply = "no reply";
    for (const Message& message : fetch()) {
      if (message.type == XS_WATCH_EVENT) {
        events.push_back(shown(message.payload));
        continue;
      }
      GV_CHECK(message.request == request_ && message.transaction == transaction);
      GV_CHECK(message.type == type || message.type == XS_ERROR);
      reply = message.type == XS_ERROR ? message.payload.c_str() : shown(message.payload);
    }
    return reply;
  }

  // Everything that waits, by message.
  std::vector<Message> fetch() {
    const std::string bytes = connection().take_output(SIZE_MAX);
    std::span<const std::uint8_t> rest(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                       bytes.size());
    MessageReader reader;
    std::vector<Message> messages;
    while (!rest.empty()) {
      rest = rest.subspan(reader.feed(rest));
      if (auto message = reader.take())
        messages.push_back(std::move(*message));
    }
    return messages;
  }

  // Watch events since the last call, "path|token|" each.
  std::vector<std::string> take_events() {
    for (const Message& message : fetch()) {
      GV_CHECK(message.type == XS_WATCH_EVENT);
      events.push_back(shown(message.payload));
    }
    return std::move(events);
  }

  std::string read(const std::string& path, std::uint32_t transaction = 0) {
    return ask(XS_READ, path + "|", transaction);
  }
  std::string write(const std::string& path, const std::string& value,
                    std::uint32_t transaction = 0) {
    return ask(XS_WRITE, path + "|" + value, transaction);
  }
  std::uint32_t begin() {
    const std::string id = ask(XS_TRANSACTION_START, "|");
    return static_cast<std::uint32_t>(std::stoul(id));
  }
  std::string end(std::uint32_t transaction, const char* how = "T|") {
    return ask(XS_TRANSACTION_END, how, transaction);
  }

  std::vector<std::string> events;

 private:
  static std::string shown(std::string payload) {
    for (char& letter : payload)
      letter = letter == '\0' ? '|' : letter;
    return payload;
  }

  Store& store_;
  ConnectionId id_;
  std::uint32_t request_ = 0;
};

// A store, a client outside with Dom0's rights, and three domains with a home each.
struct Lab {
  explicit Lab(Quota quota = {}) : store(quota), dom0(store, store.connect_outside().id()) {
    for (const DomainId domain : {DomainId{1}, DomainId{2}, DomainId{3}}) {
      GV_CHECK(store.introduce(domain, 0x1000u + domain, 1) == Refusal::None);
      const std::string home = "/local/domain/" + std::to_string(domain);
      GV_CHECK(dom0.write(home, "") == "OK|");
      GV_CHECK(dom0.ask(XS_SET_PERMS, home + "|n" + std::to_string(domain) + "|") == "OK|");
    }
  }
  Store store;
  TalkingClient dom0;
  TalkingClient one{store, 1}, two{store, 2}, three{store, 3};
};

}  // namespace gv::xenstore
