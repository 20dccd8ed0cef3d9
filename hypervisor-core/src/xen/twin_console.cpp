// SPDX-License-Identifier: MIT

#include "xen/twin_console.h"

namespace gv::xen {

std::string TwinConsole::write(ConsoleKind kind, std::uint8_t byte) {
  Side& mine = side_[static_cast<std::size_t>(kind)];
  Side& other = side_[1 - static_cast<std::size_t>(kind)];
  if (!mine.to_repeat.empty() && mine.to_repeat.front() == byte) {
    mine.to_repeat.pop_front();
    mine.held.push_back(static_cast<char>(byte));
    if (mine.to_repeat.empty() || byte == '\n') {
      mine.held.clear();  // a whole line, or all there is: it was a repetition
    }
    return {};
  }
  std::string shown = std::exchange(mine.held, {});
  mine.to_repeat.clear();
  shown.push_back(static_cast<char>(byte));
  for (const char each : shown) {
    other.to_repeat.push_back(static_cast<std::uint8_t>(each));
  }
  while (other.to_repeat.size() > kMostBehind) {
    other.to_repeat.pop_front();
  }
  return shown;
}

void TwinConsole::save(StateWriter& out) const {
  for (const Side& side : side_) {
    out.bytes({side.to_repeat.begin(), side.to_repeat.end()});
    out.bytes({side.held.begin(), side.held.end()});
  }
}

void TwinConsole::restore(StateReader& in) {
  for (Side& side : side_) {
    const auto repeat = in.bytes();
    side.to_repeat.assign(repeat.begin(), repeat.end());
    const auto held = in.bytes();
    side.held.assign(held.begin(), held.end());
  }
}

}  // namespace gv::xen
