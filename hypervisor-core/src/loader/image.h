// SPDX-License-Identifier: MIT
//
// image.h - the bytes of a guest image become memory and entry registers.
//
// Loading is pure: it reads the config's bytes, writes to the sink and returns
// how the vCPU starts. Image bytes are hostile until checked; whatever they
// are, the answer is a loaded image or one sentence. Nothing is written unless
// the whole image is acceptable.
//
// Guest physical memory after loading (all of it below 1 MiB is the loader's
// or the BIOS's; a protected-mode image belongs at 1 MiB and above):
//
//   00000 - 003ff  real-mode interrupt vectors      boot sectors: devices/bios.h
//   00400 - 004ff  BIOS data area                   boot sectors
//   07c00 - 07dff  the boot sector; protected mode: the first stack grows down from 7c00
//   08000 - 0801f  flat GDT: 08 code, 10 data       protected-mode images (bzImage: 10 and 18)
//   09000 - 0bfff  multiboot information            multiboot images; multiboot.h
//   09000 - 0bfff  boot parameters                  bzImage; bzimage.h
//   9fc00 - 9ffff  end of low memory
//   a0000 - bffff  VGA
//   f0000 - fffff  BIOS                             boot sectors
//   100000 -       flat images; where kernels are linked
//
// Not here: ELF64, Xen notes. Threads: any.

#pragma once

#include "gv/address.h"
#include "gv/machine_config.h"
#include "gv/registers.h"
#include "gv/result.h"
#include "gv/session.h"

#include <cstdint>
#include <span>
#include <vector>

namespace gv {

inline constexpr std::uint64_t kLowMemoryEnd = 0x9fc00;
inline constexpr std::uint64_t kOneMiB = 0x100000;
inline constexpr std::uint64_t kBootSectorAddress = 0x7c00;
inline constexpr std::uint64_t kBootGdtAddress = 0x8000;
inline constexpr std::uint64_t kBootInformationAddress = 0x9000;
inline constexpr std::uint64_t kBootInformationEnd = 0xc000;

// Guest physical memory as the loader sees it: zero bytes, from 0 to size().
class GuestMemorySink {
 public:
  virtual ~GuestMemorySink() = default;
  virtual std::uint64_t size() const = 0;
  // Always within size().
  virtual void write(Gpa address, std::span<const std::uint8_t> bytes) = 0;
};

struct LoadedImage {
  ImageKind kind = ImageKind::Flat;  // never Auto
  RegisterFile entry;                // the vCPU at its first instruction
  std::vector<Symbol> symbols;       // by address
  bool real_mode = false;            // needs the BIOS
  std::uint8_t boot_drive = 0x80;    // as in DL: 0 a floppy, 0x80 a hard disk
};

std::string_view name_of(ImageKind kind);

// What Auto stands for, by content: a multiboot header in the first 8 KiB, an
// ELF file, the header of a bzImage, a boot sector's signature; else flat.
ImageKind detect_image_kind(std::span<const std::uint8_t> image);

// Loads config.image into memory of config.memory_mib MiB.
Result<LoadedImage> load_image(const MachineConfig& config, GuestMemorySink& memory);

// The bytes of the BIOS disk: config.disk_path's file, else the image itself.
Result<std::vector<std::uint8_t>> read_disk(const MachineConfig& config);

// The drive number a disk of that size has: floppies are told by their exact sizes.
std::uint8_t boot_drive_for(std::uint64_t disk_bytes);

}  // namespace gv
