// SPDX-License-Identifier: MIT
//
// trace_header.h - the JSON at the front of a trace file.
//
// JSON, so that `head -c 500` shows a person what the file is.

#pragma once

#include "gv/trace_file.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace gv {

struct ParsedTraceHeader {
  TraceHeader header;
  std::uint64_t first_event = 0;
  std::uint64_t event_count = 0;
};

std::string header_to_json(const TraceHeader& header, const EventView& events);
// The error is the reason alone: "its header is damaged".
Result<ParsedTraceHeader> header_from_json(std::string_view json);

}  // namespace gv
