// SPDX-License-Identifier: MIT
//
// microscope_panel.h - inside one instruction, stage by stage.
//
// Bytes on top, a strip of stages under them, the chosen stage below. Left and
// right move along the strip, up and down between what was just executed and
// what comes next.

#pragma once

#include "visualizers/drawing/canvas.h"
#include "visualizers/microscope/instruction_view.h"
#include "visualizers/panel.h"

#include <string>

namespace gv {

class MicroscopePanel : public Panel {
 public:
  std::string_view id() const override { return "microscope"; }
  std::string_view title() const override { return "Instruction microscope"; }
  std::string_view purpose() const override {
    return "One instruction from fetch to write back, as the interpreter executes it.";
  }
  Size least_size() const override { return {480, 420}; }
  void draw(PanelContext& context) override;
  std::vector<std::string> as_text(const PanelContext& context) const override;

 private:
  const InstructionRecord* shown(const Snapshot& snapshot, bool* happened) const;
  void follow_highlight(std::string_view part);
  // Head and strip are one place for the mouse and for the keyboard.
  float draw_head(Canvas& canvas, Box area, const PanelContext& context,
                  const InstructionView& view);
  float draw_bytes(Canvas& canvas, Box area, const InstructionView& view);
  float draw_strip(Canvas& canvas, Box area, const InstructionView& view, std::string_view part);
  void take_keys();
  // After a step what it did, elsewhere what comes; until the learner chooses.
  void follow_position(const Snapshot& snapshot);

  InstructionStage stage_ = InstructionStage::Decode;
  bool wants_next_ = true;
  Position followed_position_;
  std::string followed_part_;
};

}  // namespace gv
