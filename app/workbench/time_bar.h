// SPDX-License-Identifier: MIT
//
// time_bar.h - where the run is, and every way to move it.
//
// The track spans from instruction 0 to the furthest instant explored; its hills
// are exits per stretch, counted from the events. A drag seeks; buttons run actions of the one
// table, so that a button, its key and the palette are the same thing.
//
// Units: instructions retired. Threads: GUI thread.

#pragma once

#include "workbench/actions.h"
#include "workbench/controls.h"
#include "workbench/layout.h"
#include "workbench/shown_machine.h"

#include <string>
#include <vector>

namespace gv {

class TimeBar {
 public:
  struct Context {
    ShownMachine& machine;
    const ActionTable& actions;
    bool may_scrub = true;
    std::string why_not;  // shown when nothing may be moved
  };
  void draw(const Area& area, Controls& controls, const Context& context);

 private:
  static void draw_remark(Controls& controls, const std::string& text, float x, float line,
                          float room);
  void draw_track(const Area& area, Controls& controls, const Context& context);
  void count_exits(const EventView& events, std::uint64_t last, std::size_t columns);

  std::vector<std::uint32_t> hills_;  // exits per column
  std::uint64_t hills_end_ = 0, hills_last_ = 0;
  double counted_at_ = -1;
};

// "1,234,567".
std::string grouped_digits(std::uint64_t value);
// Virtual time for people: "412 ns", "1.204 ms", "3.200 s".
std::string virtual_time(std::uint64_t cycles);

}  // namespace gv
