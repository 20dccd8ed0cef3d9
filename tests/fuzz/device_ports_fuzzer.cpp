// SPDX-License-Identifier: MIT
//
// device_ports_fuzzer.cpp - a guest that writes nonsense to every device.
//
// Input is a programme of port accesses, time steps and key presses. After it,
// the state must survive a save and a restore unchanged, and the restored
// devices must answer as the saved ones: what time travel relies on.

#include "../devices/recording_host.h"
#include "devices/bios.h"
#include "devices/keyboard_8042.h"
#include "devices/pc_platform.h"
#include "devices/pic_8259.h"
#include "devices/serial_16550.h"
#include "devices/vga_text.h"
#include "gv/result.h"

#include <array>

namespace {

constexpr std::array<std::uint16_t, 32> kPorts = {
    0x20,  0x21,  0xa0,  0xa1,  0x4d0, 0x4d1, 0x40,  0x41,  0x42,  0x43,  0x61,
    0x60,  0x64,  0x92,  0x70,  0x71,  0x3c0, 0x3c8, 0x3c9, 0x3d4, 0x3d5, 0x3da,
    0x3f8, 0x3f9, 0x3fa, 0x3fb, 0x3fc, 0x3fd, 0xe9,  0xf4,  0x3c7, 0x3b4};

class Wired final : public gv::DeviceHost {
 public:
  void set_irq(std::uint8_t line, bool level) override {
    GV_CHECK(line < 16);
    pc->pic->set_line(line, level);
  }
  void console_byte(std::uint8_t, bool) override {}
  void request_exit(std::uint32_t) override {}
  void request_reset() override {}
  void read_memory(gv::Gpa at, void* out, std::size_t n) override {
    memory.read_memory(at, out, n);
  }
  void write_memory(gv::Gpa at, const void* from, std::size_t n) override {
    memory.write_memory(at, from, n);
  }
  gv::RecordingHost memory;
  gv::PcPlatform* pc = nullptr;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gv;
  static Wired host;
  PcPlatform pc = build_pc_platform(host, 32 << 20);
  host.pc = &pc;
  Cycles now = 0;
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const std::uint8_t action = data[i], a = data[i + 1], b = data[i + 2];
    const std::uint16_t port = kPorts[a % kPorts.size()];
    const auto width = static_cast<std::uint8_t>(1 << (a >> 6) % 3);
    switch (action % 6) {
      case 0:
      case 1:
        pc.bus->write(port, width, b | std::uint32_t{a} << 8, now);
        break;
      case 2:
        pc.bus->read(port, width, now);
        break;
      case 3:
        now += std::uint64_t{a} << (b % 40);
        break;
      case 4:
        pc.keyboard->push_scan_code(a);
        pc.serial->push_input(b);
        break;
      default:
        if (pc.pic->interrupt_pending())
          pc.pic->acknowledge();
        break;
    }
    if (const auto due = pc.bus->deadline(); due && *due <= now) {
      pc.bus->advance(now);
      const auto next = pc.bus->deadline();
      GV_CHECK(!next || *next > now);  // else the run loop would stand still
    }
  }
  const auto screen = pc.vga->screen();
  GV_CHECK(screen.cursor_row >= 0 && screen.cursor_row < 25);
  pc.bus->describe(now);
  const auto state = pc.bus->save();
  PcPlatform twin = build_pc_platform(host, 32 << 20);
  GV_CHECK(twin.bus->restore(state));
  GV_CHECK(twin.bus->save() == state);
  GV_CHECK(twin.bus->deadline() == pc.bus->deadline());
  host.pc = &twin;
  for (const std::uint16_t port : kPorts) {
    const auto expected = pc.bus->read(port, 1, now).value;
    GV_CHECK(twin.bus->read(port, 1, now).value == expected);
  }
  host.pc = &pc;  // the twin goes first
  return 0;
}
