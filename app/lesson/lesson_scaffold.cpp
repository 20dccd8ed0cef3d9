// SPDX-License-Identifier: MIT
//
// `glassvisor lesson new`: the smallest lesson that passes its own check.

#include "lesson/lesson_check.h"
#include "gv/random.h"

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

namespace gv {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kLesson =
    R"lua(-- A lesson: data, and functions where a run is needed. Its prose is in text.en.md.

local function observe(machine)
  -- Run until the guest's kernel asks for something that it may not do by itself.
  local stop = machine:run{ until_exit = "privileged-instruction" }
  lab.say("first-exit", { mnemonic = stop.exit.mnemonic, retired = stop.retired })
  return {
    answer = machine:physical().cpl == 0 and "ring-0" or "another-ring",
    phenomenon = machine:count{ kind = "exit" },
    mnemonic = stop.exit.mnemonic,
    ring = machine:physical().cpl,
  }
end

return {
  format_version = 1,
  uuid = "@UUID@",
  slug = "@SLUG@",
  title = "@SLUG@",
  minutes = 5,
  concepts = { teaches = { "@SLUG@" }, requires = {} },
  objectives = { "Say in which ring a deprivileged guest kernel runs." },
  out_of_scope = {},
  misconceptions = {},
  beats = {
    {
      id = "ring",
      machine = { image = "tinykernel", technique = "trap-and-emulate" },
      panels = { open = { "trap-theatre", "registers", "ledger" }, focus = "trap-theatre",
                 highlight = { "registers" } },
      controls = { "step", "step-back", "run-to-exit" },
      predict = { kind = "choice", choices = { "ring-0", "another-ring" } },
      observe = observe,
      retrieve = {
        function(outcome)
          return { kind = "number", answer = outcome.ring }
        end,
      },
    },
  },
}
)lua";

constexpr std::string_view kText =
    R"md(# Texts of the lesson, by key. {{name}} is filled with what the run measured.

## summary
One sentence about the lesson.

## ring.title
The ring

## ring.question
A guest kernel believes that it runs in ring 0. A hypervisor runs it under trap-and-emulate.

## ring.predict
In which ring does the CPU really run the guest kernel?

## ring.choice.ring-0
In ring 0

## ring.choice.another-ring
In a ring with less privilege

## ring.feedback.ring-0
In ring 0 the guest's privileged instructions would not trap.

## ring.explain
The first privileged instruction was `{{mnemonic}}`. It trapped, because the CPU ran it in ring {{ring}}.

## ring.retrieve.1
What is the number of the ring in which the guest kernel ran?

## ring.retrieve.1.feedback
The run measured ring {{ring}}.

## first-exit
After {{retired}} instructions the guest kernel executed `{{mnemonic}}`, and the CPU handed over to the hypervisor.
)md";

constexpr std::string_view kHints = R"md(# Hints, in stages. None of them is the solution.

## ring
- Which instructions trap in ring 0?
- Look at the physical registers beside the virtual ones.
)md";

constexpr std::string_view kStarter = R"lua(-- Your predictions. Replace each nil.
return {
  predictions = { ring = nil },
  retrieval = { ring = { nil } },
}
)lua";

constexpr std::string_view kSolution = R"lua(return {
  predictions = { ring = { answer = "another-ring", confidence = "certain" } },
  retrieval = { ring = { 1 } },
}
)lua";

constexpr std::string_view kWrong =
    R"lua(-- Believes that the guest kernel runs where it thinks it runs.
return {
  fails = "predict.ring",
  predictions = { ring = { answer = "ring-0", confidence = "certain" } },
  retrieval = { ring = { 1 } },
}
)lua";

std::string new_uuid() {
  std::random_device entropy;  // identity of a file, not a run: the one place without a seed
  Random random(std::uint64_t{entropy()} << 32 | entropy());
  const std::uint64_t high = (random.next() & ~std::uint64_t{0xf000}) | 0x4000;
  const std::uint64_t low = (random.next() & ~(std::uint64_t{3} << 62)) | std::uint64_t{1} << 63;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:012x}", high >> 32, high >> 16 & 0xffff,
                     high & 0xffff, low >> 48, low & 0xffffffffffff);
}

std::string filled(std::string_view text, const std::string& uuid, const std::string& slug) {
  std::string out(text);
  const auto replace = [&](const std::string& mark, const std::string& with) {
    for (std::size_t at = out.find(mark); at != std::string::npos; at = out.find(mark, at)) {
      out.replace(at, mark.size(), with);
    }
  };
  replace("@UUID@", uuid);
  replace("@SLUG@", slug);
  return out;
}

Result<void> write_file(const fs::path& path, const std::string& text) {
  std::error_code problem;
  fs::create_directories(path.parent_path(), problem);
  std::ofstream file(path, std::ios::binary);
  file << text;
  file.close();
  if (!file) {
    return Error{ErrorCode::InvalidInput,
                 path.string() + ": cannot be written; choose a folder of yours"};
  }
  return {};
}

}  // namespace

Result<void> write_new_lesson(const std::string& folder) {
  std::error_code ignored;
  if (fs::exists(folder, ignored) && !fs::is_empty(folder, ignored)) {
    return Error{ErrorCode::InvalidInput, folder + ": is there and not empty; name a new folder"};
  }
  const fs::path root(folder);
  fs::path named = root.lexically_normal();
  if (named.filename().empty())
    named = named.parent_path();
  std::string slug;
  for (const char c : named.filename().string()) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    slug += plain ? c : (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : '-';
  }
  const std::string uuid = new_uuid();
  GV_TRY(write_file(root / "lesson.lua", filled(kLesson, uuid, slug)));
  GV_TRY(write_file(root / "text.en.md", std::string(kText)));
  GV_TRY(write_file(root / "hints.en.md", std::string(kHints)));
  GV_TRY(write_file(root / "starter" / "answers.lua", std::string(kStarter)));
  GV_TRY(write_file(root / "solution" / "answers.lua", std::string(kSolution)));
  return write_file(root / "wrong" / "ring-0.lua", std::string(kWrong));
}

}  // namespace gv
