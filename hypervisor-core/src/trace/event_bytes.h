// SPDX-License-Identifier: MIT
//
// event_bytes.h - events from bytes, and the equality that bytes define.
//
// append_bytes() in gv/event_log.h writes; this reads. One event is: its tag,
// retired, cycles, rip, vcpu, then its fields as event_fields.h orders them.
// Integers are LEB128 varints, so the layout knows no endianness and no width.

#pragma once

#include "gv/event.h"

#include <optional>
#include <string>
#include <string_view>

namespace gv {

void append_varint(std::uint64_t value, std::string& out);
// Takes a varint off the front of `in`; empty when it is cut or longer than 64 bits.
std::optional<std::uint64_t> take_varint(std::string_view& in);

// Takes one event off the front of `in`; empty when the bytes are no event.
std::optional<Event> take_event(std::string_view& in);

// Field by field: padding does not count.
bool same_event(const Event& a, const Event& b);

}  // namespace gv
