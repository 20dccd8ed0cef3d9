// SPDX-License-Identifier: MIT
//
// requests.h - what each request of the wire protocol asks for.
//
// One function per type, which takes the payload apart and calls the store.
// Exactly one reply follows, with the request's numbers, or an ERROR.
//
// Source: Xen's docs/misc/xenstore.txt; replies and errors as xenstored 4.17
// gives them. Threads: the store's owner.

#pragma once

#include "xen/xenstore/wire.h"

namespace gv::xenstore {

class Connection;
class Store;

void serve(Store& store, Connection& from, const Message& request);

}  // namespace gv::xenstore
