// SPDX-License-Identifier: MIT

#include "loader/image.h"

#include "loader/bzimage.h"
#include "loader/elf32.h"
#include "loader/multiboot.h"
#include "loader/placement.h"

#include <algorithm>
#include <array>
#include <string>

namespace gv {
namespace {

constexpr std::uint64_t kSector = 512;
constexpr std::uint64_t kMiB = 1 << 20;

// Descriptor attributes: present, ring 0; code readable, data writable; accessed.
constexpr std::uint16_t kFlatCode = 0xc09b, kFlatData = 0xc093;
constexpr std::uint16_t kRealCode = 0x009b, kRealData = 0x0093;
// Where the boot GDT has its two descriptors; Linux' boot protocol names other places.
constexpr std::uint16_t kBootCode = 0x08, kLinuxCode = 0x10;
constexpr std::uint16_t kBusyTask = 0x008b, kLocalTable = 0x0082;

bool has_boot_signature(std::span<const std::uint8_t> image) {
  return image.size() >= kSector && image[510] == 0x55 && image[511] == 0xaa;
}

// SDM vol. 3A, "Processor State After Reset", what the modes below have in common.
RegisterFile registers_after_reset() {
  RegisterFile r;
  r.rflags = 2;
  r.cr0 = 0x10;  // ET
  r.idtr = {0, 0x3ff};
  r.tr = {0, 0, 0xffff, kBusyTask};
  r.ldtr = {0, 0, 0xffff, kLocalTable};
  return r;
}

RegisterFile protected_mode_entry(std::uint32_t entry, std::uint16_t code = kBootCode) {
  RegisterFile r = registers_after_reset();
  r.cr0 |= 1;  // PE
  const auto data = static_cast<std::uint16_t>(code + 8);
  for (Segment& segment : r.segment)
    segment = {data, 0, 0xffffffff, kFlatData};
  r[SegmentName::Cs] = {code, 0, 0xffffffff, kFlatCode};
  r.gdtr = {kBootGdtAddress, static_cast<std::uint16_t>(data + 7)};
  r.idtr = {0, 0};  // no handler yet: an exception now is a triple fault
  r[Gpr::Sp] = kBootSectorAddress;
  r.rip = entry;
  return r;
}

RegisterFile real_mode_entry(std::uint8_t boot_drive) {
  RegisterFile r = registers_after_reset();
  for (Segment& segment : r.segment)
    segment = {0, 0, 0xffff, kRealData};
  r[SegmentName::Cs] = {0, 0, 0xffff, kRealCode};
  r[Gpr::Sp] = kBootSectorAddress;
  r[Gpr::Dx] = boot_drive;
  r.rflags = 0x202;  // a BIOS hands over with interrupts on
  r.rip = kBootSectorAddress;
  return r;
}

// Descriptors: 4 GiB, ring 0, code and data, at `code` and the next.
// So that a guest without a GDT of its own can reload segments, IRET and far-jump.
void write_boot_gdt(GuestMemorySink& memory, std::uint16_t code = kBootCode) {
  static constexpr std::array<std::uint8_t, 16> kFlat = {
      0xff, 0xff, 0, 0, 0, 0x9b, 0xcf, 0,  // code
      0xff, 0xff, 0, 0, 0, 0x93, 0xcf, 0,  // data
  };
  memory.write(Gpa(kBootGdtAddress + code), kFlat);
}

Result<LoadedImage> load_multiboot(const ImageName& name, const MachineConfig& config,
                                   GuestMemorySink& memory) {
  const std::span<const std::uint8_t> image = config.image;
  const auto header = find_multiboot_header(image);
  if (!header) {
    return name.error(
        "has no multiboot header in its first 8 KiB; check its alignment and "
        "checksum, or choose another image kind");
  }
  GV_TRY(check_multiboot_demands(name, *header));
  LoadedImage loaded;
  loaded.kind = ImageKind::Multiboot;
  std::vector<Piece> pieces;
  std::uint32_t entry = 0;
  if (header->has_addresses()) {  // they take precedence over an ELF header
    auto piece = multiboot_address_piece(name, *header, image);
    if (!piece)
      return piece.error();
    pieces.push_back(*piece);
    entry = header->entry;
    loaded.symbols = elf32_symbols(image);
  } else if (is_elf(image)) {
    auto elf = parse_elf32(name, image);
    if (!elf)
      return elf.error();
    pieces = std::move(elf->pieces);
    entry = elf->entry;
    loaded.symbols = std::move(elf->symbols);
  } else {
    return name.error(
        "has a multiboot header without load addresses and is no ELF file; set bit "
        "16 of its flags and the five addresses, or link it as ELF");
  }
  const auto information = multiboot_information(name, config.command_line, memory.size(), *header);
  if (!information)
    return information.error();
  GV_TRY(place(name, std::move(pieces), {kBootGdtAddress, kBootInformationEnd}, memory));
  memory.write(Gpa(kBootInformationAddress), *information);
  write_boot_gdt(memory);
  loaded.entry = protected_mode_entry(entry);
  loaded.entry[Gpr::Ax] = kMultibootEntryMagic;
  loaded.entry[Gpr::Bx] = kBootInformationAddress;
  return loaded;
}

Result<LoadedImage> load_elf(const ImageName& name, const MachineConfig& config,
                             GuestMemorySink& memory) {
  auto elf = parse_elf32(name, config.image);
  if (!elf)
    return elf.error();
  GV_TRY(place(name, std::move(elf->pieces), {kBootGdtAddress, kBootInformationAddress}, memory));
  write_boot_gdt(memory);
  LoadedImage loaded;
  loaded.kind = ImageKind::Elf32;
  loaded.symbols = std::move(elf->symbols);
  loaded.entry = protected_mode_entry(elf->entry);
  return loaded;
}

Result<LoadedImage> load_bzimage(const ImageName& name, const MachineConfig& config,
                                 GuestMemorySink& memory) {
  const auto kernel = parse_bzimage(name, config.image);
  if (!kernel)
    return kernel.error();
  const auto parameters = boot_parameters(name, *kernel, config.command_line, memory.size());
  if (!parameters)
    return parameters.error();
  GV_TRY(place(name, {kernel->kernel}, {kBootGdtAddress, kBootInformationEnd}, memory));
  memory.write(Gpa(kBootParametersAddress), *parameters);
  const std::string& line = config.command_line;
  memory.write(Gpa(kBzImageCommandLineAddress),
               {reinterpret_cast<const std::uint8_t*>(line.c_str()), line.size() + 1});
  write_boot_gdt(memory, kLinuxCode);
  LoadedImage loaded;
  loaded.kind = ImageKind::BzImage;
  loaded.entry = protected_mode_entry(kernel->entry, kLinuxCode);
  loaded.entry[Gpr::Si] = kBootParametersAddress;
  return loaded;
}

Result<LoadedImage> load_flat(const ImageName& name, const MachineConfig& config,
                              GuestMemorySink& memory) {
  GV_TRY(place(name, {{kOneMiB, config.image, config.image.size()}},
               {kBootGdtAddress, kBootInformationAddress}, memory));
  write_boot_gdt(memory);
  LoadedImage loaded;
  loaded.kind = ImageKind::Flat;
  loaded.entry = protected_mode_entry(static_cast<std::uint32_t>(kOneMiB));
  return loaded;
}

Result<LoadedImage> load_boot_sector(const ImageName& name, const MachineConfig& config,
                                     GuestMemorySink& memory) {
  if (config.image.size() < kSector) {
    return name.error("has " + std::to_string(config.image.size()) +
                      " bytes and a boot sector has 512; pad it with times 510-($-$$) db 0");
  }
  if (!has_boot_signature(config.image)) {
    return name.error(
        "is not a boot sector: bytes 510 and 511 are not 55 aa; end it with dw 0xaa55");
  }
  memory.write(Gpa(kBootSectorAddress), std::span<const std::uint8_t>(config.image).first(kSector));
  LoadedImage loaded;
  loaded.kind = ImageKind::BootSector;
  loaded.real_mode = true;
  // With a disk of its own, the sector is still the image: DL names the disk it can read.
  loaded.boot_drive = config.disk_path ? std::uint8_t{0x80} : boot_drive_for(config.image.size());
  loaded.entry = real_mode_entry(loaded.boot_drive);
  return loaded;
}

}  // namespace

std::string_view name_of(ImageKind kind) {
  switch (kind) {
    case ImageKind::Auto:
      return "auto";
    case ImageKind::Multiboot:
      return "multiboot";
    case ImageKind::Elf32:
      return "elf32";
    case ImageKind::Flat:
      return "flat";
    case ImageKind::BootSector:
      return "boot-sector";
    case ImageKind::BzImage:
      return "bzimage";
  }
  return "unknown";
}

ImageKind detect_image_kind(std::span<const std::uint8_t> image) {
  if (find_multiboot_header(image))
    return ImageKind::Multiboot;
  if (is_elf(image))
    return ImageKind::Elf32;
  if (is_bzimage(image))  // has a boot sector's signature too
    return ImageKind::BzImage;
  if (has_boot_signature(image))
    return ImageKind::BootSector;
  return ImageKind::Flat;
}

std::uint8_t boot_drive_for(std::uint64_t disk_bytes) {
  static constexpr std::uint64_t kFloppyKiB[] = {160, 180, 320, 360, 720, 1200, 1440, 2880};
  const bool floppy = std::any_of(std::begin(kFloppyKiB), std::end(kFloppyKiB),
                                  [&](std::uint64_t kib) { return kib * 1024 == disk_bytes; });
  return floppy ? 0x00 : 0x80;
}

Result<LoadedImage> load_image(const MachineConfig& config, GuestMemorySink& memory) {
  const ImageName name{config.image_path.empty() ? "the image" : config.image_path};
  if (config.memory_mib < 1 || config.memory_mib > 2048) {
    return Error{ErrorCode::InvalidInput, "memory of " + std::to_string(config.memory_mib) +
                                              " MiB is outside 1 to 2048; change --memory"};
  }
  GV_CHECK(memory.size() >= kMiB);
  if (config.image.empty())
    return name.error("is empty; give an image with at least one instruction");
  const ImageKind kind =
      config.image_kind == ImageKind::Auto ? detect_image_kind(config.image) : config.image_kind;
  switch (kind) {
    case ImageKind::Multiboot:
      return load_multiboot(name, config, memory);
    case ImageKind::Elf32:
      return load_elf(name, config, memory);
    case ImageKind::BootSector:
      return load_boot_sector(name, config, memory);
    case ImageKind::BzImage:
      return load_bzimage(name, config, memory);
    case ImageKind::Auto:
    case ImageKind::Flat:
      break;
  }
  return load_flat(name, config, memory);
}

}  // namespace gv
