// SPDX-License-Identifier: MIT

#include "devices/debug_exit.h"

namespace gv {

void DebugExit::write(std::uint16_t, std::uint8_t, std::uint32_t value, Cycles) {
  code_ = value;
  host_.request_exit(value);
}

void DebugExit::save(StateWriter& out) const {
  out.flag(code_.has_value());
  out.u32(code_.value_or(0));
}

bool DebugExit::restore(StateReader& in) {
  const bool asked = in.flag();
  const std::uint32_t code = in.u32();
  code_ = asked ? std::optional(code) : std::nullopt;
  return in.ok();
}

DeviceState DebugExit::describe(Cycles) const {
  return {"debug exit", {{"code", code_ ? std::to_string(*code_) : "none"}}};
}

}  // namespace gv
