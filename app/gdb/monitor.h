// SPDX-License-Identifier: MIT
//
// monitor.h - what `monitor WORDS` in gdb shows of the hypervisor.
//
// gdb sees a CPU and its memory; these answers show what is below: the exits
// taken, their cost, the guest's own tables beside the shadow's. All of it is
// read from a snapshot and from events, as a panel reads it.
//
// Source: "Debugging with GDB", "Using the gdbserver Program", Monitor Commands.
// Threads: any; asks the session and waits for its answer.

#pragma once

#include "gv/session.h"

#include <string>
#include <string_view>

namespace gv::gdb {

// Lines of text, each ended by a newline. An unknown word is answered with what there is.
std::string monitor(Session& session, std::string_view words);

}  // namespace gv::gdb
