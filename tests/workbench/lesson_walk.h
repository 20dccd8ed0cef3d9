// SPDX-License-Identifier: MIT
//
// lesson_walk.h - hands that play any lesson to its end, by what the screen offers.

#pragma once

#include "workbench/window_bench.h"

#include <functional>
#include <string>

namespace gv::window_bench {

class LessonWalk {
 public:
  enum class Hands { KeysAndClicks, KeysOnly };
  LessonWalk(Window& window, Hands hands) : window_(window), hands_(hands) {}

  // Called once in each phase of each beat, when it waits for the learner.
  void on_phase(std::function<void(const nlohmann::json& lesson)> visit) {
    visit_ = std::move(visit);
  }
  void play();
  int clicks() const { return clicks_; }
  int keys() const { return keys_; }

 private:
  bool by_click();
  void key(const std::string& keysym);
  void click(const std::string& control);
  void answer(const nlohmann::json& lesson);

  Window& window_;
  Hands hands_;
  std::function<void(const nlohmann::json&)> visit_;
  int clicks_ = 0, keys_ = 0, turn_ = 0;
};

}  // namespace gv::window_bench
