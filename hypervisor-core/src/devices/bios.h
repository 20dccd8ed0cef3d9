// SPDX-License-Identifier: MIT
//
// bios.h - the BIOS services that boot sectors use, served natively.
//
// A real BIOS is code in ROM. Here the ROM holds one HLT for each interrupt
// vector, and the service behind it is C++:
//
//   0000:4*v   F000:E000+v         the vector, until the guest changes it
//   F000:E000  f4 f4 f4 ... f4     256 HLTs: one executed at F000:E000+v
//                                  means "BIOS, serve interrupt v"
//   F000:EFC7  diskette parameters, where INT 1Eh points
//   F000:FFF0  jump to INT 19h, date, model byte
//
// The machine sees the HLT, asks vector_of() and calls serve(), which does the
// service and the IRET, so that the registers lead back to the caller. A
// service answers in the caller's CF and ZF; a hardware interrupt changes none.
//
//   INT 08 09 0a-0f 70-77  hardware interrupts: tick count, keyboard, EOI
//   INT 10  00-03 05-0a 0e 0f 12/10 13 1a   text mode
//   INT 11 12               equipment, memory below 640 KiB
//   INT 13  00-04 08 15 41-44 48            disk by CHS and LBA
//   INT 14  00-03           COM1
//   INT 15  24 86 88 e801 e820              A20, wait, memory map
//   INT 16  00-02 05 10-12  keyboard
//   INT 18 19               no system: the machine is reset
//   INT 1a  00-02 04        tick count, clock
//
// Teletype output (INT 10h, AH 0e and 13) appears on the console besides the
// screen, as firmware with console redirection does it. Writes to the disk go
// to an overlay in memory; the image file is never changed.
// Left out: graphics, VBE, printers, APM, PCI and protected-mode interfaces.
// Source: IBM PS/2 and PC BIOS Interface Technical Reference, "Interrupts";
// Phoenix, "Enhanced Disk Drive Specification 1.1"; ACPI, "System Address Map".

#pragma once

#include "devices/io_bus.h"
#include "gv/device.h"
#include "gv/registers.h"

#include <array>
#include <map>

namespace gv {

enum class BiosOutcome : std::uint8_t {
  Served,     // done, IRET included: go on at the registers
  Unknown,    // the same, but no such service: AH and CF say so where the convention has that
  Waiting,    // registers are back at the HLT with IF set: idle until an interrupt, then run on
  Unhandled,  // an exception that the guest has no handler for: it crashed
};

class Bios final : public Device {
 public:
  Bios(DeviceHost& host, IoBus& bus, std::uint64_t memory_bytes, std::vector<std::uint8_t> disk,
       std::uint8_t drive);

  // Power-on: fills vectors, data area, ROM and screen; starts timer and PIC.
  void install();

  // The vector that a HLT asks for; `after_halt` is the vCPU after the HLT.
  static std::optional<std::uint8_t> vector_of(const RegisterFile& after_halt);

  BiosOutcome serve(std::uint8_t vector, RegisterFile& registers, Cycles now);

  std::string_view name() const override { return "BIOS"; }
  std::vector<PortRange> ports() const override { return {}; }
  std::uint32_t read(std::uint16_t, std::uint8_t, Cycles) override { return 0xffffffff; }
  void write(std::uint16_t, std::uint8_t, std::uint32_t, Cycles) override {}
  void reset() override;
  void save(StateWriter& out) const override;
  bool restore(StateReader& in) override;
  DeviceState describe(Cycles now) const override;

 private:
  using Sector = std::array<std::uint8_t, 512>;
  // A service in progress: what every service function gets.
  struct Call {
    RegisterFile& r;
    Cycles now;
    std::uint8_t al() const { return static_cast<std::uint8_t>(r[Gpr::Ax]); }
    std::uint8_t ah() const { return static_cast<std::uint8_t>(r[Gpr::Ax] >> 8); }
    std::uint16_t ax() const { return static_cast<std::uint16_t>(r[Gpr::Ax]); }
    std::uint16_t bx() const { return static_cast<std::uint16_t>(r[Gpr::Bx]); }
    std::uint16_t cx() const { return static_cast<std::uint16_t>(r[Gpr::Cx]); }
    std::uint16_t dx() const { return static_cast<std::uint16_t>(r[Gpr::Dx]); }
    void set16(Gpr gpr, std::uint32_t value);
    void set_al(std::uint8_t value) { set16(Gpr::Ax, (ax() & 0xff00u) | value); }
    void set_ah(std::uint8_t value) {
      set16(Gpr::Ax, al() | static_cast<std::uint32_t>(value) << 8);
    }
    void set_carry(bool on);
    void set_zero(bool on);
  };
  enum class Flags { Caller, Answer };  // what IRET brings back: CF and ZF of the caller or ours

  void iret(RegisterFile& r, Flags flags);
  BiosOutcome dispatch(std::uint8_t vector, Call& call);
  BiosOutcome wait_at(std::uint8_t vector, RegisterFile& r);

  // bios_interrupts.cpp: hardware interrupts, exceptions
  BiosOutcome hardware_interrupt(std::uint8_t vector, Call& call);
  BiosOutcome timer_tick(Call& call);
  void end_of_interrupt(std::uint8_t vector, Cycles now);
  void keyboard_interrupt(Cycles now);

  // bios_keyboard.cpp
  BiosOutcome keyboard(Call& call);
  void take_scan_code(std::uint8_t code);
  bool buffer_key(std::uint16_t key);
  std::optional<std::uint16_t> peek_key();
  void drop_key();

  // bios_video.cpp
  bool video(Call& call);
  void set_mode(std::uint8_t mode);
  void teletype(std::uint8_t page, std::uint8_t byte, std::optional<std::uint8_t> attribute);
  void write_string(Call& call);
  void scroll(Call& call);
  void scroll_window(std::uint8_t page, int lines, std::uint8_t attribute, int top, int left,
                     int bottom, int right);
  void move_cursor(std::uint8_t page, int row, int column);
  void sync_cursor();
  Gpa cell(std::uint8_t page, int row, int column) const;
  std::uint16_t cursor(std::uint8_t page);

  // bios_disk.cpp
  bool disk(Call& call);
  std::uint8_t transfer(bool write, std::uint64_t lba, std::uint32_t count, Gpa memory,
                        std::uint32_t& done);
  std::uint8_t extended(Call& call, bool& known);
  std::uint64_t sectors() const { return (disk_.size() + 511) / 512; }
  Sector read_sector(std::uint64_t lba) const;
  struct Geometry {
    std::uint32_t cylinders, heads, sectors;
  };
  Geometry geometry() const;

  // bios_system.cpp
  BiosOutcome system(Call& call);
  bool memory_map(Call& call);
  bool clock(Call& call);
  bool serial(Call& call);

  std::uint8_t peek8(std::uint64_t address);
  std::uint16_t peek16(std::uint64_t address);
  std::uint32_t peek32(std::uint64_t address);
  void poke8(std::uint64_t address, std::uint32_t value);
  void poke16(std::uint64_t address, std::uint32_t value);
  void poke32(std::uint64_t address, std::uint32_t value);
  std::uint8_t in(std::uint16_t port, Cycles now);
  void out(std::uint16_t port, std::uint32_t value, Cycles now);

  DeviceHost& host_;
  IoBus& bus_;
  std::uint64_t memory_bytes_;
  std::vector<std::uint8_t> disk_;
  std::uint8_t drive_;
  std::map<std::uint64_t, Sector> overlay_;  // sectors that the guest wrote
  std::optional<Cycles> wait_until_;         // INT 15h AH 86 in progress
};

}  // namespace gv
