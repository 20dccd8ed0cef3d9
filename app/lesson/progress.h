// SPDX-License-Identifier: MIT
//
// progress.h - what one learner has played, kept between sessions.
//
// One JSON file in the state folder, written to a new file and renamed, so that
// a crash leaves the old or the new one. A file that does not parse is set
// aside under another name, never overwritten.

#pragma once

#include "gv/result.h"
#include "lesson/lesson_player.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>

namespace gv {

struct LessonProgress {
  int furthest_beat = 0;
  int beats = 0;
  int predictions_made = 0, predictions_right = 0;  // of the latest play
  bool finished = false;
  std::map<std::string, int> misconceptions;  // how often a choice showed each
  std::map<std::string, std::string> drafts;  // by task: the learner's code as it was left
  std::set<std::string> tasks_passed;
};

class Progress {
 public:
  // Reads `folder`/progress.json; a missing file is an empty record.
  static Result<Progress> open(const std::filesystem::path& folder);
  const std::map<std::string, LessonProgress>& lessons() const { return lessons_; }  // by slug
  // Notes where a lesson stands. Cheap when nothing changed; else writes.
  Result<void> note(const LessonView& view, const Lesson& lesson);
  // The code of a task as it was left; empty when none was ever written.
  std::string draft(const std::string& slug, const std::string& task) const;
  Result<void> keep_draft(const std::string& slug, const std::string& task,
                          const std::string& code);
  Result<void> save() const;

 private:
  std::filesystem::path file_;
  std::map<std::string, LessonProgress> lessons_;
};

}  // namespace gv
