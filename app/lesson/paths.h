// SPDX-License-Identifier: MIT
//
// paths.h - where guest kits, lessons, exercises and scripts are found.
//
// An installed program has them in ../share/glassvisor beside its bin; a
// build tree has the kits there and reads lessons from the source tree. GLASSVISOR_SHARE in the
// environment comes first. Nothing here creates a file, save state_folder.

#pragma once

#include "gv/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace gv {

// Folders to search, best first: each holds kits/, lessons/, exercises/ or lua-scripts/.
std::vector<std::filesystem::path> share_folders();
// "tinykernel" → …/kits/tinykernel.elf (or .bin, .img). Error: one sentence with the names there
// are.
Result<std::string> find_kit(const std::string& name);
// A file if there is one of that name, else a packaged guest (packaged_guest.h), else a kit.
Result<std::string> find_image(const std::string& name_or_path);
// A folder if there is one of that name, else a lesson by folder name, slug or number: "01".
Result<std::string> find_lesson(const std::string& name_or_path);
Result<std::string> find_exercise(const std::string& name_or_path);
// Every lesson folder there is, in order.
std::vector<std::string> lesson_folders();
// $XDG_DATA_HOME/glassvisor or ~/.local/share/glassvisor, created when missing.
Result<std::filesystem::path> state_folder();
// The program's own folder.
std::filesystem::path program_folder();

}  // namespace gv
