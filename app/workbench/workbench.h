// SPDX-License-Identifier: MIT
//
// workbench.h - the window with everything in it, and the loop that draws it.
//
// Owns the parts and connects them; each part knows only what it draws. The
// loop sleeps until something happens and draws sixty times a second only while something
// moves. It never waits for a guest: commands go down, snapshots come up.
//
// Threads: main thread only.

#pragma once

#include "gdb/gdb_server.h"
#include "lesson/lesson_player.h"
#include "lesson/progress.h"
#include "workbench/actions.h"
#include "workbench/breakpoints_panel.h"
#include "workbench/command_palette.h"
#include "workbench/fonts.h"
#include "workbench/frame_report.h"
#include "workbench/lesson_pane.h"
#include "workbench/lua_console_panel.h"
#include "workbench/options.h"
#include "workbench/panel_cards.h"
#include "workbench/preferences.h"
#include "workbench/screenshot.h"
#include "workbench/shown_machine.h"
#include "workbench/shown_race.h"
#include "workbench/time_bar.h"
#include "workbench/ui_script.h"
#include "workbench/window.h"

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace gv {

class Workbench : private UiScriptHost {
 public:
  Workbench(Options options, Preferences preferences);
  ~Workbench() override;

  // What must be right before a window opens: lesson, image, script. Error: one sentence.
  Result<void> load();
  // Error (NotAvailable): no window to be had.
  Result<void> open_window();
  // Until the window closes. Returns the exit code of the program.
  int run();

 private:
  // workbench_actions.cpp
  void register_actions();
  void register_lesson_actions();
  void register_view_actions();
  void register_lessons();
  void press(const KeyPress& key);
  bool may(std::string_view control) const;  // what the lesson allows right now
  bool can_move(std::string_view control) const;
  std::string why_not_move() const;
  std::string why_no_race() const;
  void register_race_actions();
  void run_or_pause();
  void next_step();

  // workbench_rooms.cpp
  void draw();
  void draw_top_bar(const Area& area, const Rooms& rooms);
  void draw_menu();
  void draw_messages(const Rooms& rooms);
  void draw_splitters(const Rooms& rooms);
  void draw_room_tabs(const Area& area);

  // workbench.cpp
  bool refresh();
  bool refresh_race();
  void follow_lesson();
  void frame();
  void apply_look();
  void take_pictures();
  void save_svg();
  void write_state();
  void say(std::string message);
  Result<void> open_lesson(const std::string& name);
  void advance_lesson();

  // workbench_breakpoints.cpp
  Gva selected_line() const;  // of the disassembly
  void toggle_breakpoint();
  void edit_condition();
  void tell_breakpoints();

  // workbench_task.cpp
  void follow_task();
  void check_task();
  void go_to_task();
  // Writes the learner's code down, when it has rested for a moment or `now`.
  void keep_draft(bool now);
  nlohmann::json describe_task() const;

  nlohmann::json describe() const;

  // UiScriptHost
  bool script_action(const std::string& id) override { return actions_.run(id); }
  bool script_key(const std::string& chord) override;
  void script_type(const std::string& text) override;
  bool script_press(const std::string& control) override { return ring_.press(control); }
  void script_open(const std::vector<std::string>& panels) override;
  void script_look(const std::string& theme, float scale) override;
  void script_size(int width, int height) override;
  void script_lua(const std::string& line) override { lua_.submit(line); }
  void script_screenshot(const std::string& file, const std::string& panel) override;
  bool screenshot_pending() const override { return picture_wanted_.has_value(); }
  nlohmann::json script_state() const override { return describe(); }

  Options options_;
  Preferences preferences_, saved_;
  Typefaces typefaces_;
  std::unique_ptr<Window> window_;
  Style style_;
  float display_scale_ = 1;
  bool presenting_ = false, look_changed_ = true;
  Theme theme_ = Theme::Light;
  std::optional<Theme> theme_before_presenting_;

  FocusRing ring_;
  Controls controls_{style_, ring_};
  ShownMachine machine_;
  ShownRace race_;
  std::unique_ptr<LessonPlayer> player_;
  std::unique_ptr<LessonPane> pane_;
  std::optional<Progress> progress_;
  std::future<Result<std::unique_ptr<Session>>> loading_;
  std::string image_name_;
  LuaConsolePanel lua_;
  TimeBar time_bar_;
  ActionTable actions_;
  CommandPalette palette_;
  HelpPage help_;
  Selection selection_;
  BreakpointList breakpoints_;
  bool breakpoints_rest_ = false;            // while the lesson moves the machine
  std::weak_ptr<Session> breakpoints_told_;  // the machine that knows of them
  BreakpointsPanel breakpoints_panel_{breakpoints_, machine_};
  PanelCards cards_{{&lua_, &breakpoints_panel_}};
  TextAudit audit_;
  std::optional<ComparedLedger> compared_;
  Room room_ = Room::Lesson;  // where there is space for one only
  bool menu_wanted_ = false, lessons_listed_ = false;
  std::string dragging_;

  std::unique_ptr<UiScript> script_;
  FrameReport report_;
  struct WantedPicture {
    std::string file, panel;
    bool then_leave = false;
  };
  std::optional<WantedPicture> picture_wanted_;
  std::optional<std::string> svg_wanted_;
  std::uint64_t edits_seen_ = 0, edits_kept_ = 0;  // of the task's code
  double edited_at_ = 0;
  std::pair<std::string, std::string> draft_of_;  // slug and task
  std::string followed_beat_, state_written_, played_hash_;
  std::uint64_t frame_number_ = 0;
  int settle_frames_ = 3;
  bool panels_move_ = false, panels_type_ = false, leave_ = false;
  int exit_code_ = 0;
  struct Message {
    std::string text;
    double until;
  };
  std::vector<Message> messages_;
  std::unique_ptr<gdb::GdbServer> gdb_;     // follows the machine that is shown
  std::vector<std::future<void>> closing_;  // lessons left behind finish on their own
};

}  // namespace gv
