// SPDX-License-Identifier: MIT

#include "devices/debug_console.h"

#include "devices/register_text.h"

namespace gv {

std::uint32_t DebugConsole::read(std::uint16_t, std::uint8_t, Cycles) { return byte_lane(0xe9); }

void DebugConsole::write(std::uint16_t, std::uint8_t, std::uint32_t value, Cycles) {
  ++written_;
  host_.console_byte(static_cast<std::uint8_t>(value), true);
}

bool DebugConsole::restore(StateReader& in) {
  written_ = in.u64();
  return in.ok();
}

DeviceState DebugConsole::describe(Cycles) const {
  return {"debug console", {{"bytes written", std::to_string(written_)}}};
}

}  // namespace gv
