// SPDX-License-Identifier: MIT
//
// trace_archive.h - trace files straight out of a .tar.xz.
//
// Only what such an archive needs: regular files in ustar, GNU or pax headers.
// Nothing is written to disk and no path in it is followed.

#pragma once

#include "gv/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace gv {

struct TraceFile {
  std::string name;  // for sorting and for messages
  std::string text;
};

Result<std::vector<TraceFile>> files_of_archive(const std::string& path);
// The tar inside; `path` is for messages.
Result<std::vector<TraceFile>> files_of_tar(std::string_view tar, const std::string& path);

}  // namespace gv
