// SPDX-License-Identifier: MIT
//
// screenshot.h - pixels as a PNG file, whole or cut to one panel.
//
// Threads: any; the caller reads the pixels on the GUI thread.

#pragma once

#include "gv/result.h"
#include "workbench/layout.h"

#include <cstdint>
#include <filesystem>
#include <vector>

namespace gv {

struct Picture {
  int width = 0, height = 0;
  std::vector<std::uint8_t> rgb;  // rows from the top
};

// The part of the picture that `area` covers.
Picture cropped(const Picture& picture, const Area& area);
// Error: one sentence that names the file.
Result<void> write_png(const Picture& picture, const std::filesystem::path& file);
Result<Picture> read_png(const std::filesystem::path& file);

}  // namespace gv
