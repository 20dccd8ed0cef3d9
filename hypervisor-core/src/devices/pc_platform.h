// SPDX-License-Identifier: MIT
//
// pc_platform.h - the devices of our PC, in the order in which everything lists them.
//
//   IRQ 0  PIT 8254        0x40 to 0x43, 0x61      DeviceHost::set_irq(line, level)
//   IRQ 1  keyboard 8042   0x60, 0x64, 0x92          is forwarded by the machine to
//   IRQ 4  serial 16550    0x3f8 to 0x3ff            pic->set_line(line, level): one
//   IRQ 8  CMOS clock      0x70, 0x71                place where an interrupt can be
//          PIC 8259        0x20, 0xa0, 0x4d0         seen, recorded and broken on
//          VGA text        0x3b4, 0x3ba, 0x3c0
//          debug console   0xe9
//          debug exit      0xf4
//          BIOS            no port; only for a real-mode image
//
// The bus owns the devices; the pointers are for those who know a chip by
// name. A value that can be moved, not copied. Threads: control thread only.

#pragma once

#include "devices/io_bus.h"

#include <memory>

namespace gv {

class Bios;
class CmosRtc;
class DebugConsole;
class DebugExit;
class Keyboard8042;
class Pic8259;
class Pit8254;
class Serial16550;
class VgaText;

struct PcPlatform {
  std::unique_ptr<IoBus> bus;  // on the heap: the BIOS keeps a reference to it
  Pic8259* pic = nullptr;
  Pit8254* pit = nullptr;
  Keyboard8042* keyboard = nullptr;
  Serial16550* serial = nullptr;
  CmosRtc* clock = nullptr;
  VgaText* vga = nullptr;
  DebugConsole* debug_console = nullptr;
  DebugExit* debug_exit = nullptr;
  Bios* bios = nullptr;  // null without add_bios()
};

// `host` must outlive the platform. No device touches it before the guest does.
PcPlatform build_pc_platform(DeviceHost& host, std::uint64_t memory_bytes);

// Adds the BIOS for a real-mode image and writes it into guest memory.
void add_bios(PcPlatform& platform, DeviceHost& host, std::uint64_t memory_bytes,
              std::vector<std::uint8_t> disk, std::uint8_t drive);

}  // namespace gv
