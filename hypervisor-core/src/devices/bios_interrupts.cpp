// SPDX-License-Identifier: MIT
//
// bios_interrupts.cpp - the BIOS as a handler of hardware interrupts.
//
// In real mode IRQ 0 to 7 share vectors 08 to 0f with exceptions. The PIC
// tells them apart: an interrupt is in service, an exception is not.

#include "devices/bios.h"
#include "devices/bios_memory.h"

namespace gv {
namespace {

constexpr std::uint32_t kTicksPerDay = 0x1800b0;
constexpr std::uint64_t kTrap = 1u << 8, kInterrupts = 1u << 9;

}  // namespace

void Bios::end_of_interrupt(std::uint8_t vector, Cycles now) {
  if (vector >= 0x70)
    out(0xa0, 0x20, now);
  out(0x20, 0x20, now);
}

BiosOutcome Bios::hardware_interrupt(std::uint8_t vector, Call& call) {
  switch (vector) {
    case 0x01:  // single step, NMI, breakpoint, overflow, print screen: ignored
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
      iret(call.r, Flags::Caller);
      return BiosOutcome::Served;
    case 0x00:
    case 0x06:
    case 0x07:
      return BiosOutcome::Unhandled;  // to return would run the faulting instruction for ever
    default:
      break;
  }
  const std::uint16_t command = vector >= 0x70 ? 0xa0 : 0x20;
  out(command, 0x0b, call.now);  // OCW3: read ISR
  const bool in_service = (in(command, call.now) & (1u << (vector & 7))) != 0;
  if (!in_service) {
    const bool spurious = vector == 0x0f || vector == 0x77;
    const bool exception = vector >= 0x0a && vector <= 0x0e;
    if (exception)
      return BiosOutcome::Unhandled;
    if (spurious) {
      iret(call.r, Flags::Caller);
      return BiosOutcome::Served;
    }
  }
  if (vector == 0x08)
    return timer_tick(call);
  if (vector == 0x09)
    keyboard_interrupt(call.now);
  end_of_interrupt(vector, call.now);
  iret(call.r, Flags::Caller);
  return BiosOutcome::Served;
}

BiosOutcome Bios::timer_tick(Call& call) {
  std::uint32_t ticks = peek32(bios::kTicks) + 1;
  if (ticks >= kTicksPerDay) {
    ticks = 0;
    poke8(bios::kMidnight, 1);
  }
  poke32(bios::kTicks, ticks);
  end_of_interrupt(0x08, call.now);
  const std::uint16_t offset = peek16(0x1c * 4), segment = peek16(0x1c * 4 + 2);
  if (segment == bios::kRomSegment && offset == bios::kEntryOffset + 0x1c) {
    iret(call.r, Flags::Caller);
    return BiosOutcome::Served;
  }
  // The guest hooked the user tick. Our interrupt frame is on the stack
  // already, so its handler's IRET goes straight back to the interrupted code.
  call.r[SegmentName::Cs].selector = segment;
  call.r[SegmentName::Cs].base = std::uint64_t{segment} << 4;
  call.r.rip = offset;
  call.r.rflags &= ~(kTrap | kInterrupts);
  return BiosOutcome::Served;
}

void Bios::keyboard_interrupt(Cycles now) { take_scan_code(in(0x60, now)); }

}  // namespace gv
