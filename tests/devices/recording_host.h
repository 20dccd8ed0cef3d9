// SPDX-License-Identifier: MIT
//
// recording_host.h - a DeviceHost that writes down what devices ask of it.
//
// Memory is one real MiB, so that the VGA and BIOS tests read and write bytes
// and not expectations.

#pragma once

#include "gv/device.h"

#include <cstring>
#include <string>
#include <utility>
#include <vector>

namespace gv {

class RecordingHost final : public DeviceHost {
 public:
  void set_irq(std::uint8_t line, bool level) override { irqs.emplace_back(line, level); }
  void console_byte(std::uint8_t byte, bool debug_port) override {
    (debug_port ? debug_text : console_text) += static_cast<char>(byte);
  }
  void request_exit(std::uint32_t code) override { exits.push_back(code); }
  void request_reset() override { ++resets; }
  void read_memory(Gpa address, void* out, std::size_t bytes) override {
    auto* to = static_cast<std::uint8_t*>(out);
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::uint64_t at = address.value + i;
      to[i] = at < memory.size() ? memory[at] : 0xff;
    }
  }
  void write_memory(Gpa address, const void* from, std::size_t bytes) override {
    const auto* source = static_cast<const std::uint8_t*>(from);
    for (std::size_t i = 0; i < bytes; ++i) {
      const std::uint64_t at = address.value + i;
      if (at < memory.size())
        memory[at] = source[i];
    }
  }

  // Rising edges of a line so far.
  int edges(std::uint8_t line) const {
    int count = 0;
    bool level = false;
    for (const auto& [which, now] : irqs) {
      if (which != line)
        continue;
      if (now && !level)
        ++count;
      level = now;
    }
    return count;
  }
  bool level(std::uint8_t line) const {
    bool now = false;
    for (const auto& [which, level] : irqs) {
      if (which == line)
        now = level;
    }
    return now;
  }

  std::vector<std::pair<std::uint8_t, bool>> irqs;
  std::string console_text, debug_text;
  std::vector<std::uint32_t> exits;
  int resets = 0;
  std::vector<std::uint8_t> memory = std::vector<std::uint8_t>(1 << 20, 0);
};

inline std::vector<std::uint8_t> saved(const Device& device) {
  StateWriter out;
  device.save(out);
  return out.take();
}

inline bool restored(Device& device, const std::vector<std::uint8_t>& bytes) {
  StateReader in(bytes);
  return device.restore(in) && in.ok();
}

}  // namespace gv
