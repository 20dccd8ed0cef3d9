// SPDX-License-Identifier: MIT
//
// traces.cpp - reads trace files and folders of them.

#include "cluster/traces.h"

#include "cluster/trace_archive.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace gv {
namespace {

constexpr std::uintmax_t kLargestFile = 1u << 20;  // a day has 288 short lines

Error bad(const std::string& what) { return {ErrorCode::InvalidInput, what}; }

Result<std::vector<TraceFile>> files_of_folder(const std::string& path) {
  std::vector<TraceFile> files;
  std::error_code trouble;
  for (std::filesystem::directory_iterator it(path, trouble), end; !trouble && it != end;
       it.increment(trouble)) {
    std::error_code ignored;
    const std::string name = it->path().filename().string();
    if (name.starts_with(".") || !it->is_regular_file(ignored))
      continue;
    if (it->file_size(ignored) > kLargestFile)
      return bad(it->path().string() + ": is too long for a trace; give a folder of trace files");
    std::ifstream in(it->path(), std::ios::binary);
    std::string text{std::istreambuf_iterator<char>(in), {}};
    if (!in)
      return bad(it->path().string() + ": cannot be read; check its permissions");
    files.push_back({it->path().string(), std::move(text)});
  }
  if (trouble)
    return bad(path + ": cannot be listed (" + trouble.message() + "); check its permissions");
  return files;
}

}  // namespace

Result<std::vector<std::uint8_t>> parse_trace(std::string_view text, const std::string& name) {
  std::vector<std::uint8_t> samples;
  std::size_t line = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view number = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    ++line;
    if (number.ends_with('\r'))
      number.remove_suffix(1);
    unsigned value = 0;
    const auto [rest, trouble] = std::from_chars(number.begin(), number.end(), value);
    if (trouble != std::errc() || rest != number.end() || value > 100)
      return bad(name + ":" + std::to_string(line) +
                 ": is not a whole percentage from 0 to 100; a trace has one a line");
    samples.push_back(static_cast<std::uint8_t>(value));
  }
  if (samples.size() < 2)
    return bad(name + ": has fewer than two samples; a trace has one percentage a line");
  return samples;
}

Result<TraceSet> read_traces(const std::string& path) {
  std::error_code trouble;
  const auto status = std::filesystem::status(path, trouble);
  if (!std::filesystem::exists(status))
    return bad(path + ": is not there; give a folder of trace files or its .tar.xz");
  auto files =
      std::filesystem::is_directory(status) ? files_of_folder(path) : files_of_archive(path);
  if (!files)
    return files.error();
  if (files->empty())
    return bad(path + ": has no trace files in it; give a folder with one file a VM");
  std::sort(files->begin(), files->end(),
            [](const TraceFile& a, const TraceFile& b) { return a.name < b.name; });
  TraceSet traces(0, 0);
  for (std::size_t vm = 0; vm < files->size(); ++vm) {
    const auto samples = parse_trace((*files)[vm].text, (*files)[vm].name);
    if (!samples)
      return samples.error();
    if (vm == 0)
      traces = TraceSet(files->size(), samples->size());
    if (samples->size() != traces.steps())
      return bad((*files)[vm].name + ": has " + std::to_string(samples->size()) +
                 " samples where the files before it have " + std::to_string(traces.steps()) +
                 "; all VMs need the same hours");
    std::copy(samples->begin(), samples->end(), traces.of(vm).begin());
  }
  return traces;
}

}  // namespace gv
