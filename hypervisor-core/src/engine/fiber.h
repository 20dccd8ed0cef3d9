// SPDX-License-Identifier: MIT
//
// fiber.h - a second stack on the same thread.
//
// Unicorn answers IN and traps inside callbacks, deep in uc_emu_start. The run
// loop wants them as return values. A fiber reconciles the two: the engine runs
// on its own stack, a callback switches back to the loop with an Exit in hand,
// and the next run() switches into the callback again with the answer.
//
// Not a scheduler and not a thread: exactly one of the two stacks runs.
// Control thread only. Built on Boost.Context; tells the sanitizers.

#pragma once

#include <cstddef>
#include <memory>

namespace gv {

class Fiber {
 public:
  using Entry = void (*)(void* argument);

  // `entry` must never return; destroy the fiber while it is suspended.
  Fiber(Entry entry, void* argument);
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // Runs the fiber until it suspends. Called from outside.
  void resume();
  // Goes back to whoever resumed. Called from inside.
  void suspend();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace gv
