// SPDX-License-Identifier: MIT

#include "lesson/progress.h"

#include "lesson/lesson_script.h"

#include <fcntl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cstring>

namespace gv {
namespace {

namespace fs = std::filesystem;
constexpr int kVersion = 1;

int whole(const LuaValue& table, const char* name) {
  return table.contains(name) && table[name].is_number_integer() ? table[name].get<int>() : 0;
}

Error cannot_write(const fs::path& file) {
  return {ErrorCode::InvalidInput,
          file.string() + ": progress cannot be written: " + std::strerror(errno)};
}

// To a new file, flushed, then renamed over the old one.
Result<void> replace_file(const fs::path& file, const std::string& text) {
  const fs::path fresh = file.string() + ".new";
  const int out = ::open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (out < 0)
    return cannot_write(fresh);
  std::size_t done = 0;
  while (done < text.size()) {
    const ssize_t count = ::write(out, text.data() + done, text.size() - done);
    if (count < 0 && errno == EINTR)
      continue;
    if (count <= 0) {
      ::close(out);
      return cannot_write(fresh);
    }
    done += static_cast<std::size_t>(count);
  }
  const bool flushed = ::fsync(out) == 0;
  if (::close(out) != 0 || !flushed || ::rename(fresh.c_str(), file.c_str()) != 0) {
    return cannot_write(file);
  }
  return {};
}

}  // namespace

Result<Progress> Progress::open(const fs::path& folder) {
  Progress progress;
  progress.file_ = folder / "progress.json";
  std::error_code ignored;
  if (!fs::exists(progress.file_, ignored))
    return progress;
  auto text = read_text_file(progress.file_.string());
  if (!text)
    return text.error();
  const LuaValue table = LuaValue::parse(*text, nullptr, false);
  if (!table.is_object() || !table.contains("lessons") || !table["lessons"].is_object()) {
    // Whatever it is, it is the learner's: keep it under another name.
    for (int number = 1; number < 1000; ++number) {
      const fs::path aside = progress.file_.string() + ".unreadable-" + std::to_string(number);
      if (fs::exists(aside, ignored))
        continue;
      fs::rename(progress.file_, aside, ignored);
      break;
    }
    return progress;
  }
  for (const auto& [slug, entry] : table["lessons"].items()) {
    LessonProgress lesson;
    lesson.furthest_beat = whole(entry, "furthest_beat");
    lesson.beats = whole(entry, "beats");
    lesson.predictions_made = whole(entry, "predictions_made");
    lesson.predictions_right = whole(entry, "predictions_right");
    lesson.finished = entry.contains("finished") && entry["finished"] == LuaValue(true);
    if (entry.contains("misconceptions") && entry["misconceptions"].is_object()) {
      for (const auto& [belief, count] : entry["misconceptions"].items()) {
        if (count.is_number_integer())
          lesson.misconceptions[belief] = count.get<int>();
      }
    }
    if (entry.contains("drafts") && entry["drafts"].is_object()) {
      for (const auto& [task, code] : entry["drafts"].items()) {
        if (code.is_string())
          lesson.drafts[task] = code.get<std::string>();
      }
    }
    if (entry.contains("tasks_passed") && entry["tasks_passed"].is_array()) {
      for (const LuaValue& task : entry["tasks_passed"]) {
        if (task.is_string())
          lesson.tasks_passed.insert(task.get<std::string>());
      }
    }
    progress.lessons_[slug] = lesson;
  }
  return progress;
}

Result<void> Progress::note(const LessonView& view, const Lesson& lesson) {
  const bool first_time = lessons_.count(lesson.meta.slug) == 0;
  LessonProgress& entry = lessons_[lesson.meta.slug];
  const LessonProgress before = entry;
  entry.beats = view.beat_count;
  entry.furthest_beat = std::max(entry.furthest_beat, view.beat_index);
  entry.predictions_made = view.predictions_made;
  entry.predictions_right = view.predictions_right;
  entry.finished = entry.finished || view.phase == LessonPhase::Done;
  if (view.task && view.task->result && view.task->result->verdict == Verdict::Pass)
    entry.tasks_passed.insert(view.task->id);
  const bool new_prediction = view.predictions_made > before.predictions_made;
  if (new_prediction && view.prediction && view.prediction_right == false) {
    if (const auto* id = std::get_if<std::string>(&view.predicted)) {
      for (const Choice& choice : view.prediction->choices) {
        if (choice.id == *id && choice.misconception)
          ++entry.misconceptions[*choice.misconception];
      }
    }
  }
  const bool same =
      !first_time && entry.beats == before.beats && entry.furthest_beat == before.furthest_beat &&
      entry.predictions_made == before.predictions_made &&
      entry.predictions_right == before.predictions_right && entry.finished == before.finished &&
      entry.misconceptions == before.misconceptions && entry.tasks_passed == before.tasks_passed;
  return same ? Result<void>() : save();
}

std::string Progress::draft(const std::string& slug, const std::string& task) const {
  const auto lesson = lessons_.find(slug);
  if (lesson == lessons_.end())
    return {};
  const auto code = lesson->second.drafts.find(task);
  return code == lesson->second.drafts.end() ? std::string() : code->second;
}

Result<void> Progress::keep_draft(const std::string& slug, const std::string& task,
                                  const std::string& code) {
  std::string& kept = lessons_[slug].drafts[task];
  if (kept == code)
    return {};
  kept = code;
  return save();
}

Result<void> Progress::save() const {
  LuaValue lessons = LuaValue::object();
  for (const auto& [slug, entry] : lessons_) {
    lessons[slug] = {{"furthest_beat", entry.furthest_beat},
                     {"beats", entry.beats},
                     {"predictions_made", entry.predictions_made},
                     {"predictions_right", entry.predictions_right},
                     {"finished", entry.finished},
                     {"misconceptions", entry.misconceptions},
                     {"drafts", entry.drafts},
                     {"tasks_passed", entry.tasks_passed}};
  }
  const LuaValue table = {{"version", kVersion}, {"lessons", std::move(lessons)}};
  // A draft may hold any bytes that a clipboard gave; what is no UTF-8 is replaced.
  return replace_file(file_, table.dump(2, ' ', false, LuaValue::error_handler_t::replace) + "\n");
}

}  // namespace gv
