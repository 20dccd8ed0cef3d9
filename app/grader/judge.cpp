// SPDX-License-Identifier: MIT
//
// judge.cpp - asks a contained submission what a check wants to know.

#include "grader/judge.h"

#include "grader/assembler.h"
#include "grader/contained_process.h"
#include "grader/exercise_script.h"
#include "grader/machine_run.h"
#include "grader/seed.h"
#include "lesson/paths.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace gv {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestMessage = 4096;
constexpr std::size_t kMostOutput = 16 << 10;

// Why a check could not be answered. Not the check's opinion: a fact about the submission.
struct Fault {
  Verdict verdict = Verdict::Error;
  std::string message;
};

Verdict verdict_of(Ending ending) {
  switch (ending) {
    case Ending::CpuSpent:
    case Ending::WallSpent:
      return Verdict::Timeout;
    case Ending::Interrupted:
      return Verdict::Skip;
    default:
      return Verdict::Crash;
  }
}

// An empty Lua table is neither list nor object; here lists are wanted.
Json list_of(const Json& value) { return value.is_array() ? value : Json::array(); }

std::string text_of(const Json& head, const char* key) {
  const auto found = head.find(key);
  return found != head.end() && found->is_string() ? found->get<std::string>() : std::string();
}

// What a process does for a check: it answers for a script, or runs a guest.
enum class Role : std::uint8_t { Script, Guest };

// The submission as one check meets it: a process that is started when it is first needed.
class SubmissionProcess {
 public:
  SubmissionProcess(Role role, const Exercise& exercise, const Submission& submission,
                    std::uint64_t seed, const JudgeTools& tools)
      : role_(role), exercise_(exercise), submission_(submission), seed_(seed), tools_(tools) {}

  std::optional<Fault> fault;
  bool failed_at_load = false;
  bool hung = false;
  bool our_fault = false;  // the process could not even be started or contained
  std::string printed;

  std::optional<Json> call(const Json& arguments) {
    auto answer = ask({{{"ask", "call"},
                        {"path", text_of(arguments, "path")},
                        {"arguments", list_of(arguments.value("arguments", Json::array()))}},
                       {}});
    if (!answer || !usable(answer->head))
      return std::nullopt;
    return Json{{"values", list_of(answer->head.value("values", Json::array()))}};
  }

  std::optional<Json> each(const Json& arguments) {
    Json list = Json::array();
    for (const Json& item : list_of(arguments.value("list", Json::array())))
      list.push_back(list_of(item));
    const std::size_t wanted = list.size();
    auto answer = ask(
        {{{"ask", "each"}, {"path", text_of(arguments, "path")}, {"list", std::move(list)}}, {}});
    if (!answer)
      return std::nullopt;
    Json answers = list_of(answer->head.value("answers", Json::array()));
    for (const Json& one : answers) {
      // A wrong answer is the check's to judge; a spent budget or a missing function ends it.
      if (!one.is_object())
        return incoherent();
      const std::string fault_word = text_of(one, "fault");
      if ((fault_word == "limit" || fault_word == "missing") && !usable(one))
        return std::nullopt;
    }
    if (answers.size() != wanted)
      return incoherent();
    return Json{{"answers", std::move(answers)}};
  }

  std::optional<Json> boot(const Json& arguments, const std::string& image) {
    RunRequest request = run_request_from(arguments.value("run", Json::object()));
    request.flat = true;  // a student's bytes do not choose how they are loaded
    auto answer =
        ask({{{"ask", "boot"}, {"name", submission_.name}, {"run", to_json(request)}}, image});
    if (!answer || !usable(answer->head))
      return std::nullopt;
    const Json run = answer->head.value("run", Json());
    if (!run.is_object() || !run.contains("exits") || !run["exits"].is_array())
      return incoherent();
    return Json{{"run", run}};
  }

 private:
  std::optional<Json> incoherent() {
    fault = Fault{Verdict::Crash, "the submission's process sent an answer that is none"};
    return std::nullopt;
  }

  // Whether an answer is one; else notes the fault that it reports.
  bool usable(const Json& head) {
    if (!head.contains("problem"))
      return true;
    const std::string word = text_of(head, "fault");
    fault = Fault{word == "limit" ? Verdict::Timeout : Verdict::Error, text_of(head, "problem")};
    if (word == "internal") {
      fault->verdict = Verdict::Skip;
      our_fault = true;
    }
    if (word == "missing")
      fault->message += "; define it as a global function";
    return false;
  }

  bool start() {
    Containment containment;
    containment.cpu_seconds = exercise_.cpu_seconds;
    // The engine reserves more than a gigabyte of addresses before it is told to be modest.
    containment.memory_bytes =
        (role_ == Role::Guest ? std::uint64_t{3} << 30 : std::uint64_t{256} << 20) +
        exercise_.limits.memory_bytes;
    auto started =
        ContainedProcess::start(tools_.worker, {"play"}, containment, tools_.interrupted);
    if (!started) {
      fault = Fault{Verdict::Skip, started.error().message};
      our_fault = true;
      return false;
    }
    process_ = std::move(*started);
    const Json limits{{"instructions", exercise_.limits.instructions},
                      {"memory_bytes", exercise_.limits.memory_bytes},
                      {"output_bytes", exercise_.limits.output_bytes}};
    const auto begun = exchange({{{"ask", "begin"},
                                  {"profile", role_ == Role::Guest ? "machine" : "script"},
                                  {"seed", seed_},
                                  {"limits", limits}},
                                 {}});
    // A sandbox that this kernel refuses is no student's fault, and nothing runs without it.
    if (!begun || !usable(begun->head))
      return false;
    if (role_ == Role::Guest)
      return true;
    auto loaded = exchange({{{"ask", "load"}, {"name", exercise_.file}}, submission_.source});
    if (loaded && usable(loaded->head))
      return true;
    failed_at_load = true;
    return false;
  }

  std::optional<Message> ask(const Message& question) {
    if (fault)
      return std::nullopt;
    if (!process_ && !start())
      return std::nullopt;
    return exchange(question);
  }

  std::optional<Message> exchange(const Message& question) {
    auto answer = process_->ask(question);
    if (!answer) {
      const Ending ending = process_->ending();
      hung = ending == Ending::CpuSpent || ending == Ending::WallSpent;
      fault = Fault{verdict_of(ending), "the submission's process: " + process_->ending_text()};
      // A script has no way to write there: these are the words of whatever broke.
      const std::string& output = process_->output();
      if (!output.empty())
        fault->message += "\nit wrote: " + output.substr(0, 500);
      return std::nullopt;
    }
    printed += text_of(answer->head, "printed");
    return answer;
  }

  Role role_;
  const Exercise& exercise_;
  const Submission& submission_;
  std::uint64_t seed_;
  const JudgeTools& tools_;
  std::unique_ptr<ContainedProcess> process_;
};

class Judge {
 public:
  Judge(const Exercise& exercise, const Submission& submission, std::uint64_t seed,
        const JudgeTools& tools)
      : exercise_(exercise), submission_(submission), tools_(tools) {
    graded_.name = submission.name;
    graded_.student = submission.student;
    graded_.seed = variant_seed(exercise.id, submission.student, seed);
    graded_.problem = submission.problem;
  }

  GradedSubmission grade() {
    if (!graded_.problem.empty())
      return std::move(graded_);
    if (!find_variant() || (exercise_.language == SubmissionLanguage::Nasm && !assemble_guest())) {
      return std::move(graded_);
    }
    for (const ExerciseCheck& check : exercise_.checks)
      graded_.checks.push_back(grade(check));
    if (interrupted())
      graded_.problem = "grading was interrupted before its end";
    return std::move(graded_);
  }

 private:
  bool interrupted() const { return tools_.interrupted != nullptr && tools_.interrupted->load(); }

  bool find_variant() {
    auto script = ExerciseScript::open(exercise_, graded_.seed, {});
    if (script) {
      auto variant = (*script)->variant(submission_.student);
      if (variant) {
        variant_ = std::move(*variant);
        return true;
      }
      graded_.our_fault = true;
      graded_.problem = "the exercise is broken: " + variant.error().message;
    } else {
      graded_.our_fault = true;
      graded_.problem = "the exercise is broken: " + script.error().message;
    }
    return false;
  }

  // False only when nothing can be graded; a source that does not assemble is a fault of each
  // check.
  bool assemble_guest() {
    auto assembly = assemble(tools_.worker, exercise_.file, submission_.source, exercise_.files,
                             tools_.interrupted);
    if (!assembly) {
      graded_.our_fault = true;
      graded_.problem = assembly.error().message;
      return false;
    }
    image_ = assembly->image;
    if (!assembly->ok()) {
      // A source that breaks the assembler is still a source that cannot be used.
      const Verdict ended = verdict_of(assembly->ending);
      const Verdict verdict = ended == Verdict::Crash ? Verdict::Error : ended;
      for_all_ = Fault{verdict, "it does not assemble:\n" + assembly->problem};
    }
    return true;
  }

  std::optional<Json> answer(SubmissionProcess& script, SubmissionProcess& guest,
                             const std::string& ask, const Json& arguments, std::string& defect) {
    if (ask == "call")
      return script.call(arguments);
    if (ask == "each")
      return script.each(arguments);
    if (ask == "boot") {
      // A run depends on nothing but the image and the request: once is enough for all checks.
      const std::string key = arguments.dump(-1, ' ', false, Json::error_handler_t::replace);
      if (const auto known = runs_.find(key); known != runs_.end())
        return known->second;
      std::string image = image_;
      if (const std::string source = text_of(arguments, "source"); !source.empty()) {
        auto assembly = assemble(tools_.worker, "guest.asm", source, {}, tools_.interrupted);
        if (!assembly) {
          defect = assembly.error().message;
          return std::nullopt;
        }
        if (!assembly->ok())
          return Json{{"problem", assembly->problem}};
        image = std::move(assembly->image);
      }
      auto run = guest.boot(arguments, image);
      if (run)
        runs_[key] = *run;
      return run;
    }
    if (ask == "reference" && tools_.references != nullptr) {
      auto run = tools_.references->run(exercise_, tools_.worker, text_of(arguments, "kit"),
                                        arguments.value("run", Json::object()));
      if (run)
        return Json{{"run", std::move(*run)}};
      defect = run.error().message;
    }
    return std::nullopt;
  }

  GradedCheck grade(const ExerciseCheck& check) {
    GradedCheck graded;
    graded.id = check.id;
    graded.title = check.title;
    graded.max_points = check.points;
    graded.visibility = check.visibility;
    graded.hint = check.hint;
    graded.misconception = check.misconception;
    if (interrupted())
      for_all_ = Fault{Verdict::Skip, "grading was interrupted"};
    if (for_all_) {
      graded.verdict = for_all_->verdict;
      graded.message = for_all_->message;
      return graded;
    }
    const std::uint64_t seed = check_seed(graded_.seed, check.id);
    SubmissionProcess process(Role::Script, exercise_, submission_, seed, tools_);
    SubmissionProcess guest(Role::Guest, exercise_, submission_, seed, tools_);
    std::string defect;
    auto script = ExerciseScript::open(exercise_, seed,
                                       [&](const std::string& ask, const LuaValue& arguments) {
                                         return answer(process, guest, ask, arguments, defect);
                                       });
    CheckOutcome outcome;
    if (script) {
      outcome = (*script)->run(check.id, submission_.student, variant_);
    } else {
      outcome.defect = script.error().message;
    }
    if (!defect.empty())
      outcome.defect = defect;
    if (const SubmissionProcess& broken = process.fault ? process : guest; broken.fault) {
      // Whatever the script made of the missing answer, the fault is the verdict.
      graded.verdict = broken.fault->verdict;
      graded.message = broken.fault->message;
      if (broken.our_fault) {
        graded_.our_fault = true;
        graded_.problem = broken.fault->message;
      }
      if (broken.failed_at_load)
        for_all_ = broken.fault;
      if (broken.hung) {
        for_all_ =
            Fault{Verdict::Timeout, "not run: an earlier check used up the submission's time"};
      }
    } else if (!outcome.defect.empty()) {
      graded.verdict = Verdict::Skip;
      graded.message = "the check itself is broken: " + outcome.defect;
      // The defect may quote what a hidden check looks at; a student hears only that it is so.
      graded_.our_fault = true;
      graded_.problem =
          "check '" + check.id + "' of the exercise could not be run; tell your teacher";
    } else {
      graded.verdict = outcome.score >= 1 ? Verdict::Pass : Verdict::Fail;
      graded.points = outcome.score * check.points;
      graded.message = outcome.message;
    }
    if (graded.message.size() > kLongestMessage)
      graded.message.resize(kLongestMessage);
    if (check.visibility == Visibility::Public)
      keep_output(process.printed);
    return graded;
  }

  void keep_output(const std::string& printed) {
    const std::size_t room = kMostOutput - graded_.output.size();
    graded_.output_truncated |= printed.size() > room;
    graded_.output.append(printed, 0, std::min(room, printed.size()));
  }

  const Exercise& exercise_;
  const Submission& submission_;
  const JudgeTools& tools_;
  GradedSubmission graded_;
  Json variant_;
  std::string image_;
  std::optional<Fault> for_all_;
  std::map<std::string, Json> runs_;
};

Result<std::string> kit_image(const std::string& kit) {
  auto path = find_kit(kit);
  if (!path)
    return path.error();
  return read_regular_file(*path, 64 << 20);
}

// A guest of the exercise's own, as source in its folder.
Result<std::string> assembled(const Exercise& exercise, const std::string& worker,
                              const std::string& name) {
  const std::string path = exercise.folder + "/" + name;
  auto source = read_regular_file(path, 1 << 20);
  if (!source)
    return source.error();
  auto assembly = assemble(worker, "guest.asm", *source, exercise.files, nullptr);
  if (!assembly)
    return assembly.error();
  if (!assembly->ok())
    return Error{ErrorCode::InvalidInput, path + ": " + assembly->problem};
  return assembly->image;
}

}  // namespace

Result<LuaValue> ReferenceRuns::run(const Exercise& exercise, const std::string& worker,
                                    const std::string& kit, const LuaValue& request) {
  using Shared = std::shared_ptr<const Result<LuaValue>>;
  RunRequest wanted = run_request_from(request);
  wanted.flat = kit.ends_with(".asm");
  const std::string key = kit + to_json(wanted).dump();
  std::promise<Shared> promise;
  std::shared_future<Shared> future;
  bool mine = false;
  {
    const std::lock_guard lock(mutex_);
    const auto [place, inserted] = runs_.try_emplace(key);
    mine = inserted;
    if (mine)
      place->second = promise.get_future().share();
    future = place->second;
  }
  if (mine) {
    const auto make = [&]() -> Result<LuaValue> {
      const auto image = wanted.flat ? assembled(exercise, worker, kit) : kit_image(kit);
      if (!image)
        return image.error();
      return run_machine(wanted, kit, *image);
    };
    promise.set_value(std::make_shared<const Result<LuaValue>>(make()));
  }
  return *future.get();
}

GradedSubmission judge(const Exercise& exercise, const Submission& submission, std::uint64_t seed,
                       const JudgeTools& tools) {
  return Judge(exercise, submission, seed, tools).grade();
}

}  // namespace gv
