// SPDX-License-Identifier: MIT

#include "xen/xenstore/ring.h"

#include <algorithm>
#include <cstring>

namespace gv::xenstore {

namespace {

using Page = xenstore_domain_interface;

std::uint32_t field(RingPage page, std::size_t offset) {
  std::uint32_t value = 0;
  std::memcpy(&value, page.data() + offset, sizeof value);
  return value;
}

void set_field(RingPage page, std::size_t offset, std::uint32_t value) {
  std::memcpy(page.data() + offset, &value, sizeof value);
}

void give_up(RingPage page, Connection& connection, std::uint32_t error) {
  set_field(page, offsetof(Page, error), error);
  connection.ignore();
}

// One contiguous piece, so that nothing is copied twice; the loop comes round for the rest.
std::size_t take_requests(RingPage page, Connection& connection, std::uint32_t waiting) {
  const std::uint32_t consumer = field(page, offsetof(Page, req_cons));
  const std::size_t at = MASK_XENSTORE_IDX(consumer);
  const std::size_t count = std::min<std::size_t>(waiting, XENSTORE_RING_SIZE - at);
  const std::size_t taken = connection.receive(page.subspan(offsetof(Page, req) + at, count));
  set_field(page, offsetof(Page, req_cons), consumer + static_cast<std::uint32_t>(taken));
  return taken;
}

std::size_t give_replies(RingPage page, Connection& connection, std::uint32_t room) {
  const std::uint32_t producer = field(page, offsetof(Page, rsp_prod));
  const std::size_t at = MASK_XENSTORE_IDX(producer);
  const std::size_t most = std::min<std::size_t>(room, XENSTORE_RING_SIZE - at);
  const std::string bytes = connection.take_output(most);
  std::memcpy(page.data() + offsetof(Page, rsp) + at, bytes.data(), bytes.size());
  set_field(page, offsetof(Page, rsp_prod), producer + static_cast<std::uint32_t>(bytes.size()));
  return bytes.size();
}

// The guest starts anew, after kexec for example: both rings empty, nothing remembered.
bool reconnect_if_asked(RingPage page, Connection& connection) {
  if (field(page, offsetof(Page, connection)) != XENSTORE_RECONNECT)
    return false;
  connection.reset();
  for (const std::size_t index : {offsetof(Page, req_cons), offsetof(Page, req_prod),
                                  offsetof(Page, rsp_cons), offsetof(Page, rsp_prod)}) {
    set_field(page, index, 0);
  }
  set_field(page, offsetof(Page, error), XENSTORE_ERROR_NONE);
  set_field(page, offsetof(Page, connection), XENSTORE_CONNECTED);
  return true;
}

}  // namespace

void announce_features(RingPage page) {
  set_field(page, offsetof(Page, server_features),
            XENSTORE_SERVER_FEATURE_RECONNECTION | XENSTORE_SERVER_FEATURE_ERROR);
  set_field(page, offsetof(Page, connection), XENSTORE_CONNECTED);
  set_field(page, offsetof(Page, error), XENSTORE_ERROR_NONE);
}

RingTraffic exchange(RingPage page, Connection& connection) {
  RingTraffic traffic;
  traffic.reconnected = reconnect_if_asked(page, connection);
  while (!connection.ignored()) {
    const std::uint32_t waiting =
        field(page, offsetof(Page, req_prod)) - field(page, offsetof(Page, req_cons));
    const std::uint32_t unread =
        field(page, offsetof(Page, rsp_prod)) - field(page, offsetof(Page, rsp_cons));
    if (waiting > XENSTORE_RING_SIZE || unread > XENSTORE_RING_SIZE) {
      give_up(page, connection, XENSTORE_ERROR_RINGIDX);
      break;
    }
    const std::size_t given = give_replies(page, connection, XENSTORE_RING_SIZE - unread);
    const std::size_t taken = take_requests(page, connection, waiting);
    if (connection.ignored())
      give_up(page, connection, XENSTORE_ERROR_PROTO);
    traffic.given += given;
    traffic.taken += taken;
    if (given + taken == 0)
      break;
  }
  return traffic;
}

}  // namespace gv::xenstore
