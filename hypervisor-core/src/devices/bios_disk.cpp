// SPDX-License-Identifier: MIT
//
// bios_disk.cpp - INT 13h on the bytes of one disk image.
//
// There is one drive, the one the guest was booted from; every other number
// fails. A floppy has the geometry of its size, a hard disk 16 heads of 63
// sectors. The last, partial sector of an image is filled up with zeros.

#include "devices/bios.h"
#include "devices/bios_memory.h"

#include <algorithm>

namespace gv {
namespace {

constexpr std::uint8_t kOk = 0x00, kBadCommand = 0x01, kNoSector = 0x04, kNotReady = 0xaa;
constexpr std::uint64_t kSector = 512;

struct Floppy {
  std::uint32_t kib, cylinders, heads, sectors;
  std::uint8_t type;  // as INT 13h AH 08 tells it
};
constexpr Floppy kFloppies[] = {{160, 40, 1, 8, 1},   {180, 40, 1, 9, 1},  {320, 40, 2, 8, 1},
                                {360, 40, 2, 9, 1},   {720, 80, 2, 9, 3},  {1200, 80, 2, 15, 2},
                                {1440, 80, 2, 18, 4}, {2880, 80, 2, 36, 6}};

const Floppy& floppy_of(std::uint64_t bytes) {
  for (const Floppy& floppy : kFloppies) {
    if (floppy.kib * std::uint64_t{1024} >= bytes)
      return floppy;
  }
  return kFloppies[7];
}

}  // namespace

Bios::Geometry Bios::geometry() const {
  if (drive_ < 0x80) {
    const Floppy& floppy = floppy_of(disk_.size());
    return {floppy.cylinders, floppy.heads, floppy.sectors};
  }
  constexpr std::uint32_t kHeads = 16, kSectors = 63, kMostCylinders = 1024;
  const std::uint64_t cylinders = (sectors() + kHeads * kSectors - 1) / (kHeads * kSectors);
  return {static_cast<std::uint32_t>(std::clamp<std::uint64_t>(cylinders, 1, kMostCylinders)),
          kHeads, kSectors};
}

Bios::Sector Bios::read_sector(std::uint64_t lba) const {
  if (const auto written = overlay_.find(lba); written != overlay_.end())
    return written->second;
  Sector sector{};
  const std::uint64_t start = lba * kSector;
  if (start < disk_.size()) {
    const std::uint64_t count = std::min<std::uint64_t>(kSector, disk_.size() - start);
    std::copy_n(disk_.begin() + static_cast<std::ptrdiff_t>(start), count, sector.begin());
  }
  return sector;
}

std::uint8_t Bios::transfer(bool write, std::uint64_t lba, std::uint32_t count, Gpa memory,
                            std::uint32_t& done) {
  for (done = 0; done < count; ++done) {
    if (lba + done >= sectors())
      return kNoSector;
    const Gpa at = memory + done * kSector;
    if (write) {
      host_.read_memory(at, overlay_[lba + done].data(), kSector);
    } else {
      const Sector sector = read_sector(lba + done);
      host_.write_memory(at, sector.data(), kSector);
    }
  }
  return kOk;
}

std::uint8_t Bios::extended(Call& call, bool& known) {
  // The disk address packet at DS:SI: size, -, count, offset, segment, 64-bit LBA.
  const std::uint64_t packet =
      call.r[SegmentName::Ds].base + static_cast<std::uint16_t>(call.r[Gpr::Si]);
  switch (call.ah()) {
    case 0x41:
      if (call.bx() != 0x55aa)
        return kBadCommand;
      call.set16(Gpr::Bx, 0xaa55);
      call.set16(Gpr::Cx, 0x0001);  // the packet functions, not the rest
      call.set_ah(0x01);
      return kOk;
    case 0x42:
    case 0x43:
    case 0x44: {
      const std::uint16_t count = peek16(packet + 2);
      const std::uint64_t lba = peek32(packet + 8) | std::uint64_t{peek32(packet + 12)} << 32;
      const Gpa memory(peek16(packet + 4) + std::uint64_t{peek16(packet + 6)} * 16);
      if (peek8(packet) < 16 || count == 0 || lba > sectors())
        return kBadCommand;
      if (call.ah() == 0x44)
        return lba + count <= sectors() ? kOk : kNoSector;
      std::uint32_t done = 0;
      const std::uint8_t status = transfer(call.ah() == 0x43, lba, count, memory, done);
      poke16(packet + 2, done);
      return status;
    }
    case 0x48: {
      const Geometry g = geometry();
      if (peek16(packet) < 26)
        return kBadCommand;
      poke16(packet, 26);
      poke16(packet + 2, 2);  // the geometry is valid
      poke32(packet + 4, g.cylinders);
      poke32(packet + 8, g.heads);
      poke32(packet + 12, g.sectors);
      poke32(packet + 16, static_cast<std::uint32_t>(sectors()));
      poke32(packet + 20, 0);
      poke16(packet + 24, kSector);
      return kOk;
    }
    default:
      known = false;
      return kBadCommand;
  }
}

bool Bios::disk(Call& call) {
  const auto dl = static_cast<std::uint8_t>(call.dx());
  const std::uint8_t function = call.ah();
  bool known = true;
  std::uint8_t status = kOk;
  bool sets_ah = true;  // most functions answer their status in AH
  if (function == 0x01) {
    status = peek8(bios::kDiskStatus);
  } else if (dl != drive_) {
    status = dl < 0x80 ? kNotReady : kBadCommand;
    if (function == 0x15) {
      call.set_ah(0);  // "no such drive" is this function's own answer
      sets_ah = false;
    }
  } else if (function >= 0x41 && drive_ >= 0x80) {
    status = extended(call, known);
    sets_ah = function != 0x41 || status != kOk;
  } else {
    const Geometry g = geometry();
    switch (function) {
      case 0x00:
        break;
      case 0x02:
      case 0x03:
      case 0x04: {
        const std::uint32_t cylinder = call.cx() >> 8 | (call.cx() & 0xc0u) << 2;
        const std::uint32_t sector = call.cx() & 0x3f, head = call.dx() >> 8;
        std::uint32_t done = 0;
        if (call.al() == 0 || sector == 0) {
          status = kBadCommand;
        } else if (sector > g.sectors || head >= g.heads || cylinder >= g.cylinders) {
          status = kNoSector;
        } else {
          const std::uint64_t lba =
              (std::uint64_t{cylinder} * g.heads + head) * g.sectors + sector - 1;
          const Gpa memory(call.r[SegmentName::Es].base + call.bx());
          if (function == 0x04) {
            status = lba + call.al() <= sectors() ? kOk : kNoSector;
            done = status == kOk ? call.al() : 0u;
          } else {
            status = transfer(function == 0x03, lba, call.al(), memory, done);
          }
        }
        call.set_al(static_cast<std::uint8_t>(done));
        break;
      }
      case 0x08: {
        const std::uint32_t last = g.cylinders - 1;
        call.set_al(0);
        call.set16(Gpr::Bx,
                   (call.bx() & 0xff00u) | (drive_ < 0x80 ? floppy_of(disk_.size()).type : 0u));
        call.set16(Gpr::Cx, (last & 0xff) << 8 | (last >> 8 & 3) << 6 | g.sectors);
        call.set16(Gpr::Dx, (g.heads - 1) << 8 | 1);  // one drive
        if (drive_ < 0x80) {
          call.set16(Gpr::Di, bios::kDisketteTable);
          call.r[SegmentName::Es].selector = bios::kRomSegment;
          call.r[SegmentName::Es].base = bios::kRomBase;
        }
        break;
      }
      case 0x15:
        sets_ah = false;
        call.set_ah(drive_ < 0x80 ? 1 : 3);
        if (drive_ >= 0x80) {
          call.set16(Gpr::Cx, static_cast<std::uint32_t>(sectors() >> 16));
          call.set16(Gpr::Dx, static_cast<std::uint32_t>(sectors()));
        }
        break;
      default:
        known = false;
        status = kBadCommand;
        break;
    }
  }
  poke8(bios::kDiskStatus, status);
  if (sets_ah)
    call.set_ah(status);
  call.set_carry(status != kOk);
  return known;
}

}  // namespace gv
