// SPDX-License-Identifier: MIT
//
// panel.h - what a panel is and all that it may see.
//
// A panel draws one picture of a run from a snapshot and the events; it never
// touches a machine. It asks through commands and through `wanted`, and it
// shares one selection with all other panels: that is the linked highlighting.
//
// A panel draws into the current ImGui window and fills the content region
// that is left; its owner draws frame and title. Fonts come with the Style.
// Deliberately not: a window, a layout or a place to keep state of the run.
// Threads: GUI thread only.

#pragma once

#include "gv/command.h"
#include "gv/event_log.h"
#include "gv/race.h"
#include "gv/session.h"
#include "gv/snapshot.h"
#include "visualizers/style.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

class SvgRecorder;  // visualizers/drawing/svg_recorder.h

// Texts that did not fit where they were drawn; tests pass one to see that nothing is cut.
struct TextAudit {
  std::vector<std::string> cut;
};

class CommandSink {
 public:
  virtual ~CommandSink() = default;
  virtual std::uint64_t submit(Command command) = 0;
};

// What a panel may ask of the session besides snapshots and events.
class GuestText {
 public:
  virtual ~GuestText() = default;
  // The console text up to the snapshot's position, from byte `from` on.
  virtual std::string console(std::uint64_t from) const = 0;
  virtual const std::vector<Symbol>& symbols() const = 0;
  // "timer_interrupt+0x1c", or empty.
  virtual std::string symbolize(Gva address) const = 0;
};

// What the user points at, shared by all panels.
struct Selection {
  std::optional<std::uint64_t> event;  // sequence number; stays until another is chosen
  std::optional<Gva> hovered;          // under the mouse in any panel; of the frame before
  std::optional<Gva> address;          // chosen by a click or typed in, e.g. to walk

  // Panels write here while they draw; the owner calls begin_frame() before the first panel.
  std::optional<Gva> hovered_next;
  void begin_frame() {
    hovered = hovered_next;
    hovered_next.reset();
  }
};

// The standing breakpoints. Panels change the list; its owner submits SetBreakpoints when
// `changed` and clears the mark.
struct BreakpointList {
  std::vector<Breakpoint> all;
  std::uint32_t next_id = 1;
  bool changed = false;

  const Breakpoint* at(Gva address) const;
  void toggle(Gva address);
};

// A ledger to compare with, of another technique or an earlier run.
struct ComparedLedger {
  std::string name;  // "bare-metal"
  Ledger ledger;
};

// The race that the workbench holds, as its panel sees and changes it.
class RaceSetup {
 public:
  // A pair of engine and technique. One that cannot be had has the sentence why.
  struct Choice {
    EngineKind engine = EngineKind::Unicorn;
    TechniqueKind technique = TechniqueKind::BareMetal;
    std::string why_not;
  };
  virtual ~RaceSetup() = default;
  virtual const RaceView& view() const = 0;  // without lanes there is nothing to race yet
  virtual const std::vector<Choice>& choices() const = 0;
  // One sentence, or empty when it can be done now.
  virtual std::string why_not_start() const = 0;
  virtual std::string why_not_change() const = 0;  // the lanes and the ruler; also while it runs
  virtual void start_or_pause() = 0;
  virtual void reset() = 0;
  virtual void toggle(EngineKind engine, TechniqueKind technique) = 0;
  virtual void set_ruler(RaceRuler ruler) = 0;
  virtual void change_step(int direction) = 0;  // to the next in the row 1, 2, 5, 10, …
};

struct PanelContext {
  const Snapshot& snapshot;
  const EventView& events;
  const GuestText& guest;
  CommandSink& commands;
  Selection& selection;
  BreakpointList& breakpoints;
  const Style& style;
  ViewRequest& wanted;        // panels add what they need in the next snapshot
  double animation_time = 0;  // seconds since start
  const ComparedLedger* compared = nullptr;
  SvgRecorder* svg = nullptr;  // when set, the picture is recorded there as well
  TextAudit* audit = nullptr;
  // The part that a lesson points at, as in "registers/eflags": "eflags"; empty for none.
  std::string_view highlighted_part{};
  bool reduced_motion = false;
  // Whether the learner may change what makes the guest exit.
  bool controls_may_change = true;
  // Set by a panel that something moves in, so that the owner keeps drawing frames.
  bool wants_frames = false;
  // Set by a panel while typing goes to the guest: the owner's shortcuts rest.
  bool takes_keyboard = false;
  RaceSetup* race = nullptr;  // null where no race can be held
};

class Panel {
 public:
  Panel() = default;
  virtual ~Panel() = default;
  Panel(const Panel&) = delete;
  Panel& operator=(const Panel&) = delete;

  // Stable, used by lessons: "trap-theatre", "disassembly", "registers", "page-tables",
  // "console", "screen", "timeline", "ledger", "devices", "microscope", "vmcs",
  // "translation-cache", "race".
  virtual std::string_view id() const = 0;
  virtual std::string_view title() const = 0;
  // One sentence for tooltips and the command palette: what the picture shows.
  virtual std::string_view purpose() const = 0;
  // The least size in pixels at scale 1 at which the picture can be read.
  struct Size {
    float width, height;
  };
  virtual Size least_size() const = 0;
  virtual void draw(PanelContext& context) = 0;
  // The picture as lines of text, for --narrate and screen readers.
  virtual std::vector<std::string> as_text(const PanelContext& context) const = 0;
};

// Every panel, in the order of the view menu. panel_registry.cpp is the list.
std::vector<std::unique_ptr<Panel>> make_panels();

}  // namespace gv
