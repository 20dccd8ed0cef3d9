// SPDX-License-Identifier: MIT
//
// store_records.h - what a toolstack writes into XenStore for a new domain, and its introduction.
//
// The nodes and their permissions are those of xl for a domain without devices.
// Source: Xen's docs/misc/xenstore-paths.pandoc. Control thread only.

#pragma once

#include "xen/domain.h"
#include "xen/xenstore/store.h"

#include <string>

namespace gv::xen {

// REQUIRES: the store's rings are the domain's hypervisor's.
void introduce(xenstore::Store& store, const Domain& domain, const std::string& name);

// Writes the domain's control/shutdown, which its kernel watches: "poweroff", "reboot".
void ask_to_shut_down(xenstore::Store& store, const Domain& domain, const std::string& how);

}  // namespace gv::xen
