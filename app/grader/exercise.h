// SPDX-License-Identifier: MIT
//
// exercise.h - an exercise as data: what exercise.lua and its texts say.
//
// The folder: exercise.lua (data and check functions), text.en.md, hints.en.md,
// starter/, solution/, wrong/. A student's pack is text, hints and starter; the
// grader always uses its own copy of the rest. Check functions stay in Lua
// (exercise_script.h).
//
// Plain values.

#pragma once

#include "grader/record.h"
#include "gv/result.h"
#include "lesson/lua_host.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace gv {

inline constexpr int kExerciseFormatVersion = 1;

enum class SubmissionLanguage : std::uint8_t { Lua, Nasm };

struct ExerciseCheck {
  std::string id;
  std::string title;
  double points = 0;
  Visibility visibility = Visibility::Public;
  std::string hint;           // from hints.en.md, under the check's id
  std::string misconception;  // the belief that a failure points to; may be empty
};

struct Exercise {
  std::string folder;
  std::string id, title, summary;
  SubmissionLanguage language = SubmissionLanguage::Lua;
  std::string file;                          // what a submission is called in its folder
  std::map<std::string, std::string> files;  // of starter/, that go beside a NASM source
  std::string script;                        // the text of exercise.lua
  std::string task;                          // the text of text.en.md
  LuaLimits limits;                          // of the submission's script, per call
  std::uint64_t cpu_seconds = 5;             // of one check's process
  std::vector<ExerciseCheck> checks;

  double max_points() const;
};

// Error: one sentence with file and line.
Result<Exercise> load_exercise(const std::string& folder);

// The text of a regular file, at most `most` bytes; not through a symbolic link. Error: one
// sentence.
Result<std::string> read_regular_file(const std::string& path, std::uint64_t most);

}  // namespace gv
