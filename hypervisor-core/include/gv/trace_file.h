// SPDX-License-Identifier: MIT
//
// trace_file.h - a run's events in a file, and in other people's formats.
//
// A trace file holds what is needed to read the run again, not to run it
// again: the image is named by its hash. The same run gives the same bytes, so
// two runs are compared with cmp. Layout: trace/trace_file.cpp.
//
// Threads: plain functions over values.

#pragma once

#include "gv/event_log.h"
#include "gv/machine_config.h"
#include "gv/result.h"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>

namespace gv {

// What ran, as data. Holds no path and no date: they differ between equal runs.
struct TraceHeader {
  std::string program;  // "glassvisor 0.1.0": who wrote the file
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::TrapAndEmulate;
  std::string image_name;  // last part of the path
  std::uint64_t image_bytes = 0;
  std::uint64_t image_hash = 0;  // XXH3 of the image
  std::string command_line;
  std::uint64_t memory_mib = 0;
  std::uint64_t seed = 0;
  CostModel cost{};
  bool operator==(const TraceHeader&) const = default;
};
TraceHeader trace_header_for(const MachineConfig& config);

struct TraceFile {
  TraceHeader header;
  EventView events;  // first() is above 0 when the recorder had dropped the oldest
};

// Errors are sentences that name the path. A hostile file gives an error, nothing worse.
Result<void> write_trace(const std::string& path, const TraceHeader& header,
                         const EventView& events);
Result<TraceFile> read_trace(const std::string& path);
// The same over memory; `name` stands in for the path.
std::string encode_trace(const TraceHeader& header, const EventView& events);
Result<TraceFile> decode_trace(std::string_view bytes, const std::string& name);

enum class ExportFormat : std::uint8_t {
  Text,      // one event a line, for people and diff
  Csv,       // one event a row, for spreadsheets
  Perfetto,  // Chrome's JSON trace events: open it at ui.perfetto.dev or in chrome://tracing
};
std::string_view name_of(ExportFormat format);  // "text", "csv", "perfetto"
Result<ExportFormat> export_format_from_name(std::string_view name);

Result<void> export_trace(const TraceFile& trace, ExportFormat format, std::ostream& out);
Result<void> export_trace(const TraceFile& trace, ExportFormat format, const std::string& path);

}  // namespace gv
