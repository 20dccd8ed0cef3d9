// SPDX-License-Identifier: MIT
//
// control_commands.h - what an administrator can ask of this store itself.
//
// "check" compares parents' lists with nodes, "quota" prints the limits or what
// a domain uses, "help" lists. Deliberately without logging and live update:
// there is no daemon here that could do either. Debian's xenstore-control first
// looks for a Xen under /sys, so that it asks nothing where there is none.
//
// Source: Xen's docs/misc/xenstore.txt, "Miscellaneous". Threads: the store's owner.

#pragma once

#include "xen/xenstore/tree.h"

namespace gv::xenstore {

class Store;

Answer<std::string> control_command(Store& store, const std::vector<std::string_view>& words);

}  // namespace gv::xenstore
