// SPDX-License-Identifier: MIT

#include "lesson/packaged_guest.h"

#include <filesystem>

namespace gv {

const std::vector<PackagedGuest>& packaged_guests() {
  static const std::vector<PackagedGuest> kGuests = {
      {"invaders", "grub-invaders", {"/boot/invaders.exec"}},
      {"memtest86+", "memtest86+", {"/boot/memtest86+ia32.bin", "/boot/mt86+ia32"}}};
  return kGuests;
}

const PackagedGuest* packaged_guest(const std::string& name) {
  for (const PackagedGuest& guest : packaged_guests()) {
    if (guest.name == name)
      return &guest;
  }
  return nullptr;
}

Result<std::string> find_file_of(const PackagedGuest& guest) {
  for (const std::string& path : guest.paths) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(path, ignored))
      return path;
  }
  return Error{ErrorCode::InvalidInput, guest.name + ": " + guest.paths.front() +
                                            " is not there; install Debian's package of it: "
                                            "apt-get install " +
                                            guest.package};
}

}  // namespace gv
