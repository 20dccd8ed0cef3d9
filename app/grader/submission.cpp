// SPDX-License-Identifier: MIT
//
// submission.cpp - finds and reads a submission's source.

#include "grader/submission.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <vector>

namespace gv {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kLargestSource = 256 << 10;

std::string text_of(const nlohmann::json& value) {
  if (value.is_string())
    return value.get<std::string>();
  return value.is_number() ? value.dump() : std::string();
}

// Gradescope tells who submitted: the group's ids in order, so that a regrade
// and the order of names do not change the variant.
std::string gradescope_student(const fs::path& folder) {
  const auto text =
      read_regular_file((folder.parent_path() / "submission_metadata.json").string(), 1 << 20);
  if (!text)
    return {};
  const auto metadata = nlohmann::json::parse(*text, nullptr, false);
  if (!metadata.is_object() || !metadata.contains("users") || !metadata["users"].is_array())
    return {};
  std::vector<std::string> ids;
  for (const auto& user : metadata["users"]) {
    if (user.is_object() && user.contains("id"))
      ids.push_back(text_of(user["id"]));
  }
  std::sort(ids.begin(), ids.end());
  std::string student;
  for (const std::string& id : ids)
    student += (student.empty() ? "" : "+") + id;
  return student;
}

}  // namespace

Submission read_submission(const std::string& path, const Exercise& exercise,
                           const std::string& student) {
  Submission submission;
  submission.name = path;
  submission.student = student;
  std::error_code ignored;
  fs::path file = path;
  fs::path named = fs::path(path).lexically_normal();
  if (!named.has_filename())
    named = named.parent_path();  // "alice/" is alice
  if (fs::is_directory(path, ignored)) {
    file = fs::path(path) / exercise.file;
    if (submission.student.empty()) {
      submission.student = gradescope_student(fs::absolute(named, ignored).lexically_normal());
    }
  } else if (named.filename() == exercise.file && named.has_parent_path()) {
    named = named.parent_path();  // alice/policy.lua is alice's
  } else {
    named.replace_extension();
  }
  if (submission.student.empty())
    submission.student = named.filename().string();
  auto source = read_regular_file(file.string(), kLargestSource);
  if (source) {
    submission.source = std::move(*source);
  } else {
    submission.problem = source.error().message;
  }
  return submission;
}

}  // namespace gv
