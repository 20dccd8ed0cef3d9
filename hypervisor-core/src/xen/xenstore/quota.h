// SPDX-License-Identifier: MIT
//
// quota.h - how much of the store one domain may use.
//
// The numbers are xenstored's defaults. Dom0 has no quota: it is the store's
// administrator. Each is there because a guest once used up a host without it
// (XSA-206, XSA-326 and others).
//
// Source: xenstored --help (Xen 4.17). Threads: values.

#pragma once

#include <cstddef>

namespace gv::xenstore {

struct Quota {
  std::size_t nodes = 1000;              // owned by one domain
  std::size_t node_bytes = 2048;         // a node's record: header, permissions, value, names below
  std::size_t permissions = 5;           // of one node
  std::size_t watches = 128;             // of one domain
  std::size_t transactions = 10;         // open at a time
  std::size_t transaction_nodes = 1024;  // seen or changed by one
  std::size_t outstanding = 20;          // replies that the domain has not fetched
  std::size_t memory = 2560 * 1024;      // nodes, transactions, watches, undelivered messages
  // Not Xen's: an outside client that never reads is hung up on.
  std::size_t outside_unread = 4 << 20;
};

}  // namespace gv::xenstore
