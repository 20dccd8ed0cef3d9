// SPDX-License-Identifier: MIT
//
// assembler.h - a student's NASM source as an image, without trusting the source.
//
// An assembler reads files on the source's behalf: `incbin "/etc/passwd"` would
// put a secret into an image, and `%include` the solution into the messages. So
// nasm and ld run contained, see the system's libraries and one scratch folder
// and nothing else, and the scratch folder is gone afterwards.

#pragma once

#include "grader/contained_process.h"
#include "gv/result.h"

#include <atomic>
#include <map>
#include <string>
#include <vector>

namespace gv {

struct Assembly {
  std::string image;    // empty when it failed
  std::string problem;  // what nasm said, in full lines
  Ending ending = Ending::Exited;
  bool ok() const { return !image.empty(); }
};

// Assembles `source` (named `name` in messages) to a flat image, beside `files`, which are the
// exercise's own: name → content. Error: nasm is missing or cannot be contained.
Result<Assembly> assemble(const std::string& worker, const std::string& name,
                          const std::string& source,
                          const std::map<std::string, std::string>& files,
                          const std::atomic<bool>* interrupted);

// The worker's part: confines itself to `folder` and becomes the tool. Returns only on failure.
int become_tool(const std::string& folder, const std::vector<std::string>& command);

}  // namespace gv
