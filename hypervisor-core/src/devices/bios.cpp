// SPDX-License-Identifier: MIT

#include "devices/bios.h"

#include "devices/bios_memory.h"
#include "devices/register_text.h"

#include <algorithm>

namespace gv {
namespace {

constexpr std::uint64_t kCarry = 1u << 0, kZero = 1u << 6, kInterrupts = 1u << 9;

std::uint64_t linear(const Segment& segment, std::uint64_t offset) {
  return segment.base + (offset & 0xffff);
}

}  // namespace

Bios::Bios(DeviceHost& host, IoBus& bus, std::uint64_t memory_bytes, std::vector<std::uint8_t> disk,
           std::uint8_t drive)
    : host_(host), bus_(bus), memory_bytes_(memory_bytes), disk_(std::move(disk)), drive_(drive) {}

void Bios::Call::set16(Gpr gpr, std::uint32_t value) {
  r[gpr] = (r[gpr] & ~std::uint64_t{0xffff}) | (value & 0xffff);
}

void Bios::Call::set_carry(bool on) { r.rflags = on ? r.rflags | kCarry : r.rflags & ~kCarry; }
void Bios::Call::set_zero(bool on) { r.rflags = on ? r.rflags | kZero : r.rflags & ~kZero; }

std::uint8_t Bios::peek8(std::uint64_t address) {
  std::uint8_t value = 0xff;
  host_.read_memory(Gpa(address), &value, 1);
  return value;
}

std::uint16_t Bios::peek16(std::uint64_t address) {
  return static_cast<std::uint16_t>(peek8(address) | peek8(address + 1) << 8);
}

std::uint32_t Bios::peek32(std::uint64_t address) {
  return peek16(address) | static_cast<std::uint32_t>(peek16(address + 2)) << 16;
}

void Bios::poke8(std::uint64_t address, std::uint32_t value) {
  const auto byte = static_cast<std::uint8_t>(value);
  host_.write_memory(Gpa(address), &byte, 1);
}

void Bios::poke16(std::uint64_t address, std::uint32_t value) {
  poke8(address, value);
  poke8(address + 1, value >> 8);
}

void Bios::poke32(std::uint64_t address, std::uint32_t value) {
  poke16(address, value);
  poke16(address + 2, value >> 16);
}

std::uint8_t Bios::in(std::uint16_t port, Cycles now) {
  return static_cast<std::uint8_t>(bus_.read(port, 1, now).value);
}

void Bios::out(std::uint16_t port, std::uint32_t value, Cycles now) {
  bus_.write(port, 1, value, now);
}

void Bios::install() {
  using namespace bios;
  for (std::uint32_t v = 0; v < 256; ++v) {
    poke16(v * 4, kEntryOffset + v);
    poke16(v * 4 + 2, kRomSegment);
    poke8(kRomBase + kEntryOffset + v, 0xf4);
  }
  poke16(0x1e * 4, kDisketteTable);
  static constexpr std::uint8_t kParameters[] = {0xaf, 0x02, 0x25, 0x02, 18,  0x1b,
                                                 0xff, 0x6c, 0xf6, 0x0f, 0x08};
  host_.write_memory(Gpa(kRomBase + kDisketteTable), kParameters, sizeof kParameters);
  static constexpr std::uint8_t kReset[] = {0xea, 0x19, 0xe0, 0x00, 0xf0,  // jmp f000:e019
                                            '0',  '1',  '/',  '0',  '1',  '/',
                                            '2',  '6',  0,    0xfc, 0};
  host_.write_memory(Gpa(kRomBase + 0xfff0), kReset, sizeof kReset);

  for (std::uint64_t at = 0x400; at < 0x500; ++at)
    poke8(at, 0);
  poke16(kSerialPorts, 0x3f8);
  poke16(kExtendedArea, 0x9fc0);
  const bool floppy = drive_ < 0x80;
  poke16(kEquipment, 0x0222u | (floppy ? 1u : 0u));  // one serial port, 80x25 colour, x87
  poke16(kMemoryKib, kLowMemoryKib);
  poke16(kKeyHead, kKeyBufferFirst);
  poke16(kKeyTail, kKeyBufferFirst);
  poke16(kKeyBufferStart, kKeyBufferFirst);
  poke16(kKeyBufferStart + 2, kKeyBufferEnd);
  poke8(kHardDisks, floppy ? 0 : 1);
  poke8(kKeyboardMode, 0x10);  // 101 keys
  set_mode(3);

  // Master at vector 8, slave at 70h; timer and keyboard are let through.
  for (const auto& [port, value] : {std::pair{0x20, 0x11},
                                    {0xa0, 0x11},
                                    {0x21, 0x08},
                                    {0xa1, 0x70},
                                    {0x21, 0x04},
                                    {0xa1, 0x02},
                                    {0x21, 0x01},
                                    {0xa1, 0x01},
                                    {0x21, 0xf8},
                                    {0xa1, 0xff}}) {
    out(static_cast<std::uint16_t>(port), static_cast<std::uint32_t>(value), 0);
  }
  out(0x43, 0x36, 0);  // counter 0, mode 3, 65,536: 18.2 ticks a second
  out(0x40, 0, 0);
  out(0x40, 0, 0);
}

std::optional<std::uint8_t> Bios::vector_of(const RegisterFile& after_halt) {
  const bool in_rom =
      (after_halt.cr0 & 1) == 0 && after_halt[SegmentName::Cs].selector == bios::kRomSegment;
  const std::uint64_t offset = (after_halt.rip - 1) & 0xffff;
  if (!in_rom || offset < bios::kEntryOffset || offset > bios::kEntryOffset + 0xffu) {
    return std::nullopt;
  }
  return static_cast<std::uint8_t>(offset - bios::kEntryOffset);
}

void Bios::iret(RegisterFile& r, Flags flags) {
  std::uint16_t words[3] = {};  // IP, CS, FLAGS
  std::uint64_t sp = r[Gpr::Sp];
  for (std::uint16_t& word : words) {
    word = peek16(linear(r[SegmentName::Ss], sp));
    sp += 2;
  }
  Call{r, 0}.set16(Gpr::Sp, static_cast<std::uint32_t>(sp & 0xffff));
  r.rip = words[0];
  r[SegmentName::Cs].selector = words[1];
  r[SegmentName::Cs].base = std::uint64_t{words[1]} << 4;
  // Bits 1, 3, 5 and 15 are fixed; a 16-bit IRET leaves the upper half alone.
  std::uint64_t next = (r.rflags & ~std::uint64_t{0xffff}) | (words[2] & 0x7fd5u) | 2;
  if (flags == Flags::Answer) {
    next = (next & ~(kCarry | kZero)) | (r.rflags & (kCarry | kZero));
  }
  r.rflags = next;
}

BiosOutcome Bios::wait_at(std::uint8_t vector, RegisterFile& r) {
  r.rip = bios::kEntryOffset + std::uint64_t{vector};
  r.rflags |= kInterrupts;
  return BiosOutcome::Waiting;
}

BiosOutcome Bios::serve(std::uint8_t vector, RegisterFile& registers, Cycles now) {
  Call call{registers, now};
  const bool hardware = (vector < 0x10) || (vector >= 0x70 && vector < 0x78);
  if (hardware)
    return hardware_interrupt(vector, call);
  // CF and ZF go back as the service leaves them; one that does not touch them
  // gives the caller's own back, which are on the stack.
  const std::uint16_t pushed = peek16(linear(registers[SegmentName::Ss], registers[Gpr::Sp] + 4));
  registers.rflags = (registers.rflags & ~(kCarry | kZero)) | (pushed & (kCarry | kZero));
  const BiosOutcome outcome = dispatch(vector, call);
  if (outcome == BiosOutcome::Waiting)
    return wait_at(vector, registers);
  if (outcome != BiosOutcome::Unhandled)
    iret(registers, Flags::Answer);
  return outcome;
}

BiosOutcome Bios::dispatch(std::uint8_t vector, Call& call) {
  const auto known = [](bool yes) { return yes ? BiosOutcome::Served : BiosOutcome::Unknown; };
  switch (vector) {
    case 0x10:
      return known(video(call));
    case 0x11:
      call.set16(Gpr::Ax, peek16(bios::kEquipment));
      return BiosOutcome::Served;
    case 0x12:
      call.set16(Gpr::Ax, peek16(bios::kMemoryKib));
      return BiosOutcome::Served;
    case 0x13:
      return known(disk(call));
    case 0x14:
      return known(serial(call));
    case 0x15:
      return system(call);
    case 0x16:
      return keyboard(call);
    case 0x18:
    case 0x19:
      host_.request_reset();
      return BiosOutcome::Served;
    case 0x1a:
      return known(clock(call));
    case 0x1b:
    case 0x1c:
    case 0x4a:
      return BiosOutcome::Served;  // hooks for the guest: empty by convention
    default:
      return BiosOutcome::Unknown;
  }
}

void Bios::reset() {
  overlay_.clear();
  wait_until_.reset();
}

void Bios::save(StateWriter& out) const {
  out.flag(wait_until_.has_value());
  out.u64(wait_until_.value_or(0));
  out.u64(overlay_.size());
  for (const auto& [lba, sector] : overlay_) {
    out.u64(lba);
    out.bytes({sector.begin(), sector.end()});
  }
}

bool Bios::restore(StateReader& in) {
  const bool waiting = in.flag();
  const Cycles until = in.u64();
  wait_until_ = waiting ? std::optional(until) : std::nullopt;
  overlay_.clear();
  for (std::uint64_t count = in.u64(); count > 0 && in.ok(); --count) {
    const std::uint64_t lba = in.u64();
    const auto bytes = in.bytes();
    if (bytes.size() != sizeof(Sector) || lba >= sectors())
      return false;
    std::copy(bytes.begin(), bytes.end(), overlay_[lba].begin());
  }
  return in.ok();
}

DeviceState Bios::describe(Cycles) const {
  const Geometry g = geometry();
  return {"BIOS",
          {{"boot drive", hex8(drive_)},
           {"disk sectors", std::to_string(sectors())},
           {"geometry", std::to_string(g.cylinders) + " cylinders, " + std::to_string(g.heads) +
                            " heads, " + std::to_string(g.sectors) + " sectors"},
           {"sectors written", std::to_string(overlay_.size())}}};
}

}  // namespace gv
