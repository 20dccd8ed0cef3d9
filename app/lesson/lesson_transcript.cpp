// SPDX-License-Identifier: MIT
//
// A played lesson as text that can be read aloud, and as JSON.

#include "lesson/lesson_report.h"
#include "lesson/lesson_script.h"
#include "lesson/machine_values.h"

#include <fmt/format.h>

namespace gv {
namespace {

LuaValue value_of_side(const LedgerSide& side) {
  return {{"engine", std::string(name_of(side.engine))},
          {"technique", std::string(name_of(side.technique))},
          {"ledger", value_of(side.ledger)}};
}

std::string line_of(const LedgerSide& side) {
  const Ledger& l = side.ledger;
  const std::uint64_t total = l.total_cycles();
  return fmt::format(
      "{}: {} instructions, {} of them by the CPU itself; {} exits; {} virtual cycles, "
      "{:.1f} % "
      "of them for exits",
      title_of(side.engine, side.technique), l.retired, l.direct, l.total_exits(), total,
      total == 0 ? 0.0 : 100.0 * static_cast<double>(l.exit_cycles()) / static_cast<double>(total));
}

}  // namespace

std::string transcript_of(const LessonOutcome& outcome) {
  const LessonMeta& meta = outcome.played.meta;
  std::string out = fmt::format("{}\nseed {}\n", meta.title, outcome.played.seed);
  int number = 0;
  for (const PlayedBeat& beat : outcome.played.beats) {
    out += fmt::format("\n{}. {}\n\n{}\n", ++number, beat.title, beat.question);
    if (beat.prediction) {
      out += fmt::format("\nPrediction. {}\n", beat.prediction->prompt);
      for (const Choice& choice : beat.prediction->choices) {
        out += fmt::format("  - {}\n", choice.text);
      }
    }
    if (!beat.narration.empty())
      out += "\nThe run.\n";
    for (const NarrationLine& line : beat.narration) {
      out += fmt::format("  after {} instructions: {}\n", line.at.retired, line.text);
    }
    if (!beat.comparison.empty())
      out += "\n" + beat.comparison + "\n";
    if (!beat.explanation.empty())
      out += "\n" + beat.explanation + "\n";
    if (beat.other_side && beat.this_side) {
      out += fmt::format("\nThe same guest under another technique.\n  {}\n  {}\n\n{}\n",
                         line_of(*beat.this_side), line_of(*beat.other_side), beat.other_technique);
    }
    for (const RetrievalView& question : beat.retrieval) {
      out +=
          fmt::format("\nQuestion. {}\n  Answer: {}. {}\n", question.form.prompt,
                      words_of(question.form, question.given),
                      question.right.value_or(false)
                          ? "Right."
                          : "Not so; right is: " + words_of(question.form, question.truth) + ".");
      if (!question.feedback.empty())
        out += "  " + question.feedback + "\n";
    }
  }
  out += "\nChecks\n";
  for (const CheckResult& check : outcome.checks) {
    out += fmt::format("  {:8} {}\n", name_of(check.verdict), check.id);
    for (const Finding& finding : check.findings) {
      out += fmt::format("           expected {}; observed {} ({})\n", finding.expected,
                         finding.observed, finding.where);
    }
  }
  if (!outcome.problem.empty())
    out += "\nThe lesson stopped: " + outcome.problem + "\n";
  out += fmt::format("\nevent-log hash {}\n", hexadecimal(outcome.played.event_log_hash));
  return out;
}

nlohmann::json json_of(const LessonOutcome& outcome) {
  nlohmann::json beats = nlohmann::json::array();
  for (const PlayedBeat& beat : outcome.played.beats) {
    nlohmann::json narration = nlohmann::json::array();
    for (const NarrationLine& line : beat.narration) {
      narration.push_back({{"retired", line.at.retired}, {"text", line.text}});
    }
    nlohmann::json retrieval = nlohmann::json::array();
    for (const RetrievalView& question : beat.retrieval) {
      retrieval.push_back({{"prompt", question.form.prompt},
                           {"given", value_of(question.given)},
                           {"truth", value_of(question.truth)},
                           {"right", question.right.value_or(false)}});
    }
    nlohmann::json entry = {{"id", beat.id},
                            {"title", beat.title},
                            {"predicted", value_of(beat.predicted)},
                            {"confidence", std::string(name_of(beat.confidence))},
                            {"happened", value_of(beat.happened)},
                            {"phenomenon", beat.phenomenon},
                            {"event_log_hash", hexadecimal(beat.event_log_hash)},
                            {"state_hash", hexadecimal(beat.state_hash)},
                            {"narration", std::move(narration)},
                            {"retrieval", std::move(retrieval)}};
    if (beat.prediction_right)
      entry["prediction_right"] = *beat.prediction_right;
    if (beat.this_side)
      entry["this_technique"] = value_of_side(*beat.this_side);
    if (beat.other_side)
      entry["other_technique"] = value_of_side(*beat.other_side);
    beats.push_back(std::move(entry));
  }
  nlohmann::json checks = nlohmann::json::array();
  for (const CheckResult& check : outcome.checks) {
    nlohmann::json findings = nlohmann::json::array();
    for (const Finding& finding : check.findings) {
      findings.push_back({{"expected", finding.expected},
                          {"observed", finding.observed},
                          {"where", finding.where},
                          {"hint", finding.hint}});
    }
    checks.push_back({{"id", check.id},
                      {"title", check.title},
                      {"verdict", std::string(name_of(check.verdict))},
                      {"findings", std::move(findings)}});
  }
  return {{"lesson", outcome.played.meta.slug},
          {"title", outcome.played.meta.title},
          {"uuid", outcome.played.meta.uuid},
          {"seed", outcome.played.seed},
          {"verdict", std::string(name_of(outcome.verdict()))},
          {"problem", outcome.problem},
          {"event_log_hash", hexadecimal(outcome.played.event_log_hash)},
          {"beats", std::move(beats)},
          {"checks", std::move(checks)}};
}

}  // namespace gv
