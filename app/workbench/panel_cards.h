// SPDX-License-Identifier: MIT
//
// panel_cards.h - the frames that panels are drawn in: on the stage and in the inspector.
//
// Owns the panels and which of them are open. A lesson's beat says what to
// open, focus and highlight; a user may change that until the next beat does.
// Panels draw themselves; a card has the title, the mark of a highlight, the
// keyboard focus and the buttons for one panel.
//
// Threads: GUI thread.

#pragma once

#include "visualizers/panel.h"
#include "workbench/controls.h"
#include "workbench/layout.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

// A panel that the workbench draws itself: the Lua console, the breakpoints.
class ExtraPanel {
 public:
  virtual ~ExtraPanel() = default;
  virtual std::string_view id() const = 0;
  virtual std::string_view title() const = 0;
  virtual std::string_view purpose() const = 0;
  virtual Panel::Size least_size() const = 0;
  virtual void draw(Controls& controls) = 0;
};

class PanelCards {
 public:
  explicit PanelCards(const std::vector<ExtraPanel*>& extras);

  struct Entry {
    std::string id, title, purpose;
    Panel* panel = nullptr;  // or
    ExtraPanel* extra = nullptr;
    LeastSize least;
  };
  const std::vector<Entry>& entries() const { return entries_; }
  const Entry* find(std::string_view id) const;

  // What a beat asks for, or the remembered panels of a machine without a lesson.
  void arrange(const std::vector<std::string>& open, const std::string& focus,
               const std::vector<std::string>& highlight);
  void toggle(std::string_view id);
  bool is_open(std::string_view id) const;
  std::vector<std::string> open_on_stage() const { return stage_; }
  void maximize(std::string_view id);  // again: back
  void move_focus(int direction, bool inspector_shown);
  void clear_focus() {
    focused_.clear();
    maximized_.clear();
  }
  const std::string& focused() const { return focused_; }
  void show_in_inspector(std::string_view id) { inspected_ = id; }

  // `live` is null while there is no machine; then cards say what they are going to show.
  void draw_stage(const Area& area, Controls& controls, PanelContext* live);
  void draw_inspector(const Area& area, Controls& controls, PanelContext* live);

  // Of the latest frame, by panel id: for crops and tests.
  const std::map<std::string, Area, std::less<>>& areas() const { return areas_; }
  void begin_frame();
  // The picture of this panel in the next frame is recorded as SVG.
  void record_svg(std::string_view id) { recording_ = id; }
  std::optional<std::string> take_svg();

 private:
  void draw_card(const Entry& entry, const Area& area, Controls& controls, PanelContext* live,
                 bool tabbed);
  void draw_body(const Entry& entry, const Area& area, Controls& controls, PanelContext* live);
  bool tabs(const std::vector<std::string>& ids, std::string& chosen, const Area& area,
            Controls& controls, std::string_view prefix);

  std::vector<std::unique_ptr<Panel>> panels_;
  std::vector<Entry> entries_;
  std::vector<std::string> stage_, highlighted_;
  std::string wanted_focus_, focused_, maximized_, inspected_{"registers"}, stage_tab_;
  std::map<std::string, Area, std::less<>> areas_, drawing_areas_;
  bool focus_pending_ = false;
  std::string recording_;
  std::optional<std::string> svg_;
};

}  // namespace gv
