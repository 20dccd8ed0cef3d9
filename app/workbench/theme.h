// SPDX-License-Identifier: MIT
//
// theme.h - the Style's tokens as ImGui's own style and colours.
//
// For the few stock widgets that are used: fields, tables, scroll bars, tooltips.
// Threads: GUI thread.

#pragma once

#include "visualizers/style.h"

#include <imgui.h>

namespace gv {

inline ImU32 packed(Color c) { return IM_COL32(c.red, c.green, c.blue, c.alpha); }
ImVec4 vec4(Color c);
inline ImU32 ink(const Style& style, Ink which) { return packed(style.color(which)); }

void apply_theme(const Style& style);

}  // namespace gv
