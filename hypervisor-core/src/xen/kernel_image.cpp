// SPDX-License-Identifier: MIT

#include "xen/kernel_image.h"

#include "loader/byte_view.h"
#include "xen/public_headers.h"

#include <algorithm>
#include <cstring>

namespace gv::xen {

namespace {

constexpr std::uint32_t kLoad = 1, kNoteSegment = 4;  // p_type
constexpr std::uint32_t kNoteSection = 7;             // sh_type
constexpr std::uint16_t kMachine386 = 3, kMachineX86_64 = 62;
// A kernel bigger than any guest's memory is none.
constexpr std::uint64_t kLargest = std::uint64_t{2} << 30;

class Elf {
 public:
  explicit Elf(std::span<const std::uint8_t> image) : file_(image) {}

  bool valid() const {
    return file_.u32(0) == 0x464c457f && (file_.u8(4) == 1 || file_.u8(4) == 2) &&
           file_.u8(5) == 1 && file_.u16(18) == (wide() ? kMachineX86_64 : kMachine386) &&
           file_.contains(program_table(), std::uint64_t{program_count()} * program_size());
  }
  bool wide() const { return file_.u8(4) == 2; }
  std::uint64_t entry() const { return word(24); }
  std::uint32_t program_count() const { return file_.u16(wide() ? 56 : 44); }

  struct Part {
    std::uint32_t type = 0;
    std::uint64_t offset = 0, physical = 0, file_bytes = 0, memory_bytes = 0;
  };
  Part program(std::uint32_t i) const {
    const std::uint64_t at = program_table() + i * program_size();
    return wide() ? Part{file_.u32(at), word64(at + 8), word64(at + 24), word64(at + 32),
                         word64(at + 40)}
                  : Part{file_.u32(at), file_.u32(at + 4), file_.u32(at + 12), file_.u32(at + 16),
                         file_.u32(at + 20)};
  }
  // Where notes may be, in the order in which they are looked for.
  std::vector<Part> note_areas() const {
    std::vector<Part> areas;
    for (std::uint32_t i = 0; i < program_count(); ++i) {
      if (const Part part = program(i); part.type == kNoteSegment) {
        areas.push_back(part);
      }
    }
    if (!areas.empty()) {
      return areas;
    }
    const std::uint64_t table = word(wide() ? 40 : 32);
    const std::uint32_t size = file_.u16(wide() ? 58 : 46), count = file_.u16(wide() ? 60 : 48);
    for (std::uint32_t i = 0; i < count && file_.contains(table + i * size, size); ++i) {
      const std::uint64_t at = table + i * size;
      if (file_.u32(at + 4) == kNoteSection) {
        areas.push_back(wide() ? Part{0, word64(at + 24), 0, word64(at + 32), 0}
                               : Part{0, file_.u32(at + 16), 0, file_.u32(at + 20), 0});
      }
    }
    return areas;
  }
  const ByteView& file() const { return file_; }

 private:
  std::uint64_t word64(std::uint64_t at) const {
    return file_.u32(at) | std::uint64_t{file_.u32(at + 4)} << 32;
  }
  // A field that is an address or offset, where the header before it is the same for both.
  std::uint64_t word(std::uint64_t at) const { return wide() ? word64(at) : file_.u32(at); }
  std::uint64_t program_table() const { return wide() ? word64(32) : file_.u32(28); }
  std::uint64_t program_size() const {
    return std::max<std::uint64_t>(file_.u16(wide() ? 54 : 42), wide() ? 56 : 32);
  }
  ByteView file_;
};

void read_notes(const Elf& elf, KernelImage& image) {
  for (const Elf::Part& area : elf.note_areas()) {
    const auto bytes = elf.file().part(area.offset, area.file_bytes);
    if (!bytes) {
      continue;
    }
    const ByteView view(*bytes);
    for (std::uint64_t at = 0; view.contains(at, 12);) {
      const auto padded = [](std::uint64_t size) { return (size + 3) & ~std::uint64_t{3}; };
      const std::uint64_t name = view.u32(at), size = view.u32(at + 4);
      const std::uint32_t type = view.u32(at + 8);
      const std::uint64_t text = at + 12, body = text + padded(name);
      const auto owner = view.part(text, name);
      const auto content = view.part(body, size);
      if (!owner || !content) {
        break;
      }
      if (name == 4 && std::memcmp(owner->data(), "Xen", 4) == 0) {
        image.notes.emplace(type, *content);
      }
      at = body + padded(size);
    }
  }
}

}  // namespace

std::optional<std::uint64_t> KernelImage::number(std::uint32_t type) const {
  const auto note = notes.find(type);
  if (note == notes.end() || (note->second.size() != 4 && note->second.size() != 8)) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  std::memcpy(&value, note->second.data(), note->second.size());
  return value;
}

std::string KernelImage::text(std::uint32_t type) const {
  const auto note = notes.find(type);
  if (note == notes.end()) {
    return {};
  }
  const std::string all(reinterpret_cast<const char*>(note->second.data()), note->second.size());
  return all.substr(0, all.find('\0'));
}

bool KernelImage::can_be_pv() const {
  return std::any_of(notes.begin(), notes.end(), [](const auto& note) {
    return note.first == XEN_ELFNOTE_XEN_VERSION || note.first == XEN_ELFNOTE_LOADER ||
           note.first == XEN_ELFNOTE_ENTRY || note.first == XEN_ELFNOTE_VIRT_BASE ||
           note.first == XEN_ELFNOTE_HYPERCALL_PAGE;
  });
}

bool KernelImage::can_be_pvh() const { return notes.count(XEN_ELFNOTE_PHYS32_ENTRY) != 0; }

std::optional<KernelImage> find_xen_kernel(std::span<const std::uint8_t> bytes) {
  const Elf elf(bytes);
  if (!elf.valid()) {
    return std::nullopt;
  }
  KernelImage image;
  image.wide = elf.wide();
  image.entry = elf.entry();
  read_notes(elf, image);
  if (!image.can_be_pv() && !image.can_be_pvh()) {
    return std::nullopt;
  }
  return image;
}

Result<KernelImage> parse_xen_kernel(const MachineConfig& config) {
  const auto error = [&](const std::string& why) {
    return Error{ErrorCode::InvalidInput,
                 (config.image_path.empty() ? "the image" : config.image_path) + ": " + why};
  };
  auto image = find_xen_kernel(config.image);
  if (!image) {
    return error(
        "has no Xen notes, so it is no paravirtual kernel; use another technique, such as "
        "--technique trap-and-emulate");
  }
  if (const std::string version = image->text(XEN_ELFNOTE_XEN_VERSION);
      !version.empty() && version != "xen-3.0") {
    return error("wants the guest interface " + version + ", and this is xen-3.0; build it again");
  }
  const Elf elf(config.image);
  for (std::uint32_t i = 0; i < elf.program_count(); ++i) {
    const Elf::Part part = elf.program(i);
    if (part.type != kLoad || part.memory_bytes == 0) {
      continue;
    }
    const auto bytes = elf.file().part(part.offset, part.file_bytes);
    if (!bytes || part.file_bytes > part.memory_bytes) {
      return error("is a truncated ELF file: segment " + std::to_string(i) +
                   " is not wholly inside; copy or build it again");
    }
    if (part.memory_bytes > kLargest) {
      return error("segment " + std::to_string(i) + " is larger than 2 GiB; build it again");
    }
    image->segments.push_back({part.physical, *bytes, part.memory_bytes});
  }
  if (image->segments.empty()) {
    return error("has no segment to load; link it");
  }
  return std::move(*image);
}

}  // namespace gv::xen
