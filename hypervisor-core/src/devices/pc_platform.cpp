// SPDX-License-Identifier: MIT

#include "devices/pc_platform.h"

#include "devices/bios.h"
#include "devices/cmos_rtc.h"
#include "devices/debug_console.h"
#include "devices/debug_exit.h"
#include "devices/keyboard_8042.h"
#include "devices/pic_8259.h"
#include "devices/pit_8254.h"
#include "devices/serial_16550.h"
#include "devices/vga_text.h"

namespace gv {
namespace {

template <class T, class... Arguments>
T* attach(IoBus& bus, Arguments&&... arguments) {
  auto device = std::make_unique<T>(std::forward<Arguments>(arguments)...);
  T* const raw = device.get();
  const auto attached = bus.attach(std::move(device));
  GV_CHECK(attached.has_value());  // the port ranges are constants, and tested
  return raw;
}

}  // namespace

PcPlatform build_pc_platform(DeviceHost& host, std::uint64_t memory_bytes) {
  PcPlatform pc;
  pc.bus = std::make_unique<IoBus>();
  pc.pic = attach<Pic8259>(*pc.bus);
  pc.pit = attach<Pit8254>(*pc.bus, host);
  pc.keyboard = attach<Keyboard8042>(*pc.bus, host);
  pc.serial = attach<Serial16550>(*pc.bus, host);
  pc.clock = attach<CmosRtc>(*pc.bus, host, memory_bytes);
  pc.vga = attach<VgaText>(*pc.bus, host);
  pc.debug_console = attach<DebugConsole>(*pc.bus, host);
  pc.debug_exit = attach<DebugExit>(*pc.bus, host);
  return pc;
}

void add_bios(PcPlatform& platform, DeviceHost& host, std::uint64_t memory_bytes,
              std::vector<std::uint8_t> disk, std::uint8_t drive) {
  GV_CHECK(platform.bios == nullptr);
  platform.bios =
      attach<Bios>(*platform.bus, host, *platform.bus, memory_bytes, std::move(disk), drive);
  platform.bios->install();
}

}  // namespace gv
