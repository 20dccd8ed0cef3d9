// SPDX-License-Identifier: MIT
//
// exporters.cpp - the choice of a format and of a place to write.

#include "trace/exporters.h"

#include "trace/names.h"

#include <fstream>

namespace gv {
namespace {

constexpr std::array<std::string_view, 3> kFormats = {"text", "csv", "perfetto"};
static_assert(static_cast<std::size_t>(ExportFormat::Perfetto) + 1 == kFormats.size());

}  // namespace

std::string_view name_of(ExportFormat format) { return name_in(kFormats, format); }

Result<ExportFormat> export_format_from_name(std::string_view name) {
  return enumerator_from_name<ExportFormat>(name, kFormats, "export format");
}

Result<void> export_trace(const TraceFile& trace, ExportFormat format, std::ostream& out) {
  switch (format) {
    case ExportFormat::Text:
      export_text(trace, out);
      break;
    case ExportFormat::Csv:
      export_csv(trace, out);
      break;
    case ExportFormat::Perfetto:
      export_perfetto(trace, out);
      break;
  }
  out.flush();
  if (!out) {
    return Error{ErrorCode::InvalidInput,
                 "cannot write the export: the output refused bytes; check the free space"};
  }
  return {};
}

Result<void> export_trace(const TraceFile& trace, ExportFormat format, const std::string& path) {
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  if (!out) {
    return Error{ErrorCode::InvalidInput,
                 "cannot write the export '" + path + "': give a path in a writable folder"};
  }
  return export_trace(trace, format, out);
}

}  // namespace gv
