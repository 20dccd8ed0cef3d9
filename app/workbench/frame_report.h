// SPDX-License-Identifier: MIT
//
// frame_report.h - what frames cost, without what the rasterizer costs.
//
// The cost of a frame is the time from ImGui's NewFrame to its Render on the GUI
// thread: layout, panels, geometry. Drawing the triangles is the graphics card's
// work, or a software rasterizer's, and is not counted.
//
// Units: milliseconds. Threads: GUI thread.

#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace gv {

class FrameReport {
 public:
  using Clock = std::chrono::steady_clock;

  void begin() { began_ = Clock::now(); }
  void end(bool guest_runs, std::uint64_t events);
  // The first picture is on the screen.
  void first_frame_shown();
  double start_to_first_frame() const { return start_to_first_frame_; }
  std::size_t frames() const { return costs_.size(); }

  std::string json() const;

 private:
  Clock::time_point began_;
  std::vector<float> costs_, costs_running_;
  std::uint64_t events_ = 0;
  double start_to_first_frame_ = 0;
};

// Since the kernel started this process, dynamic linking included.
double milliseconds_since_process_start();

}  // namespace gv
