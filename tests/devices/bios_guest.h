// SPDX-License-Identifier: MIT
//
// bios_guest.h - a real-mode caller for the BIOS tests.
//
// Does what the CPU does for INT n and for a hardware interrupt in real mode:
// pushes FLAGS, CS and IP, loads the vector, and, when that leads into the
// BIOS ROM, executes the HLT there. What the BIOS then does is the real thing.

#pragma once

#include "devices/bios.h"
#include "devices/keyboard_8042.h"
#include "devices/pc_platform.h"
#include "devices/pic_8259.h"
#include "devices/pit_8254.h"
#include "devices/vga_text.h"
#include "recording_host.h"

#include <gtest/gtest.h>

namespace gv {

// A recording host that also wires interrupt lines to the PIC, as a machine does.
class WiredHost final : public DeviceHost {
 public:
  void set_irq(std::uint8_t line, bool level) override {
    if (pic != nullptr)
      pic->set_line(line, level);
  }
  void console_byte(std::uint8_t byte, bool debug) override { recorder.console_byte(byte, debug); }
  void request_exit(std::uint32_t code) override { recorder.request_exit(code); }
  void request_reset() override { recorder.request_reset(); }
  void read_memory(Gpa at, void* out, std::size_t n) override { recorder.read_memory(at, out, n); }
  void write_memory(Gpa at, const void* from, std::size_t n) override {
    recorder.write_memory(at, from, n);
  }
  RecordingHost recorder;
  Pic8259* pic = nullptr;
};

struct BiosGuest : ::testing::Test {
  static constexpr std::uint64_t kMemory = 64 << 20;
  static constexpr std::uint64_t kHere = 0x7c10;  // the caller's IP

  WiredHost host;
  PcPlatform pc;
  RegisterFile r;
  Cycles now = 1'000'000;

  void boot(std::vector<std::uint8_t> disk = std::vector<std::uint8_t>(64 * 512),
            std::uint8_t drive = 0x80) {
    pc = build_pc_platform(host, kMemory);
    host.pic = pc.pic;
    add_bios(pc, host, kMemory, std::move(disk), drive);
    r.cr0 = 0x10;
    r.rip = kHere;
    r.rflags = 0x202;
    r[Gpr::Sp] = 0x7c00;
    for (Segment& segment : r.segment)
      segment = {0, 0, 0xffff, 0x93};
  }
  void SetUp() override { boot(); }

  std::vector<std::uint8_t>& memory() { return host.recorder.memory; }
  std::uint32_t word(std::uint64_t at) { return memory()[at] | memory()[at + 1] * 256u; }
  void set_word(std::uint64_t at, std::uint32_t value) {
    memory()[at] = static_cast<std::uint8_t>(value);
    memory()[at + 1] = static_cast<std::uint8_t>(value >> 8);
  }
  bool carry() const { return (r.rflags & 1) != 0; }
  bool zero() const { return (r.rflags & 0x40) != 0; }
  std::uint32_t ah() const { return r[Gpr::Ax] >> 8 & 0xff; }
  std::uint32_t al() const { return r[Gpr::Ax] & 0xff; }

  void push(std::uint64_t value) {
    r[Gpr::Sp] -= 2;
    set_word(r[Gpr::Sp] & 0xffff, static_cast<std::uint32_t>(value & 0xffff));
  }
  // Enters the handler of a vector; true when it lies in the BIOS ROM.
  bool enter(std::uint8_t vector) {
    push(r.rflags);
    push(r[SegmentName::Cs].selector);
    push(r.rip);
    r.rflags &= ~std::uint64_t{0x300};
    r.rip = word(vector * 4u);
    const std::uint32_t cs = word(vector * 4u + 2);
    r[SegmentName::Cs].selector = static_cast<std::uint16_t>(cs);
    r[SegmentName::Cs].base = std::uint64_t{cs} << 4;
    return cs == 0xf000;
  }
  BiosOutcome halt() {
    EXPECT_EQ(memory().at(r[SegmentName::Cs].base + r.rip), 0xf4) << "a HLT is in the ROM";
    ++r.rip;
    const auto vector = Bios::vector_of(r);
    EXPECT_TRUE(vector.has_value());
    return pc.bios->serve(vector.value_or(0), r, now);
  }
  BiosOutcome call(std::uint8_t vector, std::uint32_t ax, std::uint32_t bx = 0,
                   std::uint32_t cx = 0, std::uint32_t dx = 0) {
    r[Gpr::Ax] = ax;
    r[Gpr::Bx] = bx;
    r[Gpr::Cx] = cx;
    r[Gpr::Dx] = dx;
    const RegisterFile before = r;
    enter(vector);
    const BiosOutcome outcome = halt();
    if (outcome == BiosOutcome::Served || outcome == BiosOutcome::Unknown) {
      EXPECT_EQ(r.rip, before.rip) << "the caller goes on after its INT";
      EXPECT_EQ(r[Gpr::Sp], before[Gpr::Sp]);
      EXPECT_EQ(r[SegmentName::Cs], before[SegmentName::Cs]);
      EXPECT_EQ(r.rflags & 0x200, before.rflags & 0x200) << "IF comes back";
    }
    return outcome;
  }
  // Delivers the PIC's interrupt to the guest as the machine would.
  void interrupt() {
    ASSERT_TRUE(pc.pic->interrupt_pending());
    const std::uint8_t vector = pc.pic->acknowledge();
    if (enter(vector)) {
      EXPECT_EQ(halt(), BiosOutcome::Served);
    }
  }
  void press(std::initializer_list<int> codes) {
    for (const int code : codes)
      pc.keyboard->push_scan_code(static_cast<std::uint8_t>(code));
    while (pc.pic->interrupt_pending())
      interrupt();
  }
};

}  // namespace gv
