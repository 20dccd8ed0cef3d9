// SPDX-License-Identifier: MIT
//
// identity.h - numbers that name domains and results, as types.

#pragma once

#include <cstdint>

namespace gv::xen {

// A domain's number: Xen's domid_t.
using DomainId = std::uint16_t;
inline constexpr DomainId kXenItself = 0x7ff2;  // DOMID_XEN: the owner of Xen's own frames
inline constexpr DomainId kNobody = 0x7ff4;     // DOMID_INVALID: free frames

// What a hypercall returns: zero or more for success, below zero one of Xen's errors.
using Status = std::int64_t;

}  // namespace gv::xen
