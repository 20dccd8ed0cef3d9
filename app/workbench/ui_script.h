// SPDX-License-Identifier: MIT
//
// ui_script.h - a Lua script that uses the window as a person would.
//
// For reproducible screenshots, demonstrations and tests: it runs actions, presses
// keys and controls by name, waits for states, never for time alone, and takes
// pictures. It is a coroutine that goes on once per frame. Base, string, table and
// math only: it needs no files beyond the pictures it asks for.
//
// Threads: GUI thread.

#pragma once

#include "gv/result.h"

#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace gv {

// What a script can do; the workbench implements it.
class UiScriptHost {
 public:
  virtual ~UiScriptHost() = default;
  virtual bool script_action(const std::string& id) = 0;  // false: not there or not now
  virtual bool script_key(const std::string& chord) = 0;  // false: no such key
  virtual void script_type(const std::string& text) = 0;  // as typed characters
  virtual bool script_press(const std::string& control) = 0;
  virtual void script_open(const std::vector<std::string>& panels) = 0;
  virtual void script_look(const std::string& theme, float scale) = 0;  // "" and 0: as it is
  virtual void script_size(int width, int height) = 0;
  virtual void script_lua(const std::string& line) = 0;  // into the Lua console
  // Writes the next picture; an empty panel means the whole window.
  virtual void script_screenshot(const std::string& file, const std::string& panel) = 0;
  virtual bool screenshot_pending() const = 0;
  virtual nlohmann::json script_state() const = 0;
};

class UiScript {
 public:
  // Error: the file cannot be read or does not parse.
  static Result<std::unique_ptr<UiScript>> load(const std::string& path, UiScriptHost& host);
  ~UiScript();

  enum class Status { Running, Finished, Failed };
  // Goes on until the script waits for the next frame.
  Status resume();
  const std::string& problem() const;  // one sentence, when Failed
  int exit_code() const;

 private:
  struct Implementation;
  explicit UiScript(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace gv
