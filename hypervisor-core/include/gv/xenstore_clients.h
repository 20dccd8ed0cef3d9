// SPDX-License-Identifier: MIT
//
// xenstore_clients.h - XenStore for programs outside the lab, as streams of bytes.
//
// What a Unix socket carries: each client has one stream each way, in Xen's
// wire protocol, and Dom0's rights. Who has the bytes and who has the store may
// be two threads; this is called by the store's alone.
//
// Source: Xen's docs/misc/xenstore.txt, "Communication with xenstore".

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

namespace gv {

class XenstoreClients {
 public:
  using Client = std::uint32_t;
  virtual ~XenstoreClients() = default;

  virtual Client connect() = 0;
  virtual void receive(Client client, std::span<const std::uint8_t> bytes) = 0;
  // Replies and watch events, up to `most` bytes; the rest stays for the next call.
  virtual std::string take_output(Client client, std::size_t most) = 0;
  // False: it broke the protocol or does not read, and is to be hung up on.
  virtual bool alive(Client client) const = 0;
  virtual void hang_up(Client client) = 0;
};

// A store in which no domain but Dom0 is known, as xenstored has it after its start.
std::unique_ptr<XenstoreClients> make_xenstore();

}  // namespace gv
