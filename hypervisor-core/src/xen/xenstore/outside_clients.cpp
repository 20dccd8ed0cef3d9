// SPDX-License-Identifier: MIT

#include "xen/xenstore/outside_clients.h"

namespace gv {

namespace xenstore {

XenstoreClients::Client OutsideClients::connect() { return store_.connect_outside().id(); }

void OutsideClients::receive(Client client, std::span<const std::uint8_t> bytes) {
  if (Connection* const connection = store_.connection(client))
    connection->receive(bytes);
}

std::string OutsideClients::take_output(Client client, std::size_t most) {
  Connection* const connection = store_.connection(client);
  return connection != nullptr ? connection->take_output(most) : std::string();
}

bool OutsideClients::alive(Client client) const {
  const Connection* const connection = std::as_const(store_).connection(client);
  return connection != nullptr && !connection->ignored();
}

void OutsideClients::hang_up(Client client) {
  const Connection* const connection = std::as_const(store_).connection(client);
  if (connection != nullptr && connection->outside())
    store_.hang_up(client);
}

namespace {

class LoneStore final : public XenstoreClients {
 public:
  Client connect() override { return clients_.connect(); }
  void receive(Client client, std::span<const std::uint8_t> bytes) override {
    clients_.receive(client, bytes);
  }
  std::string take_output(Client client, std::size_t most) override {
    return clients_.take_output(client, most);
  }
  bool alive(Client client) const override { return clients_.alive(client); }
  void hang_up(Client client) override { clients_.hang_up(client); }

 private:
  Store store_;
  OutsideClients clients_{store_};
};

}  // namespace
}  // namespace xenstore

std::unique_ptr<XenstoreClients> make_xenstore() { return std::make_unique<xenstore::LoneStore>(); }

}  // namespace gv
