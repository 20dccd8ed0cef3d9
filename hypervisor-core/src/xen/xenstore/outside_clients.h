// SPDX-License-Identifier: MIT
//
// outside_clients.h - a store's clients that are no domains, behind the public face.
//
// Threads: the store's owner.

#pragma once

#include "gv/xenstore_clients.h"
#include "xen/xenstore/store.h"

namespace gv::xenstore {

class OutsideClients final : public XenstoreClients {
 public:
  explicit OutsideClients(Store& store) : store_(store) {}

  Client connect() override;
  void receive(Client client, std::span<const std::uint8_t> bytes) override;
  std::string take_output(Client client, std::size_t most) override;
  bool alive(Client client) const override;
  void hang_up(Client client) override;

 private:
  Store& store_;
};

}  // namespace gv::xenstore
