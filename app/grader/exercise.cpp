// SPDX-License-Identifier: MIT
//
// exercise.cpp - reads and lints an exercise folder.

#include "grader/exercise.h"

#include "grader/exercise_script.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <set>
#include <system_error>

#include <fmt/format.h>

namespace gv {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr std::uint64_t kLongestText = 1 << 20;

// "## id" headings and the text below each.
std::map<std::string, std::string> sections_of(const std::string& markdown) {
  std::map<std::string, std::string> sections;
  std::string heading;
  for (std::size_t at = 0; at < markdown.size();) {
    const std::size_t end = std::min(markdown.find('\n', at), markdown.size());
    const std::string line = markdown.substr(at, end - at);
    at = end + 1;
    if (line.starts_with("## ")) {
      heading = line.substr(3);
    } else if (!heading.empty()) {
      std::string& text = sections[heading];
      if (!line.empty())
        text += (text.empty() ? "" : " ") + line;
    }
  }
  return sections;
}

std::string text_of(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_of(const Json& json, const char* key, double otherwise) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : otherwise;
}

Error in_exercise(const std::string& folder, const std::string& what) {
  return {ErrorCode::InvalidInput, fmt::format("exercise '{}': {}", folder, what)};
}

Result<void> read_checks(const Json& data, const std::map<std::string, std::string>& hints,
                         Exercise& exercise) {
  const auto checks = data.find("checks");
  if (checks == data.end() || !checks->is_array() || checks->empty()) {
    return in_exercise(exercise.folder, "exercise.lua has no checks; add a list `checks`");
  }
  std::set<std::string> ids;
  for (const Json& one : *checks) {
    ExerciseCheck check;
    check.id = text_of(one, "id");
    check.title = text_of(one, "title");
    check.points = number_of(one, "points", 0);
    check.misconception = text_of(one, "misconception");
    const std::string visibility = text_of(one, "visibility");
    if (check.id.empty() || check.title.empty()) {
      return in_exercise(exercise.folder, "a check lacks its id or its title; give it both");
    }
    if (!ids.insert(check.id).second) {
      return in_exercise(exercise.folder,
                         fmt::format("two checks are called '{}'; rename one", check.id));
    }
    if (!(check.points > 0)) {
      return in_exercise(exercise.folder,
                         fmt::format("check '{}' is worth no points; give it some", check.id));
    }
    if (visibility != "public" && visibility != "hidden") {
      return in_exercise(
          exercise.folder,
          fmt::format("check '{}' says neither visibility = \"public\" nor \"hidden\"", check.id));
    }
    check.visibility = visibility == "hidden" ? Visibility::Hidden : Visibility::Public;
    const auto hint = hints.find(check.id);
    if (hint == hints.end() || hint->second.empty()) {
      return in_exercise(exercise.folder,
                         fmt::format("hints.en.md has no hint under '## {}'; write "
                                     "one",
                                     check.id));
    }
    check.hint = hint->second;
    exercise.checks.push_back(std::move(check));
  }
  return {};
}

Result<void> read_submission_form(const Json& data, Exercise& exercise) {
  const Json form = data.value("submission", Json::object());
  exercise.file = text_of(form, "file");
  const std::string language = text_of(form, "language");
  if (exercise.file.empty() || exercise.file.find('/') != std::string::npos) {
    return in_exercise(exercise.folder, "submission.file must be a plain file name");
  }
  if (language != "lua" && language != "nasm") {
    return in_exercise(exercise.folder, "submission.language must be \"lua\" or \"nasm\"");
  }
  exercise.language = language == "lua" ? SubmissionLanguage::Lua : SubmissionLanguage::Nasm;
  for (const Json& name : form.value("beside", Json::array())) {
    if (!name.is_string())
      continue;
    auto content =
        read_regular_file((fs::path(exercise.folder) / "starter" / name).string(), kLongestText);
    if (!content)
      return content.error();
    exercise.files[name] = std::move(*content);
  }
  return {};
}

}  // namespace

double Exercise::max_points() const {
  double sum = 0;
  for (const ExerciseCheck& check : checks)
    sum += check.points;
  return sum;
}

Result<std::string> read_regular_file(const std::string& path, std::uint64_t most) {
  // Not blocking: a FIFO in a submission must not stop the grader.
  const int file = open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) {
    const bool link = errno == ELOOP;
    return Error{ErrorCode::InvalidInput,
                 link ? fmt::format("'{}' is a symbolic link; put the file itself there", path)
                      : fmt::format("cannot read '{}': {}", path, std::strerror(errno))};
  }
  struct stat status {};
  std::string problem, content;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode)) {
    problem = fmt::format("'{}' is not a regular file", path);
  } else if (static_cast<std::uint64_t>(status.st_size) > most) {
    problem = fmt::format("'{}' is larger than {} KiB; make it smaller", path, most / 1024);
  } else {
    std::array<char, 65536> block;
    ssize_t n = 0;
    while ((n = read(file, block.data(), block.size())) > 0 && content.size() <= most) {
      content.append(block.data(), static_cast<std::size_t>(n));
    }
    if (n < 0)
      problem = fmt::format("cannot read '{}': {}", path, std::strerror(errno));
  }
  close(file);
  if (!problem.empty())
    return Error{ErrorCode::InvalidInput, problem};
  return content;
}

Result<Exercise> load_exercise(const std::string& folder) {
  Exercise exercise;
  exercise.folder = folder;
  std::map<std::string, std::string> text;
  for (const char* name : {"exercise.lua", "text.en.md", "hints.en.md"}) {
    auto content = read_regular_file((fs::path(folder) / name).string(), kLongestText);
    if (!content)
      return content.error();
    text[name] = std::move(*content);
  }
  exercise.script = text["exercise.lua"];
  exercise.task = text["text.en.md"];
  auto script = ExerciseScript::open(exercise, 0, {});
  if (!script)
    return script.error();
  const auto data = (*script)->data();
  if (!data)
    return data.error();
  if (number_of(*data, "format", 0) != kExerciseFormatVersion) {
    return in_exercise(folder,
                       fmt::format("exercise.lua must say format = {}", kExerciseFormatVersion));
  }
  exercise.id = text_of(*data, "id");
  exercise.title = text_of(*data, "title");
  exercise.summary = text_of(*data, "summary");
  if (exercise.id.empty() || exercise.title.empty()) {
    return in_exercise(folder, "exercise.lua lacks its id or its title; give it both");
  }
  const Json limits = data->value("limits", Json::object());
  exercise.limits.instructions =
      static_cast<std::uint64_t>(std::clamp(number_of(limits, "lua_instructions", 5e6), 1e3, 1e9));
  exercise.limits.memory_bytes = static_cast<std::size_t>(
      std::clamp(number_of(limits, "lua_memory_mib", 32), 1.0, 512.0) * (1 << 20));
  exercise.limits.output_bytes = 16 << 10;
  exercise.cpu_seconds =
      static_cast<std::uint64_t>(std::clamp(number_of(limits, "cpu_seconds", 5), 1.0, 60.0));
  GV_TRY(read_submission_form(*data, exercise));
  GV_TRY(read_checks(*data, sections_of(text["hints.en.md"]), exercise));
  return exercise;
}

}  // namespace gv
