// SPDX-License-Identifier: MIT
//
// window.cpp - GLFW, OpenGL and ImGui's two backends.

#include "workbench/window.h"

#include <GL/gl.h>
#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <imgui.h>
#include <imgui_impl_glfw.h>
#include <imgui_impl_opengl3.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <deque>
#include <utility>

namespace gv {
namespace {

// Keys that type no character. Every other key is named by the character it types.
constexpr std::array<std::pair<int, const char*>, 37> kNamedKeys = {{
    {GLFW_KEY_SPACE, "space"},
    {GLFW_KEY_ENTER, "enter"},
    {GLFW_KEY_KP_ENTER, "enter"},
    {GLFW_KEY_ESCAPE, "escape"},
    {GLFW_KEY_TAB, "tab"},
    {GLFW_KEY_BACKSPACE, "backspace"},
    {GLFW_KEY_DELETE, "delete"},
    {GLFW_KEY_PAGE_UP, "pageup"},
    {GLFW_KEY_PAGE_DOWN, "pagedown"},
    {GLFW_KEY_HOME, "home"},
    {GLFW_KEY_END, "end"},
    {GLFW_KEY_LEFT, "left"},
    {GLFW_KEY_RIGHT, "right"},
    {GLFW_KEY_UP, "up"},
    {GLFW_KEY_DOWN, "down"},
    {GLFW_KEY_PAUSE, "pause"},
    {GLFW_KEY_F1, "f1"},
    {GLFW_KEY_F2, "f2"},
    {GLFW_KEY_F3, "f3"},
    {GLFW_KEY_F4, "f4"},
    {GLFW_KEY_F5, "f5"},
    {GLFW_KEY_F6, "f6"},
    {GLFW_KEY_F7, "f7"},
    {GLFW_KEY_F8, "f8"},
    {GLFW_KEY_F9, "f9"},
    {GLFW_KEY_F10, "f10"},
    {GLFW_KEY_F11, "f11"},
    {GLFW_KEY_F12, "f12"},
    {GLFW_KEY_INSERT, "insert"},
    {GLFW_KEY_MENU, "menu"},
    // With Ctrl or Alt these type nothing, and some layouts give GLFW no name for them.
    {GLFW_KEY_KP_ADD, "="},
    {GLFW_KEY_KP_SUBTRACT, "-"},
    {GLFW_KEY_EQUAL, "="},
    {GLFW_KEY_MINUS, "-"},
    {GLFW_KEY_0, "0"},
    {GLFW_KEY_KP_0, "0"},
    {GLFW_KEY_GRAVE_ACCENT, "`"},
}};

constexpr bool types_character(int key) {
  return (key > GLFW_KEY_SPACE && key <= GLFW_KEY_WORLD_2) ||
         (key >= GLFW_KEY_KP_0 && key <= GLFW_KEY_KP_EQUAL && key != GLFW_KEY_KP_ENTER);
}

std::string key_name(int key, int scancode) {
  for (const auto& [code, name] : kNamedKeys) {
    if (code == key)
      return name;
  }
  const char* name = glfwGetKeyName(key, scancode);
  return name != nullptr ? name : "";
}

std::string utf8(unsigned int c) {
  std::string out;
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xc0 | (c >> 6));
    out += static_cast<char>(0x80 | (c & 0x3f));
  } else {
    out += static_cast<char>(0xe0 | (c >> 12));
    out += static_cast<char>(0x80 | ((c >> 6) & 0x3f));
    out += static_cast<char>(0x80 | (c & 0x3f));
  }
  return out;
}

// What would mend it differs: an X11 server is missing, or a GLFW that speaks Wayland is.
const char* why_no_display() {
  const auto named = [](const char* variable) {
    const char* value = std::getenv(variable);
    return value != nullptr && *value != '\0';
  };
  if (named("WAYLAND_DISPLAY") && !named("DISPLAY")) {
    return "this desktop is Wayland alone and GLFW found no way to it: install xwayland and set "
           "DISPLAY, or install libglfw3-wayland in place of libglfw3, or use 'glassvisor run', "
           "which needs no display";
  }
  return "there is no display to open a window on: set DISPLAY, or use 'glassvisor run', which "
         "needs none";
}

// A key, a character or a mouse button as GLFW reported it.
struct RawInput {
  enum class Kind : unsigned char { Key, Character, Button } kind = Kind::Key;
  int code = 0;  // key, character or button
  int scancode = 0, action = 0, mods = 0;
  bool operator==(const RawInput&) const = default;
};

constexpr bool is_modifier(int key) {
  return key >= GLFW_KEY_LEFT_SHIFT && key <= GLFW_KEY_RIGHT_SUPER;
}

}  // namespace

struct Window::Implementation {
  GLFWwindow* window = nullptr;
  bool glfw_started = false, backends_started = false, device_objects = false;
  bool activity = true;
  std::vector<KeyPress> keys;
  std::deque<RawInput> waiting;  // seen, and not yet told to ImGui

  static Implementation& of(GLFWwindow* window) {
    return *static_cast<Implementation*>(glfwGetWindowUserPointer(window));
  }

  ~Implementation() {
    if (backends_started) {
      ImGui_ImplOpenGL3_Shutdown();
      ImGui_ImplGlfw_Shutdown();
    }
    if (ImGui::GetCurrentContext() != nullptr)
      ImGui::DestroyContext();
    if (window != nullptr)
      glfwDestroyWindow(window);
    if (glfw_started)
      glfwTerminate();
  }

  // Under Wayland a window's size and the mouse come in units of the desktop, not in pixels.
  double pixels_per_unit() const {
    int units = 0, pixels = 0, ignored = 0;
    glfwGetWindowSize(window, &units, &ignored);
    glfwGetFramebufferSize(window, &pixels, &ignored);
    return units > 0 && pixels > 0 ? static_cast<double>(pixels) / units : 1.0;
  }

#if IMGUI_VERSION_NUM >= 18900
  // The backend asks GLFW which modifiers are down now, but what is told may be older than that.
  static void tell_modifiers(const RawInput& raw) {
    int mods = raw.mods;
    if (raw.kind == RawInput::Kind::Key && is_modifier(raw.code)) {
      // X11 says what was down before the event. GLFW's keys are in the order of its bits.
      const int own = GLFW_MOD_SHIFT << ((raw.code - GLFW_KEY_LEFT_SHIFT) % 4);
      mods = raw.action == GLFW_RELEASE ? mods & ~own : mods | own;
    }
    ImGuiIO& io = ImGui::GetIO();
    io.AddKeyEvent(ImGuiMod_Ctrl, (mods & GLFW_MOD_CONTROL) != 0);
    io.AddKeyEvent(ImGuiMod_Shift, (mods & GLFW_MOD_SHIFT) != 0);
    io.AddKeyEvent(ImGuiMod_Alt, (mods & GLFW_MOD_ALT) != 0);
    io.AddKeyEvent(ImGuiMod_Super, (mods & GLFW_MOD_SUPER) != 0);
  }
#else
  static void tell_modifiers(const RawInput&) {}
#endif

  void tell(const RawInput& raw) {
    switch (raw.kind) {
      case RawInput::Kind::Key:
        ImGui_ImplGlfw_KeyCallback(window, raw.code, raw.scancode, raw.action, raw.mods);
        tell_modifiers(raw);
        if (raw.action != GLFW_RELEASE)
          press(raw);
        break;
      case RawInput::Kind::Character:
        ImGui_ImplGlfw_CharCallback(window, static_cast<unsigned int>(raw.code));
        if (raw.code > ' ')
          keys.push_back({KeyChord{utf8(static_cast<unsigned int>(raw.code))}, false});
        break;
      case RawInput::Kind::Button:
        ImGui_ImplGlfw_MouseButtonCallback(window, raw.code, raw.action, raw.mods);
        tell_modifiers(raw);
        break;
    }
  }

  void press(const RawInput& raw) {
    const bool ctrl = (raw.mods & GLFW_MOD_CONTROL) != 0, alt = (raw.mods & GLFW_MOD_ALT) != 0;
    // A plain character comes through the character callback, by its own name.
    if (types_character(raw.code) && !ctrl && !alt)
      return;
    KeyPress press;
    press.chord.key = key_name(raw.code, raw.scancode);
    press.chord.ctrl = ctrl;
    press.chord.alt = alt;
    press.chord.shift = (raw.mods & GLFW_MOD_SHIFT) != 0;
    press.repeat = raw.action == GLFW_REPEAT;
    if (!press.chord.key.empty())
      keys.push_back(std::move(press));
  }

  // ImGui looks at keys and buttons once a frame: what is pressed and released between two looks
  // would be lost, and a text field takes characters before keys whatever came first. So input is
  // told as far as one frame can tell it apart; the rest waits for the next. ImGui has this too
  // from 1.87 on, but then our own keys would run ahead of its text.
  void tell_input() {
    std::vector<std::pair<RawInput::Kind, int>> changed;
    bool pressed = false, edited = false;
    while (!waiting.empty()) {
      const RawInput raw = waiting.front();
      if (raw.kind == RawInput::Kind::Character) {
        if (edited)
          break;
      } else {
        const bool is_key = raw.kind == RawInput::Kind::Key, down = raw.action != GLFW_RELEASE;
        const bool modifier = is_key && is_modifier(raw.code);
        const bool edits = is_key && down && !modifier && !types_character(raw.code);
        const std::pair which{raw.kind, raw.code};
        if (std::find(changed.begin(), changed.end(), which) != changed.end() ||
            (modifier && pressed) || (edits && edited))
          break;
        changed.push_back(which);
        pressed = pressed || (down && !modifier);
        edited = edited || edits;
      }
      tell(raw);
      waiting.pop_front();
    }
    activity = activity || !waiting.empty() || !keys.empty();
  }

  void report(const RawInput& raw) {
    activity = true;
    waiting.push_back(raw);
  }

  // Over the backend's, which tell() calls.
  void install_input_callbacks() {
    glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int scancode, int action, int mods) {
      of(w).report({RawInput::Kind::Key, key, scancode, action, mods});
    });
    glfwSetCharCallback(window, [](GLFWwindow* w, unsigned int character) {
      of(w).report({RawInput::Kind::Character, static_cast<int>(character)});
    });
#if IMGUI_VERSION_NUM >= 18700
    glfwSetCursorPosCallback(window, [](GLFWwindow* w, double x, double y) {
      of(w).activity = true;
      const double ratio = of(w).pixels_per_unit();
      ImGui_ImplGlfw_CursorPosCallback(w, x * ratio, y * ratio);
    });
#endif
    glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int button, int action, int mods) {
      of(w).report({RawInput::Kind::Button, button, 0, action, mods});
    });
  }

  // Before the backend's, which call them in turn.
  void install_callbacks() {
    glfwSetWindowUserPointer(window, this);
    glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { of(w).activity = true; });
    glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { of(w).activity = true; });
    glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int) { of(w).activity = true; });
    glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int) { of(w).activity = true; });
    glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { of(w).activity = true; });
    glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { of(w).activity = true; });
  }
};

Window::Window(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Window::~Window() = default;

Result<std::unique_ptr<Window>> Window::open(const std::string& title, int width, int height) {
  auto self = std::make_unique<Implementation>();
  const auto refused = [](const char* sentence) {
    return Error{ErrorCode::NotAvailable, sentence};
  };
#ifdef GLFW_PLATFORM
  // GLFW 3.4 asks for a Wayland server even where none is named, and its library complains aloud.
  const char* wayland = std::getenv("WAYLAND_DISPLAY");
  if (wayland == nullptr || *wayland == '\0')
    glfwInitHint(GLFW_PLATFORM, GLFW_PLATFORM_X11);
#endif
  if (glfwInit() != GLFW_TRUE)
    return refused(why_no_display());
  self->glfw_started = true;
  glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
  glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 2);
  glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
  // GLFW heeds these two only together.
  glfwWindowHintString(GLFW_X11_CLASS_NAME, "glassvisor-workbench");
  glfwWindowHintString(GLFW_X11_INSTANCE_NAME, "glassvisor-workbench");
  self->window = glfwCreateWindow(width, height, title.c_str(), nullptr, nullptr);
  if (self->window == nullptr) {
    return refused(
        "this display gives no OpenGL 3.2 context: install libgl1-mesa-dri for Mesa's software "
        "renderer, or use 'glassvisor run', which needs no display");
  }
  glfwMakeContextCurrent(self->window);
  glfwSwapInterval(1);

  IMGUI_CHECKVERSION();
  ImGui::CreateContext();
  ImGui::GetIO().IniFilename = nullptr;  // rooms are ours; see preferences.h
#if IMGUI_VERSION_NUM >= 18700
  ImGui::GetIO().ConfigInputTrickleEventQueue = false;  // see tell_input
#endif
  self->install_callbacks();
  if (!ImGui_ImplGlfw_InitForOpenGL(self->window, true) ||
      !ImGui_ImplOpenGL3_Init("#version 150")) {
    return refused("Dear ImGui could not start on this display's OpenGL 3.2 context");
  }
  self->backends_started = true;
  self->install_input_callbacks();
  return std::unique_ptr<Window>(new Window(std::move(self)));
}

void Window::wait(double seconds) {
  if (seconds > 0)
    glfwWaitEventsTimeout(seconds);
  else
    glfwPollEvents();
}

bool Window::close_requested() const {
  return glfwWindowShouldClose(implementation_->window) == GLFW_TRUE;
}
bool Window::take_activity() { return std::exchange(implementation_->activity, false); }
std::vector<KeyPress> Window::take_keys() { return std::exchange(implementation_->keys, {}); }

int Window::width() const {
  int w = 0, h = 0;
  glfwGetFramebufferSize(implementation_->window, &w, &h);
  return w;
}
int Window::height() const {
  int w = 0, h = 0;
  glfwGetFramebufferSize(implementation_->window, &w, &h);
  return h;
}
std::pair<int, int> Window::size_in_units() const {
  int w = 0, h = 0;
  glfwGetWindowSize(implementation_->window, &w, &h);
  return {w, h};
}
float Window::content_scale() const {
  float x = 1, y = 1;
  glfwGetWindowContentScale(implementation_->window, &x, &y);
  return std::clamp(std::max(x, y), 1.0F, 4.0F);
}
void Window::resize(int width, int height) {
  const double ratio = implementation_->pixels_per_unit();
  glfwSetWindowSize(implementation_->window, static_cast<int>(width / ratio + 0.5),
                    static_cast<int>(height / ratio + 0.5));
}
void Window::set_title(const std::string& title) {
  glfwSetWindowTitle(implementation_->window, title.c_str());
}

void Window::begin_frame() {
  implementation_->tell_input();
  ImGui_ImplOpenGL3_NewFrame();
  ImGui_ImplGlfw_NewFrame();
  // All that is drawn is laid out in pixels, so that fonts are rasterized at the size they are
  // shown.
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {static_cast<float>(width()), static_cast<float>(height())};
  io.DisplayFramebufferScale = {1, 1};
#if IMGUI_VERSION_NUM < 18700
  if (ImGui::IsMousePosValid()) {
    const auto ratio = static_cast<float>(implementation_->pixels_per_unit());
    io.MousePos = {io.MousePos.x * ratio, io.MousePos.y * ratio};
  }
#endif
  ImGui::NewFrame();
}

void Window::render(Color ground) {
  glViewport(0, 0, width(), height());
  const auto part = [](std::uint8_t c) { return static_cast<float>(c) / 255.0F; };
  glClearColor(part(ground.red), part(ground.green), part(ground.blue), 1.0F);
  glClear(GL_COLOR_BUFFER_BIT);
  ImGui_ImplOpenGL3_RenderDrawData(ImGui::GetDrawData());
}

void Window::show() { glfwSwapBuffers(implementation_->window); }

void Window::rebuild_font_texture() {
  if (!implementation_->device_objects) {
    // Shaders and first texture together; else the first frame would make both once more.
    implementation_->device_objects = ImGui_ImplOpenGL3_CreateDeviceObjects();
    return;
  }
  ImGui_ImplOpenGL3_DestroyFontsTexture();
  ImGui_ImplOpenGL3_CreateFontsTexture();
}

std::vector<std::uint8_t> Window::read_pixels() const {
  const auto w = static_cast<std::size_t>(width()), h = static_cast<std::size_t>(height());
  std::vector<std::uint8_t> upside_down(w * h * 3), rows(w * h * 3);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glReadPixels(0, 0, static_cast<int>(w), static_cast<int>(h), GL_RGB, GL_UNSIGNED_BYTE,
               upside_down.data());
  for (std::size_t y = 0; y < h; ++y) {
    std::copy_n(upside_down.begin() + static_cast<std::ptrdiff_t>((h - 1 - y) * w * 3), w * 3,
                rows.begin() + static_cast<std::ptrdiff_t>(y * w * 3));
  }
  return rows;
}

}  // namespace gv
