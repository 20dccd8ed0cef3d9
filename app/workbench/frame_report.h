// SPDX-License-Identifier: MIT
//
// frame_report.h - what frames cost, without what the rasterizer costs.
//
// The cost of a frame is the GUI thread's own CPU time for fetching what is new
// and from ImGui's NewFrame to its Render: layout, panels, geometry. Drawing the
// triangles is the graphics card's work, or a software rasterizer's, and is not
// counted. The same stretch by the wall clock is reported beside it: it also has
// the waiting for locks, and for a core that another program has.
//
// Units: milliseconds. Threads: GUI thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gv {

class FrameReport {
 public:
  // Work for the next frame goes on from resume() to suspend(), any number of times; then end().
  void resume();
  void suspend();
  void end(bool guest_runs, std::uint64_t events);
  // The first picture is on the screen.
  void first_frame_shown();

  std::string json() const;

 private:
  struct Cost {
    double cpu = 0, wall = 0;
  };
  Cost began_, cost_;
  std::vector<Cost> costs_, costs_running_;
  std::uint64_t events_ = 0;
  double start_to_first_frame_ = 0;
  double cpu_to_first_frame_ = 0;  // of all threads
};

// Since the kernel started this process, dynamic linking included.
double milliseconds_since_process_start();

}  // namespace gv
