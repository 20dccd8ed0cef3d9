// SPDX-License-Identifier: MIT
//
// fonts.h - the typefaces, found on this machine and put into one atlas.
//
// Inter for reading, JetBrains Mono for code, DejaVu behind both for arrows,
// boxes and code page 437. They come from Debian's packages; where one is
// missing DejaVu takes its part, and where that is missing ImGui's own face does.
// FreeType rasterizes at the exact pixel size of a scale: no stretched bitmaps.
//
// Threads: GUI thread, between frames.

#pragma once

#include "visualizers/style.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gv {

struct Typefaces {
  std::optional<std::filesystem::path> body, strong, mono, mono_strong;
  std::optional<std::filesystem::path> fallback, mono_fallback;
  // What is missing, as one sentence for the status line; empty when all is there.
  std::string missing;
};

// Looks under the roots, by default /usr/share/fonts and the user's own fonts.
Typefaces find_typefaces(const std::vector<std::filesystem::path>& roots = {});

// Fills ImGui's atlas for `style.scale()` and hands the fonts to the style.
void build_fonts(const Typefaces& typefaces, Style& style);

}  // namespace gv
