// SPDX-License-Identifier: MIT

#include "lesson/lua_budget.h"

#include "lesson/lua_api.h"

#include <cstdlib>

namespace gv {
namespace {

constexpr std::uint64_t kBytesPerInstruction = 32;  // what an allocation costs

void look(lua_State* state, lua_Debug*) { LuaBudget::of(state).on_instructions(state); }

}  // namespace

void set_look_interval(lua_State* state, int instructions) {
  lua_sethook(state, look, LUA_MASKCOUNT, instructions);
}

LuaBudget& LuaBudget::of(lua_State* state) {
  return **static_cast<LuaBudget**>(lua_getextraspace(state));
}

std::int64_t LuaBudget::thread_milliseconds() const {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

void LuaBudget::begin() {
  used_ = 0;
  written_ = 0;
  spent_.reset();
  cancelled = false;
  started_ = thread_milliseconds();
}

void LuaBudget::stop(lua_State* state, LuaFault fault) {
  if (!spent_)
    spent_ = fault;
  // From here on every instruction raises: catching this error gains a script nothing.
  set_look_interval(state, 1);
  luaL_where(state, 0);
  if (lua_tostring(state, -1)[0] == '\0')
    luaL_where(state, 1);
  std::string sentence = lua_tostring(state, -1);
  switch (*spent_) {
    case LuaFault::InstructionLimit:
      sentence += "the script used up its " + std::to_string(limits_.instructions) +
                  " instructions; it may loop without end";
      break;
    case LuaFault::TimeLimit:
      sentence +=
          "the script used up its " + std::to_string(limits_.cpu_time.count()) + " ms of CPU time";
      break;
    case LuaFault::OutputLimit:
      sentence +=
          "the script printed more than its " + std::to_string(limits_.output_bytes) + " bytes";
      break;
    default:
      sentence += "the script was cancelled";
      break;
  }
  lua_pushlstring(state, sentence.data(), sentence.size());
  lua_error(state);
  std::abort();  // lua_error does not return
}

void LuaBudget::pay(lua_State* state, std::uint64_t cost) {
  used_ += cost;
  if (spent_)
    stop(state, *spent_);
  if (used_ > limits_.instructions)
    stop(state, LuaFault::InstructionLimit);
  if (cancelled)
    stop(state, LuaFault::Cancelled);
}

void LuaBudget::on_instructions(lua_State* state) {
  pay(state, kInstructionsPerLook);
  if (thread_milliseconds() - started_ > limits_.cpu_time.count()) {
    stop(state, LuaFault::TimeLimit);
  }
}

void LuaBudget::write(lua_State* state, std::string_view text) {
  written_ += text.size();
  if (written_ > limits_.output_bytes)
    stop(state, LuaFault::OutputLimit);
  output.append(text);
  if (sink)
    sink(text);
}

void* LuaBudget::allocate(void* budget, void* block, std::size_t before, std::size_t after) {
  auto& self = *static_cast<LuaBudget*>(budget);
  if (block == nullptr)
    before = 0;  // Lua passes the kind of object here
  if (after == 0) {
    std::free(block);
    self.memory_ -= before;
    return nullptr;
  }
  if (after > before) {
    const std::size_t more = after - before;
    if (after > self.limits_.largest_allocation ||
        self.memory_ + more > self.limits_.memory_bytes) {
      return nullptr;
    }
    self.used_ += more / kBytesPerInstruction;
  }
  void* moved = std::realloc(block, after);
  if (moved != nullptr)
    self.memory_ = self.memory_ - before + after;
  return moved;
}

}  // namespace gv
