// SPDX-License-Identifier: MIT
//
// workbench_actions.cpp - the workbench's actions, and where keys go.

#include "workbench/workbench.h"

#include "lesson/panel_ids.h"
#include "lesson/paths.h"

#include <imgui.h>

#include <algorithm>
#include <array>
#include <ctime>

namespace gv {
namespace {

KeyChord chord(std::string_view text) {
  const auto parsed = chord_from_text(text);
  GV_CHECK(parsed.has_value());
  return *parsed;
}

std::vector<KeyChord> chords(std::initializer_list<std::string_view> texts) {
  std::vector<KeyChord> out;
  for (const auto text : texts)
    out.push_back(chord(text));
  return out;
}

// Chords that move or edit within a text field, and must not also move the machine.
bool edits_text(const KeyChord& chord) {
  static constexpr std::array<std::string_view, 14> kKeys = {
      "left",   "right", "up", "down", "home", "end", "backspace",
      "delete", "a",     "c",  "v",    "x",    "y",   "z"};
  return chord.ctrl && !chord.alt &&
         std::find(kKeys.begin(), kKeys.end(), chord.key) != kKeys.end();
}

constexpr std::array<float, 7> kScales = {1.0F, 1.25F, 1.5F, 2.0F, 2.5F, 3.0F, 4.0F};

// Where pictures go; none is ever overwritten.
std::string picture_name(std::string_view what, std::string_view ending) {
  std::filesystem::path folder = std::filesystem::current_path();
  if (auto state = state_folder())
    folder = *state / "pictures";
  std::error_code ignored;  // a folder that cannot be made fails when the file is written
  std::filesystem::create_directories(folder, ignored);
  char stamp[32];
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  localtime_r(&now, &local);
  std::strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &local);
  // Named by the second; a second picture within it gets a number.
  const std::string name = std::string(what) + "-" + stamp;
  std::filesystem::path file = folder / (name + std::string(ending));
  for (int n = 2; std::filesystem::exists(file, ignored); ++n) {
    file = folder / (name + "-" + std::to_string(n) + std::string(ending));
  }
  return file.string();
}

}  // namespace

bool Workbench::may(std::string_view control) const {
  if (machine_.session() == nullptr)
    return false;
  if (!pane_)
    return true;
  const LessonView& view = pane_->view();
  if (view.busy)
    return false;
  if (view.phase == LessonPhase::Done || view.phase == LessonPhase::Task)
    return true;  // the story is over: the machine is the learner's
  return std::find(view.controls.begin(), view.controls.end(), control) != view.controls.end();
}

bool Workbench::can_move(std::string_view control) const {
  return may(control) && machine_.takes_moves();
}

std::string Workbench::why_not_move() const {
  if (loading_.valid())
    return "the guest is being loaded";
  if (!pane_)
    return "";
  const LessonView& view = pane_->view();
  if (view.phase == LessonPhase::Question)
    return "read the question first";
  if (view.phase == LessonPhase::Predict)
    return "predict first, then the machine runs";
  if (view.busy)
    return "the lesson runs the guest";
  if (machine_.session() == nullptr)
    return "the machine starts with the first run";
  return "";
}

void Workbench::run_or_pause() {
  if (machine_.running())
    machine_.submit(Pause{});
  else
    machine_.submit(Run{});
}

// Page Down, for presenters: whatever comes next.
void Workbench::next_step() {
  if (!pane_)
    return;
  if (pane_->can_commit())
    pane_->commit();
  else
    advance_lesson();
}

void Workbench::register_actions() {
  const auto add = [this](std::string id, std::string title, std::vector<KeyChord> keys,
                          std::function<void()> run, std::function<bool()> enabled,
                          bool repeats = false) {
    actions_.add({std::move(id), std::move(title), "Machine", std::move(keys), std::move(run),
                  std::move(enabled), repeats, true, true});
  };
  const auto forward = [this](const char* control) {
    return [this, control] { return can_move(control) && !machine_.ended(); };
  };
  const auto backward = [this](const char* control) {
    return
        [this, control] { return can_move(control) && machine_.snapshot().position.retired > 0; };
  };
  add(
      "machine.step", "Step one instruction", chords({"f10", "right"}),
      [this] { machine_.submit(Step{}); }, forward("step"), true);
  add(
      "machine.step-back", "Step back one instruction", chords({"shift+f10", "left"}),
      [this] { machine_.submit(StepBack{}); }, backward("step-back"), true);
  add(
      "machine.next-exit", "Run to the next exit", chords({"f8"}),
      [this] {
        Run run;
        run.until.push_back(Breakpoint{0, OnAnyExit{}, {}, "", true});
        machine_.submit(std::move(run));
      },
      forward("run-to-exit"), true);
  add(
      "machine.previous-exit", "Run back to the previous exit", chords({"shift+f8"}),
      [this] {
        machine_.submit(RunBack{{Breakpoint{0, OnAnyExit{}, {}, "", true}}});
      },
      backward("run-back-to-exit"), true);
  add(
      "machine.run", "Run, or pause", chords({"f5", "pause"}), [this] { run_or_pause(); },
      [this] { return may("run") && (machine_.running() || !machine_.ended()); });
  add(
      "machine.run-back", "Run back to a breakpoint or the start", chords({"shift+f5"}),
      [this] { machine_.submit(RunBack{}); }, backward("scrub"));
  add(
      "machine.to-start", "Go to the first instruction", chords({"ctrl+home"}),
      [this] { machine_.seek(0); }, backward("scrub"));
  add(
      "machine.to-furthest", "Go to the furthest instant", chords({"ctrl+end"}),
      [this] { machine_.seek(machine_.snapshot().furthest.retired); },
      [this] {
        return can_move("scrub") &&
               machine_.snapshot().position.retired < machine_.snapshot().furthest.retired;
      });
  add(
      "breakpoint.toggle", "Breakpoint at the selected line, on or off", chords({"f9"}),
      [this] { toggle_breakpoint(); }, [this] { return machine_.session() != nullptr; });
  add(
      "breakpoint.condition", "Condition of the breakpoint at the selected line",
      chords({"shift+f9"}), [this] { edit_condition(); },
      [this] { return machine_.session() != nullptr; });
  add(
      "machine.clear-breakpoints", "Remove all breakpoints", {},
      [this] {
        breakpoints_.all.clear();
        breakpoints_.changed = true;
      },
      [this] { return !breakpoints_.all.empty(); });
  register_race_actions();
  register_lesson_actions();
  register_view_actions();
}

void Workbench::register_lesson_actions() {
  const auto add = [this](std::string id, std::string title, std::vector<KeyChord> keys,
                          std::function<void()> run, std::function<bool()> enabled,
                          bool listed = true, bool helped = true) {
    actions_.add({std::move(id), std::move(title), "Lesson", std::move(keys), std::move(run),
                  std::move(enabled), false, listed, helped});
  };
  const auto answering = [this] { return pane_ && pane_->open_question() != nullptr; };
  const auto predicting = [this] {
    return pane_ && pane_->view().phase == LessonPhase::Predict &&
           pane_->open_question() != nullptr;
  };

  add(
      "lesson.next", "Go on", chords({"space"}), [this] { advance_lesson(); },
      [this] { return pane_ && (pane_->can_advance() || pane_->hides_answer(presenting_)); });
  add(
      "lesson.commit", "Hand in the answer, or go on", chords({"enter"}),
      [this] {
        if (pane_->can_commit())
          pane_->commit();
        else if (pane_->has_task() && !pane_->task_passed())
          pane_->editor().focus();
        else
          advance_lesson();
      },
      [this] {
        return pane_ &&
               (pane_->can_commit() || pane_->can_advance() || pane_->hides_answer(presenting_));
      });
  add(
      "lesson.edit", "Write the task's code", chords({"e"}), [this] { pane_->editor().focus(); },
      [this] { return pane_ && pane_->has_task(); });
  add(
      "lesson.check", "Check the task's code", chords({"ctrl+enter"}), [this] { check_task(); },
      [this] { return pane_ && pane_->can_check_task(); });
  add(
      "lesson.task", "Go to the lesson's task in Lua", chords({"ctrl+j"}), [this] { go_to_task(); },
      [this] { return player_ && !player_->lesson().tasks.empty(); });
  add(
      "lesson.choose", "Pick a choice, or type a number", {KeyChord{"1 … 9"}}, [] {}, answering,
      false);
  for (int n = 0; n <= 9; ++n) {
    const std::string digit = std::to_string(n);
    add(
        "lesson.choose." + digit, "Choice " + digit, {KeyChord{digit}},
        [this, n] {
          const QuestionForm* form = pane_->open_question();
          if (form != nullptr && form->kind == PredictionKind::Number)
            pane_->type(static_cast<char>('0' + n));
          else
            pane_->choose(n);
        },
        answering, false, false);
  }
  add(
      "lesson.dot", "Decimal point", {KeyChord{"."}}, [this] { pane_->type('.'); }, answering,
      false, false);
  add(
      "lesson.minus", "Minus sign", {KeyChord{"-"}}, [this] { pane_->type('-'); }, answering, false,
      false);
  add(
      "lesson.erase", "Take back the last choice or digit", chords({"backspace"}),
      [this] { pane_->erase(); }, answering);
  add(
      "lesson.guessing", "I am guessing", chords({"g"}),
      [this] { pane_->set_confidence(Confidence::Guessing); }, predicting);
  add(
      "lesson.fairly-sure", "I am fairly sure", chords({"f"}),
      [this] { pane_->set_confidence(Confidence::FairlySure); }, predicting);
  add(
      "lesson.certain", "I am certain", chords({"c"}),
      [this] { pane_->set_confidence(Confidence::Certain); }, predicting);
  add(
      "lesson.hint", "Show a hint", chords({"h", "ctrl+h"}), [this] { player_->request_hint(); },
      [this] { return player_ && pane_->view().hints_left > 0; });
  add(
      "lesson.retry", "Play this beat again", chords({"ctrl+r"}), [this] { player_->retry(); },
      [this] { return player_ != nullptr; });
  add(
      "lesson.previous-beat", "Previous beat", chords({"pageup"}),
      [this] { player_->go_to_beat(std::max(0, pane_->view().beat_index - 1)); },
      [this] { return player_ != nullptr; });
  add(
      "lesson.page-down", "Next step, for presenters", chords({"pagedown"}),
      [this] { next_step(); },
      [this] {
        return pane_ &&
               (pane_->can_commit() || pane_->can_advance() || pane_->hides_answer(presenting_));
      });
  add(
      "lesson.next-beat", "Skip to the next beat", chords({"ctrl+pagedown"}),
      [this] { player_->go_to_beat(pane_->view().beat_index + 1); },
      [this] { return player_ && pane_->view().beat_index + 1 < pane_->view().beat_count; });
  add(
      "lesson.reveal", "Reveal what happened", chords({"r"}), [this] { pane_->reveal(); },
      [this] { return pane_ && pane_->hides_answer(presenting_); });
}

void Workbench::register_view_actions() {
  const auto add = [this](std::string id, std::string title, std::string group,
                          std::vector<KeyChord> keys, std::function<void()> run,
                          std::function<bool()> enabled = {}, bool listed = true) {
    actions_.add({std::move(id), std::move(title), std::move(group), std::move(keys),
                  std::move(run), std::move(enabled), false, listed, true});
  };
  int n = 0;
  for (const PanelCards::Entry& entry : cards_.entries()) {
    ++n;
    std::vector<KeyChord> keys;
    if (entry.id == "lua-console")
      keys = chords({"ctrl+l"});
    else if (entry.id == "breakpoints")
      keys = chords({"ctrl+b"});
    else if (n <= 9)
      keys = {chord("ctrl+" + std::to_string(n))};
    add("panel." + entry.id, entry.title, "Panels", std::move(keys), [this, id = entry.id] {
      cards_.toggle(id);
      if (id == "lua-console" && cards_.is_open(id))
        lua_.focus_field();
      if (id == "breakpoints" && cards_.is_open(id))
        breakpoints_panel_.focus_new();
      if (cards_.is_open(id))
        room_ = Room::Stage;
    });
  }
  const auto has_panel = [this] { return !cards_.focused().empty(); };
  add("panel.focus-next", "Focus the next panel", "Panels", chords({"f6"}),
      [this] { cards_.move_focus(1, true); });
  add("panel.focus-previous", "Focus the previous panel", "Panels", chords({"shift+f6"}),
      [this] { cards_.move_focus(-1, true); });
  add("panel.maximize", "Maximize the focused panel", "Panels", chords({"f7"}), [this] {
    const auto open = cards_.open_on_stage();
    if (!cards_.focused().empty())
      cards_.maximize(cards_.focused());
    else if (!open.empty())
      cards_.maximize(open.front());
  });
  add(
      "panel.png", "Save the focused panel as PNG", "Panels", chords({"ctrl+e"}),
      [this] {
        picture_wanted_ =
            WantedPicture{picture_name(cards_.focused(), ".png"), cards_.focused(), false};
      },
      has_panel);
  add(
      "panel.svg", "Save the focused panel as SVG", "Panels", chords({"ctrl+shift+e"}),
      [this] {
        svg_wanted_ = picture_name(cards_.focused(), ".svg");
        cards_.record_svg(cards_.focused());
      },
      has_panel);

  add("view.screenshot", "Save the window as PNG", "View", chords({"ctrl+p"}), [this] {
    picture_wanted_ = WantedPicture{picture_name("workbench", ".png"), "", false};
  });
  add("view.theme", "Next theme: light, dark, projector", "View", chords({"ctrl+t"}), [this] {
    theme_ = static_cast<Theme>((static_cast<int>(theme_) + 1) % kThemeCount);
    preferences_.theme = theme_;
    look_changed_ = true;
  });
  const auto scale_by = [this](int direction) {
    const float now = preferences_.scale.value_or(display_scale_);
    float next = now;
    for (const float s : kScales) {
      if (direction > 0 && s > now + 0.01F) {
        next = s;
        break;
      }
      if (direction < 0 && s < now - 0.01F)
        next = s;
    }
    preferences_.scale = next;
    look_changed_ = true;
  };
  add("view.larger", "Larger", "View", chords({"ctrl+=", "ctrl+shift+="}),
      [scale_by] { scale_by(1); });
  add("view.smaller", "Smaller", "View", chords({"ctrl+-"}), [scale_by] { scale_by(-1); });
  add("view.scale-of-display", "Size that the display asks for", "View", chords({"ctrl+0"}),
      [this] {
        preferences_.scale.reset();
        look_changed_ = true;
      });
  add("view.present", "Presenter mode", "View", chords({"f11"}), [this] {
    presenting_ = !presenting_;
    if (presenting_) {
      theme_before_presenting_ = theme_;
      theme_ = Theme::Projector;
    } else if (theme_before_presenting_) {
      theme_ = *theme_before_presenting_;
      theme_before_presenting_.reset();
    }
    look_changed_ = true;
  });
  add("view.reduced-motion", "Reduced motion, on or off", "View", {}, [this] {
    preferences_.reduced_motion = !preferences_.reduced_motion;
    say(preferences_.reduced_motion ? "Pictures no longer move" : "Pictures move again");
  });
  add("view.room", "Next room, where there is space for one", "View", chords({"f4"}), [this] {
    room_ = static_cast<Room>((static_cast<int>(room_) + 1) % 3);
    if (room_ == Room::Lesson && !pane_)
      room_ = Room::Stage;
  });

  add("app.palette", "Find an action", "Glassvisor", chords({"ctrl+k"}), [this] {
    if (palette_.is_open()) {
      palette_.close();
    } else {
      register_lessons();
      help_.close();
      palette_.open();
    }
  });
  add("app.help", "Keys", "Glassvisor", chords({"f1", "?"}), [this] {
    palette_.close();
    help_.toggle();
  });
  add("app.menu", "Menu", "Glassvisor", chords({"f2", "menu"}), [this] {
    register_lessons();
    menu_wanted_ = true;
  });
  add("focus.next", "Next control", "Glassvisor", chords({"tab"}), [this] { ring_.move(1); });
  add("focus.previous", "Previous control", "Glassvisor", chords({"shift+tab"}),
      [this] { ring_.move(-1); });
  add("app.escape", "Close what is open, or stop a line of Lua", "Glassvisor", chords({"escape"}),
      [this] {
        if (help_.is_open())
          help_.close();
        else if (pane_ && pane_->view().task && pane_->view().task->checking)
          player_->cancel();
        else if (lua_.busy())
          lua_.cancel();
        else if (ring_.any())
          ring_.clear();
        else
          cards_.clear_focus();
      });
  add("app.quit", "Quit", "Glassvisor", chords({"ctrl+q"}), [this] { leave_ = true; });
}

// On the first look at the list: reading every lesson's name is not worth a slower start.
void Workbench::register_lessons() {
  if (lessons_listed_)
    return;
  lessons_listed_ = true;
  for (const std::string& folder : lesson_folders()) {
    auto lesson = load_lesson(folder);
    const std::string name = std::filesystem::path(folder).filename().string();
    const std::string title = lesson ? lesson->meta.title : name;
    actions_.add({"lesson.open." + name,
                  "Open: " + title,
                  "Lessons",
                  {},
                  [this, folder] {
                    if (auto opened = open_lesson(folder); !opened)
                      say(opened.error().message);
                  },
                  {},
                  false,
                  true,
                  true});
  }
}

void Workbench::press(const KeyPress& key) {
  settle_frames_ = 3;
  if (palette_.take_key(key.chord, actions_))
    return;
  const bool typing = ImGui::GetIO().WantTextInput || panels_type_;
  const bool plain =
      !key.chord.ctrl && !key.chord.alt && (key.chord.key[0] != 'f' || key.chord.key.size() < 2);
  if (typing && plain) {
    if (key.chord.key == "escape" && lua_.busy())
      lua_.cancel();
    return;  // the field's own
  }
  if (typing && edits_text(key.chord))
    return;
  // A panel with the keyboard uses the arrows itself; ImGui moves within it.
  const bool arrow = key.chord.key == "left" || key.chord.key == "right" || key.chord.key == "up" ||
                     key.chord.key == "down";
  if (arrow && !cards_.focused().empty() && !key.chord.ctrl)
    return;
  const bool presses = key.chord == KeyChord{"enter"} || key.chord == KeyChord{"space"};
  // Where arrows have moved to a control inside a panel, ImGui presses that one.
  if (presses && !cards_.focused().empty() && ImGui::GetIO().NavVisible &&
      ImGui::IsAnyItemFocused())
    return;
  if (presses && ring_.any()) {
    ring_.press_focused();
    return;
  }
  if (help_.is_open() && key.chord.key != "escape" && key.chord.key != "f1" && key.chord.key != "?")
    return;
  const Action* action = actions_.for_key(key.chord);
  if (action == nullptr || (key.repeat && !action->repeats))
    return;
  // A held step key asks again only when the last step was answered.
  if (key.repeat && machine_.waiting())
    return;
  actions_.run(action->id);
}

}  // namespace gv
