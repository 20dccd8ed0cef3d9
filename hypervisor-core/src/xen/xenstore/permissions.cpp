// SPDX-License-Identifier: MIT

#include "xen/xenstore/permissions.h"

#include "xen/xenstore/store_path.h"

#include <algorithm>

namespace gv::xenstore {

namespace {

constexpr std::string_view kLetters = "nrwb";  // by the value of Access

bool is(const Caller& caller, DomainId domain) {
  return caller.domain == domain || caller.target == domain;
}

}  // namespace

std::string format(const Permission& permission) {
  return kLetters[static_cast<std::size_t>(permission.access)] + std::to_string(permission.domain);
}

std::optional<Permission> parse_permission(std::string_view text) {
  const std::size_t letter = text.empty() ? kLetters.npos : kLetters.find(text[0]);
  if (letter == kLetters.npos)
    return std::nullopt;
  const auto domain = parse_number(text.substr(1), 0x7fff);
  if (!domain)
    return std::nullopt;
  return Permission{static_cast<DomainId>(*domain), static_cast<Access>(letter)};
}

bool Permissions::owned_by(const Caller& caller) const {
  return caller.privileged() || is(caller, owner());
}

Access Permissions::granted(const Caller& caller) const {
  if (owned_by(caller))
    return Access::Both;
  const auto mine = std::find_if(entries_.begin() + 1, entries_.end(),
                                 [&](const Permission& p) { return is(caller, p.domain); });
  return mine == entries_.end() ? entries_.front().access : mine->access;
}

bool Permissions::forget(DomainId domain) {
  const auto gone = std::remove_if(entries_.begin() + 1, entries_.end(),
                                   [&](const Permission& p) { return p.domain == domain; });
  const bool any = gone != entries_.end();
  entries_.erase(gone, entries_.end());
  return any;
}

}  // namespace gv::xenstore
