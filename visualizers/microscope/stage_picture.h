// SPDX-License-Identifier: MIT
//
// stage_picture.h - the pictures of the eight stages.
//
// GUI thread only.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/microscope/instruction_view.h"

namespace gv {

// Draws at the top of `area`; returns the height.
float draw_stage(Canvas& canvas, Box area, InstructionStage stage, const InstructionView& view);

}  // namespace gv
