// SPDX-License-Identifier: MIT
//
// device_state_fuzzer.cpp - saved device state that was tampered with.
//
// A checkpoint or a migration stream may be damaged. restore() either refuses
// it or leaves devices that can be used without breaking anything.

#include "../devices/recording_host.h"
#include "devices/bios.h"
#include "devices/pc_platform.h"
#include "devices/vga_text.h"
#include "gv/result.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gv;
  RecordingHost host;
  host.memory.resize(0xc0000);
  PcPlatform pc = build_pc_platform(host, 32 << 20);
  auto state = pc.bus->save();
  for (std::size_t i = 0; i + 2 < size; i += 3) {
    const std::size_t at = static_cast<std::size_t>(data[i] | data[i + 1] << 8);
    state[at % state.size()] = data[i + 2];
  }
  // Few inputs that change much survive the checks, so use every third alone, too.
  if (size % 3 == 0 && size > 2) {
    state = pc.bus->save();
    state[static_cast<std::size_t>(data[0] | data[1] << 8) % state.size()] = data[2];
  }
  if (!pc.bus->restore(state))
    return 0;
  constexpr Cycles kNow = 123'456'789;
  if (const auto due = pc.bus->deadline(); due && *due <= kNow)
    pc.bus->advance(kNow);
  for (std::uint32_t port = 0; port < 0x500; ++port) {
    pc.bus->read(static_cast<std::uint16_t>(port), 1, kNow);
  }
  pc.vga->screen();
  pc.bus->describe(kNow);
  return 0;
}
