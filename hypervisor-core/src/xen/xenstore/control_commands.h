// SPDX-License-Identifier: MIT
//
// control_commands.h - what Debian's xenstore-control can ask of this store.
//
// "check" compares parents' lists with nodes, "quota" prints the limits or what
// a domain uses, "help" lists. Deliberately without logging and live update:
// there is no daemon here that could do either.
//
// Source: Xen's docs/misc/xenstore.txt, "Miscellaneous". Threads: the store's owner.

#pragma once

#include "xen/xenstore/tree.h"

namespace gv::xenstore {

class Store;

Answer<std::string> control_command(Store& store, const std::vector<std::string_view>& words);

}  // namespace gv::xenstore
