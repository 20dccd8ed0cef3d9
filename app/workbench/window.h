// SPDX-License-Identifier: MIT
//
// window.h - one native window with an OpenGL 3.2 context and Dear ImGui in it.
//
// The only file pair that sees GLFW. It turns key events into KeyChords, because
// ImGui's key names differ between the versions that Debian ships, and reports
// whether anything happened that needs a new frame.
//
// Units: framebuffer pixels. Threads: main thread only, as GLFW demands; wake()
// from any.

#pragma once

#include "gv/result.h"
#include "visualizers/style.h"
#include "workbench/key_chord.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace gv {

struct KeyPress {
  KeyChord chord;
  bool repeat = false;
};

class Window {
 public:
  // Error (NotAvailable): no display, or no OpenGL 3.2 context.
  static Result<std::unique_ptr<Window>> open(const std::string& title, int width, int height);
  ~Window();
  Window(const Window&) = delete;
  Window& operator=(const Window&) = delete;

  // Handles waiting events; sleeps until one arrives, at most `seconds`. 0 does not sleep.
  void wait(double seconds);
  bool close_requested() const;
  // Whether an event since the last call asks for a new picture.
  bool take_activity();
  std::vector<KeyPress> take_keys();

  int width() const;  // of the framebuffer
  int height() const;
  std::pair<int, int> size_in_units() const;  // of the desktop: what open() takes
  float content_scale() const;                // what the display says one unit is worth
  void resize(int width, int height);
  void set_title(const std::string& title);

  void begin_frame();         // up to ImGui's own NewFrame
  void render(Color ground);  // draws ImGui's finished frame; not yet shown
  void show();                // swaps
  void rebuild_font_texture();
  // RGB rows, top first, of what was rendered and not yet shown.
  std::vector<std::uint8_t> read_pixels() const;

 private:
  struct Implementation;
  explicit Window(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv
