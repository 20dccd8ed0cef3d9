// SPDX-License-Identifier: MIT
//
// bios_system.cpp - INT 14h, 15h and 1ah: serial line, memory map, waiting, clock.

#include "devices/bios.h"
#include "devices/bios_memory.h"

#include <algorithm>

namespace gv {
namespace {

constexpr std::uint64_t kKiB = 1024, kMiB = 1024 * kKiB;
constexpr std::uint32_t kMapSignature = 0x534d4150;  // "SMAP"

}  // namespace

BiosOutcome Bios::system(Call& call) {
  const std::uint64_t extended = memory_bytes_ > kMiB ? memory_bytes_ - kMiB : 0;
  if (call.ax() == 0xe820)
    return memory_map(call) ? BiosOutcome::Served : BiosOutcome::Unknown;
  call.set_carry(false);
  switch (call.ax()) {
    case 0xe801: {
      const std::uint64_t below = std::min(extended, 15 * kMiB) / kKiB;
      const std::uint64_t above =
          memory_bytes_ > 16 * kMiB ? (memory_bytes_ - 16 * kMiB) / (64 * kKiB) : 0;
      for (const Gpr gpr : {Gpr::Ax, Gpr::Cx})
        call.set16(gpr, static_cast<std::uint32_t>(below));
      for (const Gpr gpr : {Gpr::Bx, Gpr::Dx})
        call.set16(gpr, static_cast<std::uint32_t>(above));
      return BiosOutcome::Served;
    }
    case 0x2400:
    case 0x2401:
      out(0x92, call.al() == 1 ? 2 : 0, call.now);
      call.set_ah(0);
      return BiosOutcome::Served;
    case 0x2402:
      call.set16(Gpr::Ax, in(0x92, call.now) >> 1 & 1u);
      return BiosOutcome::Served;
    case 0x2403:
      call.set16(Gpr::Bx, 2);  // by port 0x92
      call.set_ah(0);
      return BiosOutcome::Served;
    default:
      break;
  }
  switch (call.ah()) {
    case 0x86: {
      // Ends at the first interrupt after CX:DX microseconds, as BIOSes do it.
      if (!wait_until_) {
        wait_until_ = call.now + ((std::uint64_t{call.cx()} << 16) | call.dx()) * 1000;
      }
      const bool timer_masked = (in(0x21, call.now) & 1) != 0;  // nothing would end the wait
      if (call.now < *wait_until_ && !timer_masked)
        return BiosOutcome::Waiting;
      wait_until_.reset();
      return BiosOutcome::Served;
    }
    case 0x88:
      call.set16(Gpr::Ax,
                 static_cast<std::uint32_t>(std::min<std::uint64_t>(extended / kKiB, 0xffff)));
      return BiosOutcome::Served;
    default:
      call.set_ah(0x86);
      call.set_carry(true);
      return BiosOutcome::Unknown;
  }
}

bool Bios::memory_map(Call& call) {
  struct Range {
    std::uint64_t start, end;
    std::uint32_t type;  // 1 memory, 2 reserved
  };
  const Range map[] = {{0, bios::kLowMemoryKib * kKiB, 1},
                       {bios::kLowMemoryKib * kKiB, 640 * kKiB, 2},
                       {bios::kRomBase, kMiB, 2},
                       {kMiB, memory_bytes_, 1}};
  const std::size_t count = memory_bytes_ > kMiB ? 4 : 3;
  const auto index = static_cast<std::uint32_t>(call.r[Gpr::Bx]);
  const auto room = static_cast<std::uint32_t>(call.r[Gpr::Cx]);
  if (static_cast<std::uint32_t>(call.r[Gpr::Dx]) != kMapSignature || room < 20 || index >= count) {
    call.set_ah(0x86);
    call.set_carry(true);
    return index >= count;  // to ask past the end is a known way to find it
  }
  const std::uint64_t to =
      call.r[SegmentName::Es].base + static_cast<std::uint16_t>(call.r[Gpr::Di]);
  const Range& range = map[index];
  poke32(to, static_cast<std::uint32_t>(range.start));
  poke32(to + 4, static_cast<std::uint32_t>(range.start >> 32));
  poke32(to + 8, static_cast<std::uint32_t>(range.end - range.start));
  poke32(to + 12, static_cast<std::uint32_t>((range.end - range.start) >> 32));
  poke32(to + 16, range.type);
  call.r[Gpr::Ax] = kMapSignature;
  call.r[Gpr::Cx] = 20;
  call.r[Gpr::Bx] = index + 1 < count ? index + 1 : 0;
  call.set_carry(false);
  return true;
}

bool Bios::clock(Call& call) {
  const auto cmos = [&](std::uint32_t index) {
    out(0x70, index, call.now);
    return in(0x71, call.now);
  };
  switch (call.ah()) {
    case 0x00: {
      const std::uint32_t ticks = peek32(bios::kTicks);
      call.set16(Gpr::Cx, ticks >> 16);
      call.set16(Gpr::Dx, ticks);
      call.set_al(peek8(bios::kMidnight));
      poke8(bios::kMidnight, 0);
      return true;
    }
    case 0x01:
      poke32(bios::kTicks, static_cast<std::uint32_t>(call.cx()) << 16 | call.dx());
      poke8(bios::kMidnight, 0);
      return true;
    case 0x02:
      call.set16(Gpr::Cx, static_cast<std::uint32_t>(cmos(4) << 8 | cmos(2)));
      call.set16(Gpr::Dx, static_cast<std::uint32_t>(cmos(0) << 8));
      call.set_carry(false);
      return true;
    case 0x04:
      call.set16(Gpr::Cx, static_cast<std::uint32_t>(cmos(0x32) << 8 | cmos(9)));
      call.set16(Gpr::Dx, static_cast<std::uint32_t>(cmos(8) << 8 | cmos(7)));
      call.set_carry(false);
      return true;
    default:
      call.set_carry(true);
      return false;
  }
}

bool Bios::serial(Call& call) {
  constexpr std::uint16_t kBase = 0x3f8;
  constexpr std::uint8_t kTimeOut = 0x80;
  if (call.dx() != 0) {  // only COM1 is there
    call.set_ah(kTimeOut);
    return true;
  }
  switch (call.ah()) {
    case 0x00:
      break;  // the speed has no meaning on this line
    case 0x01:
      out(kBase, call.al(), call.now);
      break;
    case 0x02:
      if ((in(kBase + 5, call.now) & 1) == 0) {
        call.set_ah(kTimeOut);
        return true;
      }
      call.set_al(in(kBase, call.now));
      call.set_ah(0);
      return true;
    case 0x03:
      break;
    default:
      return false;
  }
  const std::uint8_t line = in(kBase + 5, call.now);
  if (call.ah() != 0x01)
    call.set_al(in(kBase + 6, call.now));
  call.set_ah(line);
  return true;
}

}  // namespace gv
