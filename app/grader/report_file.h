// SPDX-License-Identifier: MIT
//
// report_file.h - a file that is whole or not there.
//
// Written beside its place, forced to the disk and then renamed over it: a full
// disk, a crash or a Ctrl+C never leaves half a report where a platform reads it.

#pragma once

#include "gv/result.h"

#include <string>

namespace gv {

// Error: one sentence that names the path and the mend.
Result<void> write_report_file(const std::string& path, const std::string& content);
Result<void> write_report_to_stdout(const std::string& content);

}  // namespace gv
