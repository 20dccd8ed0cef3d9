// SPDX-License-Identifier: MIT
//
// packaged_guest.h - guests that others wrote and that a Debian package installs, by name.
//
// They are booted as they are. Files are looked for where the package has put
// them in one release or another; nothing is downloaded.
// Any thread.

#pragma once

#include "gv/result.h"

#include <string>
#include <vector>

namespace gv {

struct PackagedGuest {
  std::string name;                // "invaders"
  std::string package;             // "grub-invaders"
  std::vector<std::string> paths;  // known places, newest release first
};

const std::vector<PackagedGuest>& packaged_guests();
// Null: none has this name.
const PackagedGuest* packaged_guest(const std::string& name);
// Error: the package is not installed, with the command that does it.
Result<std::string> find_file_of(const PackagedGuest& guest);

}  // namespace gv
