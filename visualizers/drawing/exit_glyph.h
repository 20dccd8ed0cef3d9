// SPDX-License-Identifier: MIT
//
// exit_glyph.h - the four shapes of exits and the two of sensitive instructions.
//
// Shapes differ in outline, not only in colour: a wedge falls (trap), a diamond
// is asked for (system call), a bolt comes from outside (interrupt), an open
// ring is not seen by the guest (hidden).

#pragma once

#include "gv/instruction.h"
#include "visualizers/drawing/canvas.h"
#include "visualizers/meaning/exit_class.h"

namespace gv {

// `radius` is half the glyph's height.
void draw_glyph(Canvas& canvas, ExitClass exit_class, Point centre, float radius);
// A filled shield-like square for privileged, an open triangle for sensitive yet unprivileged.
void draw_glyph(Canvas& canvas, SensitiveKind kind, Point centre, float radius);
// Glyphs with their names in one row; returns the width. Wraps nothing: measure first.
float draw_exit_legend(Canvas& canvas, Point at);
float exit_legend_width(const Canvas& canvas);

}  // namespace gv
