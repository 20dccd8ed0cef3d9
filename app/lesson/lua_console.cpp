// SPDX-License-Identifier: MIT

#include "lesson/lua_console.h"

#include "lesson/lab_bindings.h"
#include "lesson/lua_host.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

namespace gv {
namespace {

LuaLimits console_limits() {
  LuaLimits limits;
  limits.instructions = 200'000'000;
  limits.output_bytes = std::size_t{256} << 10;
  return limits;
}

// A value as a person wants to read it: tables as Lua writes them.
std::string shown(const LuaValue& value, int depth = 0) {
  if (value.is_null())
    return "nil";
  if (value.is_string()) {
    return depth == 0 ? value.get<std::string>()
                      : value.dump(-1, ' ', false, LuaValue::error_handler_t::replace);
  }
  if (!value.is_structured())
    return value.dump();
  std::string out = "{";
  std::size_t count = 0;
  for (const auto& [key, item] : value.items()) {
    out += count++ == 0 ? " " : ", ";
    if (count > 60) {
      out += "...";
      break;
    }
    out += (value.is_object() ? key + " = " : "") + shown(item, depth + 1);
  }
  return out + " }";
}

}  // namespace

struct LuaConsole::Implementation {
  LabEnvironment environment;
  LuaHost host{console_limits(), 1};
  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::string> queue;
  std::vector<ConsoleLine> lines;
  std::shared_ptr<Session> machine, machine_in_lua;
  bool working = false, stopping = false;
  std::thread thread;

  void work() {
    std::unique_lock lock(mutex);
    while (true) {
      changed.wait(lock, [&] { return stopping || !queue.empty(); });
      if (stopping)
        return;
      const std::string line = std::move(queue.front());
      queue.pop_front();
      working = true;
      const std::shared_ptr<Session> current = machine;
      lock.unlock();
      if (current != machine_in_lua && current) {
        gv::set_machine(host, environment, "machine", current);
        machine_in_lua = current;
      }
      const LuaOutcome outcome = host.evaluate("console", line);
      lock.lock();
      if (outcome.ok()) {
        std::string text;
        for (const LuaValue& value : outcome.values) {
          if (!text.empty())
            text += '\t';
          text += shown(value);
        }
        if (!outcome.values.empty())
          lines.push_back({ConsoleLineKind::Result, text});
      } else {
        lines.push_back({ConsoleLineKind::Error, outcome.error->message});
      }
      working = false;
    }
  }
};

LuaConsole::LuaConsole() : implementation_(std::make_unique<Implementation>()) {
  Implementation& self = *implementation_;
  install_lab(self.host, self.environment);
  const auto add = [&self](const std::string& text) {
    const std::lock_guard lock(self.mutex);
    self.lines.push_back({ConsoleLineKind::Output, text});
  };
  self.environment.say = add;
  self.environment.pause = [add](const std::string& text) {
    add(text);
    return true;
  };
  self.host.on_output([add](std::string_view text) {
    if (!text.empty() && text.back() == '\n')
      text.remove_suffix(1);
    add(std::string(text));
  });
  self.thread = std::thread([&self] { self.work(); });
}

LuaConsole::~LuaConsole() {
  cancel();
  {
    const std::lock_guard lock(implementation_->mutex);
    implementation_->stopping = true;
  }
  implementation_->changed.notify_all();
  implementation_->thread.join();
}

void LuaConsole::set_machine(std::shared_ptr<Session> session) {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->machine = std::move(session);
}

void LuaConsole::submit(std::string line) {
  {
    const std::lock_guard lock(implementation_->mutex);
    implementation_->lines.push_back({ConsoleLineKind::Input, line});
    implementation_->queue.push_back(std::move(line));
  }
  implementation_->changed.notify_all();
}

void LuaConsole::cancel() {
  const std::lock_guard lock(implementation_->mutex);
  implementation_->queue.clear();
  if (!implementation_->working)
    return;
  implementation_->host.cancel();
  if (implementation_->machine)
    implementation_->machine->submit(Pause{});
}

bool LuaConsole::busy() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->working || !implementation_->queue.empty();
}

std::vector<ConsoleLine> LuaConsole::take_lines() {
  const std::lock_guard lock(implementation_->mutex);
  return std::exchange(implementation_->lines, {});
}

std::vector<std::string> LuaConsole::completions(const std::string& prefix) const {
  std::vector<std::string> found;
  const auto offer = [&](const std::string& name) {
    if (name.rfind(prefix, 0) == 0)
      found.push_back(name);
  };
  offer("machine");
  for (const std::string& name : lab_surface()) {
    offer(name);
    // A method's name follows whatever the machine is called: "machine:re".
    constexpr std::string_view kMethod = "Machine:";
    if (name.rfind(kMethod, 0) == 0)
      offer("machine:" + name.substr(kMethod.size()));
  }
  std::sort(found.begin(), found.end());
  return found;
}

}  // namespace gv
