// SPDX-License-Identifier: MIT
//
// `glassvisor trace export`, and the two commands that hand over to another
// program of the project: bench and workbench.

#include "cli/commands.h"
#include "gv/trace_file.h"
#include "lesson/paths.h"

#include <fmt/format.h>

#include <unistd.h>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <iostream>
#include <memory>

namespace gv {
namespace {

struct ExportOptions {
  std::string trace, format = "text", output;
};

int export_to(const ExportOptions& options) {
  const auto format = export_format_from_name(options.format);
  if (!format)
    return refuse(format.error());
  const auto trace = read_trace(options.trace);
  if (!trace)
    return refuse(trace.error());
  const auto written = options.output.empty() ? export_trace(*trace, *format, std::cout)
                                              : export_trace(*trace, *format, options.output);
  if (!written)
    return refuse(written.error());
  return kDone;
}

// Becomes the program of this name beside this one, or in a sibling folder of the build.
int become(const std::string& program, const std::vector<std::string>& arguments,
           const std::string& when_absent) {
  std::error_code ignored;
  for (const auto& folder : {program_folder(), program_folder().parent_path() / "benchmarks",
                             program_folder().parent_path()}) {
    const auto path = folder / program;
    if (!std::filesystem::is_regular_file(path, ignored))
      continue;
    std::vector<char*> words;
    std::string name = path.string();
    std::vector<std::string> copies = arguments;
    words.push_back(name.data());
    for (std::string& word : copies)
      words.push_back(word.data());
    words.push_back(nullptr);
    execv(name.c_str(), words.data());
    return refuse({ErrorCode::Internal, name + ": cannot be started: " + std::strerror(errno)});
  }
  return refuse({ErrorCode::NotAvailable, when_absent});
}

}  // namespace

void add_trace(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("trace", "Exports recorded runs");
  command->require_subcommand(1);
  auto options = std::make_shared<ExportOptions>();
  CLI::App* export_command =
      command->add_subcommand("export", "A trace file in another program's format");
  export_command->footer(
      "Examples:\n  glassvisor boot tinykernel --trace run.trace\n"
      "  glassvisor trace export run.trace --format perfetto --output run.json   (open at "
      "ui.perfetto.dev)\n"
      "  glassvisor trace export run.trace --format csv | head");
  export_command->add_option("trace", options->trace, "A file that --trace wrote")->required();
  export_command->add_option("--format", options->format, "text, csv or perfetto")
      ->capture_default_str();
  export_command->add_option("--output", options->output, "Write there, not to stdout");
  export_command->callback([options, &exit_code] { exit_code = export_to(*options); });
}

void add_bench(CLI::App& app, int& exit_code) {
  auto names = std::make_shared<std::vector<std::string>>();
  auto json = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand("bench", "Measures this program on this machine");
  command->add_option("name", *names, "Only benchmarks whose names contain this");
  command->add_flag("--json", *json, "Print the result as JSON");
  command->callback([names, json, &exit_code] {
    std::vector<std::string> words;
    std::string filter;
    for (const std::string& name : *names)
      filter += (filter.empty() ? "" : "|") + name;
    if (!filter.empty())
      words.push_back("--benchmark_filter=" + filter);
    if (*json)
      words.push_back("--benchmark_format=json");
    exit_code = become("glassvisor-bench", words,
                       "the benchmarks are not built here: build the target glassvisor-bench");
  });
}

void add_workbench(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand("workbench", "Opens the window (glassvisor-workbench)");
  command->prefix_command();
  command->footer(
      "Everything after `workbench` goes to glassvisor-workbench.\n\n"
      "Example:\n  glassvisor workbench 01 --present");
  command->callback([command, &exit_code] {
    exit_code = become("glassvisor-workbench", command->remaining(),
                       "glassvisor-workbench is not here: it was built without a window system; "
                       "play lessons with glassvisor run");
  });
}

}  // namespace gv
