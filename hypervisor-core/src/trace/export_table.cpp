// SPDX-License-Identifier: MIT
//
// export_table.cpp - events as rows: plain text and CSV.

#include "trace/exporters.h"

#include "trace/event_text.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

namespace gv {

void export_text(const TraceFile& trace, std::ostream& out) {
  const TraceHeader& h = trace.header;
  fmt::print(out, "# {}: {} on {}, image {} (xxh3 {:016x}), {} events\n", h.program,
             name_of(h.technique), name_of(h.engine), h.image_name, h.image_hash,
             trace.events.size());
  fmt::print(out, "# {:>8} {:>12} {:>12}  event\n", "sequence", "retired", "cycles");
  if (trace.events.first() > 0) {
    fmt::print(out, "# {} earlier events were lost\n", trace.events.first());
  }
  for (std::uint64_t i = trace.events.first(); i < trace.events.end(); ++i) {
    const Event& e = trace.events[i];
    fmt::print(out, "{:>10} {:>12} {:>12}  {}\n", i, e.retired, e.cycles, describe(e));
  }
}

void export_csv(const TraceFile& trace, std::ostream& out) {
  out << "sequence,retired,cycles,rip,vcpu,event,fields\n";
  if (trace.events.first() > 0) {
    fmt::print(out, "0,,,,,{},count={}\n", EventsLost::kName, trace.events.first());
  }
  for (std::uint64_t i = trace.events.first(); i < trace.events.end(); ++i) {
    const Event& e = trace.events[i];
    std::string fields;
    for_each_field_text(e, [&](std::string_view name, const FieldText& field) {
      if (!fields.empty())
        fields += ';';
      fields += fmt::format("{}={}", name, field.text);
    });
    fmt::print(out, "{},{},{},{:#x},{},{},{}\n", i, e.retired, e.cycles, e.rip.value, e.vcpu,
               name_of(e), fields);
  }
}

}  // namespace gv
