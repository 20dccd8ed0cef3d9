// SPDX-License-Identifier: MIT
//
// workbench.cpp - loading, the loop, and what happens once per frame.

#include "workbench/workbench.h"

#include "lesson/machine_values.h"
#include "lesson/panel_ids.h"
#include "lesson/paths.h"

#include <imgui.h>

#include <algorithm>
#include <cstdio>
#include <tuple>

namespace gv {
namespace {

using Clock = std::chrono::steady_clock;

// A picture is taken once everything has been laid out and nothing moves by itself.
constexpr std::uint64_t kSettledFrames = 8;
constexpr double kIdleSeconds = 0.05;  // how soon a lesson's or a session's news is seen
constexpr double kFrameSeconds = 1.0 / 60.0;
constexpr double kMessageSeconds = 5.0;
// A text that is read from the back of a room.
constexpr float kPresenterScale = 1.35F;

void complain(const std::string& sentence) {
  std::fprintf(stderr, "glassvisor-workbench: %s\n", sentence.c_str());
}

}  // namespace

Workbench::Workbench(Options options, Preferences preferences)
    : options_(std::move(options)), preferences_(std::move(preferences)), saved_(preferences_) {
  theme_ = options_.theme.value_or(preferences_.theme);
  presenting_ = options_.present;
  if (presenting_ && !options_.theme) {
    theme_before_presenting_ = theme_;
    theme_ = Theme::Projector;
  }
}

Workbench::~Workbench() {
  // The player's and the session's threads end before what they might report to.
  gdb_.reset();
  keep_draft(true);
  pane_.reset();
  player_.reset();
  machine_.show(nullptr);
}

Result<void> Workbench::load() {
  if (!options_.script.empty()) {
    auto script = UiScript::load(options_.script, *this);
    if (!script)
      return script.error();
    script_ = std::move(*script);
  }
  if (options_.gdb_port) {
    GV_TRY(gdb::check_drivable(options_.engine));
    auto listening = gdb::GdbServer::listen(*options_.gdb_port);
    if (!listening)
      return listening.error();
    gdb_ = std::move(*listening);
    std::fprintf(stderr, "glassvisor-workbench: gdb may connect to 127.0.0.1:%u\n",
                 unsigned{gdb_->port()});
  }
  if (!options_.image.empty()) {
    GV_TRY(check_available(options_.engine, options_.technique));
    auto path = find_image(options_.image);
    if (!path)
      return path.error();
    auto config = config_for_image(*path);
    if (!config)
      return config.error();
    config->engine = options_.engine;
    config->technique = options_.technique;
    image_name_ = std::filesystem::path(*path).filename().string();
    loading_ = std::async(std::launch::async, [c = std::move(*config)]() mutable {
      return Session::create(std::move(c));
    });
    cards_.arrange(options_.panels.empty() ? preferences_.panels : options_.panels, "", {});
    return {};
  }
  if (!options_.forget) {
    if (auto folder = state_folder()) {
      if (auto progress = Progress::open(*folder))
        progress_ = std::move(*progress);
    }
  }
  std::string lesson = options_.lesson;
  if (lesson.empty()) {
    // A lesson that has been moved away must not keep the window from opening.
    if (auto last = find_lesson(preferences_.last_lesson);
        !preferences_.last_lesson.empty() && last)
      lesson = *last;
    else if (const auto all = lesson_folders(); !all.empty())
      lesson = all.front();
    else
      return Error{ErrorCode::InvalidInput,
                   "there are no lessons here: give a lesson's folder, or --image"};
  }
  return open_lesson(lesson);
}

Result<void> Workbench::open_lesson(const std::string& name) {
  auto folder = find_lesson(name);
  if (!folder)
    return folder.error();
  PlayerOptions player;
  if (options_.seed)
    player.seed = *options_.seed;
  player.race_rounds_per_second = kRaceRoundsPerSecond;
  auto opened = LessonPlayer::open(*folder, player);
  if (!opened)
    return opened.error();
  keep_draft(true);
  draft_of_ = {};
  pane_.reset();
  if (player_) {
    // Its thread may be inside a long run; nobody waits for that here.
    closing_.push_back(std::async(
        std::launch::async,
        [old = std::shared_ptr<LessonPlayer>(std::move(player_))]() mutable { old.reset(); }));
  }
  player_ = std::move(*opened);
  pane_ = std::make_unique<LessonPane>(*player_);
  pane_->refresh();
  machine_.show(nullptr);
  image_name_.clear();
  followed_beat_.clear();
  played_hash_.clear();
  preferences_.last_lesson = std::filesystem::path(*folder).filename().string();
  if (window_)
    window_->set_title(player_->lesson().meta.title + " - Glassvisor");
  follow_lesson();
  return {};
}

Result<void> Workbench::open_window() {
  const bool sized = options_.width > 0;
  auto window = Window::open("Glassvisor", sized ? options_.width : preferences_.window_width,
                             sized ? options_.height : preferences_.window_height);
  if (!window)
    return window.error();
  window_ = std::move(*window);
  if (player_)
    window_->set_title(player_->lesson().meta.title + " - Glassvisor");
  else
    window_->set_title(image_name_ + " - Glassvisor");
  display_scale_ = window_->content_scale();
  if (options_.scale)
    preferences_.scale = options_.scale;
  typefaces_ = find_typefaces();
  if (!typefaces_.missing.empty())
    say(typefaces_.missing + "; another face takes its place");
  register_actions();
  apply_look();
  return {};
}

void Workbench::apply_look() {
  look_changed_ = false;
  float scale = preferences_.scale.value_or(display_scale_);
  if (presenting_)
    scale = std::min(4.0F, scale * kPresenterScale);
  const bool same_fonts = style_.font(FontRole::Body) != nullptr && style_.scale() == scale;
  Style fresh(theme_, scale);
  if (same_fonts) {
    for (int i = 0; i < kFontRoleCount; ++i)
      fresh.set_font(static_cast<FontRole>(i), style_.font(static_cast<FontRole>(i)));
  } else {
    build_fonts(typefaces_, fresh);
    window_->rebuild_font_texture();
  }
  style_ = fresh;  // Controls hold a reference to this one
  apply_theme(style_);
  settle_frames_ = 3;
}

void Workbench::say(std::string message) {
  const double now = ImGui::GetCurrentContext() != nullptr ? ImGui::GetTime() : 0;
  messages_.push_back({std::move(message), now + kMessageSeconds});
  if (messages_.size() > 4)
    messages_.erase(messages_.begin());
  settle_frames_ = std::max(settle_frames_, 2);
}

int Workbench::run() {
  auto next_frame = Clock::now();
  while (!leave_ && !window_->close_requested()) {
    const bool moving = machine_.running() || machine_.waiting() || race_.running() ||
                        panels_move_ || script_ != nullptr || picture_wanted_ || lua_.busy() ||
                        loading_.valid() || !messages_.empty() || (pane_ && pane_->view().busy) ||
                        !options_.screenshot.empty();
    if (moving || settle_frames_ > 0) {
      const double until = std::chrono::duration<double>(next_frame - Clock::now()).count();
      window_->wait(std::max(0.0, until));
    } else {
      window_->wait(kIdleSeconds);
    }
    report_.resume();
    if (refresh())
      settle_frames_ = std::max(settle_frames_, 2);
    report_.suspend();
    if (window_->take_activity())
      settle_frames_ = 3;
    for (const KeyPress& key : window_->take_keys())
      press(key);
    if (script_) {
      switch (script_->resume()) {
        case UiScript::Status::Running:
          break;
        case UiScript::Status::Failed:
          complain(script_->problem());
          exit_code_ = 1;
          leave_ = true;
          break;
        case UiScript::Status::Finished:
          exit_code_ = script_->exit_code();
          leave_ = true;
          break;
      }
    }
    if (!moving && settle_frames_ == 0)
      continue;
    if (moving && Clock::now() < next_frame && settle_frames_ == 0)
      continue;
    settle_frames_ = std::max(0, settle_frames_ - 1);
    next_frame = std::max(next_frame + std::chrono::duration_cast<Clock::duration>(
                                           std::chrono::duration<double>(kFrameSeconds)),
                          Clock::now());
    frame();
  }
  if (!options_.frames_report.empty()) {
    if (auto written = write_file_atomically(options_.frames_report, report_.json()); !written) {
      complain(written.error().message);
      exit_code_ = 2;
    }
  }
  if (!options_.forget) {
    // A size that the command line asked for is not a preference.
    if (options_.width == 0) {
      std::tie(preferences_.window_width, preferences_.window_height) = window_->size_in_units();
    }
    if (options_.scale)
      preferences_.scale = saved_.scale;
    if (!(preferences_ == saved_)) {
      if (auto saved = save_preferences(preferences_, preferences_file()); !saved)
        complain(saved.error().message);
    }
  }
  return exit_code_;
}

bool Workbench::refresh() {
  bool changed = false;
  if (loading_.valid() && loading_.wait_for(std::chrono::seconds(0)) == std::future_status::ready) {
    auto session = loading_.get();
    changed = true;
    if (!session) {
      complain(session.error().message);
      exit_code_ = session.error().code == ErrorCode::NotAvailable ? 5
                   : session.error().code == ErrorCode::Internal   ? 70
                                                                   : 2;
      leave_ = true;
    } else {
      machine_.show(std::shared_ptr<Session>(std::move(*session)));
    }
  }
  if (pane_ && pane_->refresh()) {
    changed = true;
    follow_lesson();
  }
  if (player_)
    machine_.show(player_->session());
  if (gdb_)
    gdb_->serve(machine_.shared_session());
  changed = machine_.refresh() || changed;
  changed = refresh_race() || changed;
  for (std::string& refusal : machine_.take_refusals())
    say(std::move(refusal));
  lua_.set_machine(machine_.shared_session());
  lua_.set_allowed(may("lua"));
  changed = lua_.refresh() || changed;
  keep_draft(false);
  const double now = ImGui::GetTime();
  const auto old = std::erase_if(messages_, [now](const Message& m) { return m.until < now; });
  return changed || old > 0;
}

// What a beat asks of the window: its panels once, its ledgers while they are compared.
void Workbench::follow_lesson() {
  const LessonView& view = pane_->view();
  if (view.beat_id != followed_beat_ && !view.beat_id.empty()) {
    followed_beat_ = view.beat_id;
    if (options_.panels.empty())
      cards_.arrange(view.panels.open, view.panels.focus, view.panels.highlight);
    else
      cards_.arrange(options_.panels, "", view.panels.highlight);
    selection_ = Selection();
  }
  if (view.other_side) {
    compared_ =
        ComparedLedger{std::string(name_of(view.other_side->technique)), view.other_side->ledger};
  } else {
    compared_.reset();
  }
  if (view.phase == LessonPhase::Done && played_hash_.empty())
    played_hash_ = hexadecimal(player_->played().event_log_hash);
  if (view.phase != LessonPhase::Done)
    played_hash_.clear();
  if (progress_ && !options_.forget) {
    if (auto noted = progress_->note(view, player_->lesson()); !noted) {
      say(noted.error().message);
      progress_.reset();  // once said is enough
    }
  }
  follow_task();
}

void Workbench::advance_lesson() {
  if (!breakpoints_.all.empty()) {
    breakpoints_rest_ = true;  // at once: the lesson's next run may begin before the next frame
    machine_.submit(SetBreakpoints{});
  }
  pane_->advance(presenting_);
}

void Workbench::frame() {
  if (look_changed_)
    apply_look();
  report_.resume();
  window_->begin_frame();
  draw();
  ImGui::Render();
  report_.suspend();
  report_.end(machine_.running() || race_.running(), machine_.events().size());
  ++frame_number_;
  window_->render(style_.color(Ink::Background));
  take_pictures();
  window_->show();
  report_.first_frame_shown();
  save_svg();
  write_state();
}

void Workbench::take_pictures() {
  if (!options_.screenshot.empty()) {
    // With a lesson the machine is there from the first run on; the question needs none.
    const bool ready = pane_ ? !pane_->view().busy && pane_->view().phase != LessonPhase::Loading
                             : machine_.session() != nullptr && !machine_.waiting();
    if (ready && frame_number_ >= kSettledFrames) {
      picture_wanted_ = WantedPicture{
          options_.screenshot, options_.panels.size() == 1 ? options_.panels.front() : "", true};
      options_.screenshot.clear();
    }
  }
  if (!picture_wanted_)
    return;
  Picture picture{window_->width(), window_->height(), window_->read_pixels()};
  if (!picture_wanted_->panel.empty()) {
    const auto area = cards_.areas().find(picture_wanted_->panel);
    if (area == cards_.areas().end()) {
      complain("the panel '" + picture_wanted_->panel +
               "' is not shown, so no picture of it was taken");
      exit_code_ = 2;
    } else {
      picture = cropped(picture, area->second);
    }
  }
  if (auto written = write_png(picture, picture_wanted_->file); !written) {
    complain(written.error().message);
    exit_code_ = 2;
  } else if (script_ == nullptr) {
    say("Picture written to " + picture_wanted_->file);
  }
  leave_ = leave_ || picture_wanted_->then_leave;
  picture_wanted_.reset();
}

void Workbench::save_svg() {
  const auto svg = cards_.take_svg();
  if (!svg || !svg_wanted_)
    return;
  auto written = write_file_atomically(*svg_wanted_, *svg);
  say(written ? "Picture written to " + *svg_wanted_ : written.error().message);
  svg_wanted_.reset();
}

bool Workbench::script_key(const std::string& text) {
  const auto chord = chord_from_text(text);
  if (!chord)
    return false;
  press(KeyPress{*chord, false});
  return true;
}

void Workbench::script_type(const std::string& text) {
  if (ImGui::GetIO().WantTextInput || palette_.is_open()) {
    ImGui::GetIO().AddInputCharactersUTF8(text.c_str());
    return;
  }
  for (const char c : text)
    press(KeyPress{KeyChord{std::string(1, c)}, false});
}

void Workbench::script_open(const std::vector<std::string>& panels) {
  cards_.arrange(panels, "", {});
}

void Workbench::script_look(const std::string& theme, float scale) {
  for (int i = 0; i < kThemeCount; ++i) {
    if (theme == name_of(static_cast<Theme>(i)))
      theme_ = static_cast<Theme>(i);
  }
  if (scale >= 1.0F && scale <= 4.0F)
    preferences_.scale = scale;
  look_changed_ = true;
}

void Workbench::script_size(int width, int height) { window_->resize(width, height); }

void Workbench::script_screenshot(const std::string& file, const std::string& panel) {
  picture_wanted_ = WantedPicture{file, panel, false};
}

}  // namespace gv
