// SPDX-License-Identifier: MIT
//
// exporters.h - one function per format; export_trace() in gv/trace_file.h chooses.

#pragma once

#include "gv/trace_file.h"

#include <ostream>

namespace gv {

void export_text(const TraceFile& trace, std::ostream& out);
void export_csv(const TraceFile& trace, std::ostream& out);
void export_perfetto(const TraceFile& trace, std::ostream& out);

}  // namespace gv
