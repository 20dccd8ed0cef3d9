// SPDX-License-Identifier: MIT
//
// permissions.h - who may read and write a node.
//
// The first entry names the owner, who may do everything, and what domains
// that are not listed may do. Dom0 may do everything to every node.
//
// Source: Xen's docs/misc/xenstore.txt, GET_PERMS and SET_PERMS.
// Threads: values.

#pragma once

#include "xen/xenstore/wire.h"

namespace gv::xenstore {

enum class Access : std::uint8_t { None = 0, Read = 1, Write = 2, Both = 3 };

constexpr bool includes(Access granted, Access wanted) {
  return (static_cast<unsigned>(granted) & static_cast<unsigned>(wanted)) ==
         static_cast<unsigned>(wanted);
}

// On whose behalf something is done. A target is another domain whose rights this one has too:
// a device model's guest (SET_TARGET).
struct Caller {
  DomainId domain = kDom0;
  std::optional<DomainId> target;
  bool privileged() const { return domain == kDom0; }
};

struct Permission {
  DomainId domain = kDom0;
  Access access = Access::None;
  bool operator==(const Permission&) const = default;
};

// "r3", "n0" and the like.
std::string format(const Permission& permission);
std::optional<Permission> parse_permission(std::string_view text);

class Permissions {
 public:
  // Owned by Dom0, nobody else may.
  Permissions() : entries_{{kDom0, Access::None}} {}
  // `entries` has one at least.
  explicit Permissions(std::vector<Permission> entries) : entries_(std::move(entries)) {}

  DomainId owner() const { return entries_.front().domain; }
  void set_owner(DomainId domain) { entries_.front().domain = domain; }
  bool owned_by(const Caller& caller) const;
  Access granted(const Caller& caller) const;
  // Forgets a domain that is gone, so that the next one with its number inherits nothing.
  // True if there was something to forget.
  bool forget(DomainId domain);

  const std::vector<Permission>& entries() const { return entries_; }
  bool operator==(const Permissions&) const = default;

 private:
  std::vector<Permission> entries_;
};

}  // namespace gv::xenstore
