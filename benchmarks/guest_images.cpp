// SPDX-License-Identifier: MIT

#include "guest_images.h"

#include <cstring>

// The assembler reads the files; GV_BENCH_IMAGES is where the build put them.
#define GV_CARRY(name)                                            \
  asm(".section .rodata\n.global gv_" #name "\n.global gv_" #name \
      "_end\n"                                                    \
      "gv_" #name ":\n.incbin \"" GV_BENCH_IMAGES "/" #name       \
      ".bin\"\n"                                                  \
      "gv_" #name "_end:\n.byte 0\n.previous\n");                 \
  extern "C" const std::uint8_t gv_##name[], gv_##name##_end[]

GV_CARRY(tight_loop);
GV_CARRY(shortest_loop);
GV_CARRY(compiled);
GV_CARRY(cli_loop);
GV_CARRY(cli_sti_loop);
GV_CARRY(call_loop);
GV_CARRY(port_loop);
GV_CARRY(bochs_rom);

namespace gv::bench {

namespace {

std::span<const std::uint8_t> carried(Guest guest) {
  switch (guest) {
    case Guest::TightLoop:
      return {gv_tight_loop, gv_tight_loop_end};
    case Guest::ShortestLoop:
      return {gv_shortest_loop, gv_shortest_loop_end};
    case Guest::Compiled:
      return {gv_compiled, gv_compiled_end};
    case Guest::CliLoop:
      return {gv_cli_loop, gv_cli_loop_end};
    case Guest::CliStiLoop:
      return {gv_cli_sti_loop, gv_cli_sti_loop_end};
    case Guest::CallLoop:
      return {gv_call_loop, gv_call_loop_end};
    case Guest::PortLoop:
      return {gv_port_loop, gv_port_loop_end};
  }
  return {};
}

}  // namespace

std::vector<std::uint8_t> guest_image(Guest guest, std::uint32_t turns) {
  const auto bytes = carried(guest);
  std::vector<std::uint8_t> image(bytes.begin(), bytes.end());
  std::memcpy(image.data() + kTurnsOffset, &turns, sizeof turns);
  return image;
}

std::span<const std::uint8_t> bochs_rom() { return {gv_bochs_rom, gv_bochs_rom_end}; }

std::uint32_t finish_address(std::span<const std::uint8_t> image) {
  std::uint32_t address = 0;
  std::memcpy(&address, image.data() + kFinishOffset, sizeof address);
  return address;
}

MachineConfig machine_for(std::vector<std::uint8_t> image) {
  MachineConfig config;
  config.image_path = "benchmark guest";
  config.image = std::move(image);
  config.image_kind = ImageKind::Flat;
  config.trace = TracePolicy::Off;
  config.time_travel = false;
  return config;
}

}  // namespace gv::bench
