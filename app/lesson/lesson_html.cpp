// SPDX-License-Identifier: MIT
//
// A played lesson as one HTML file with pictures drawn from its events.

#include "gv/xml_text.h"
#include "lesson/lesson_report.h"
#include "lesson/lesson_script.h"
#include "lesson/machine_values.h"

#include <fmt/format.h>
#include <md4c-html.h>

#include <algorithm>
#include <array>
#include <filesystem>

namespace gv {
namespace {

// Okabe and Ito's colours, which readers with any colour vision tell apart.
constexpr std::array<std::string_view, kExitReasonCount> kColours = {
    "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31", "#b8860b",
    "#7f7f7f", "#a6761d", "#666666", "#999999", "#1b6ca8", "#aa3377", "#332288", "#117733",
    "#44aa99", "#882255", "#ddaa33", "#661100", "#6699cc", "#6a51a3", "#2f4b7c"};

constexpr std::string_view kStyle =
    "body{font:17px/1.55 system-ui,sans-serif;max-width:56rem;margin:2rem auto;padding:0 1rem;"
    "color:#1b1b1b;background:#fff}h1{line-height:1.2}h2{margin-top:2.5rem;border-top:1px solid "
    "#ccc;padding-top:1.5rem}code,pre{font-family:monospace;background:#f3f3f3;padding:.1em "
    ".3em}pre{padding:.6em;overflow:auto}table{border-collapse:collapse;width:100%;margin:1em "
    "0}td,th{border-bottom:1px solid #ddd;padding:.3em .5em;text-align:left}td.n{text-align:right;"
    "font-variant-numeric:tabular-nums}.box{border-left:5px solid #0072b2;background:#f3f7fb;"
    "padding:.4em 1em;margin:1em 0}.wrong{border-color:#d55e00;background:#fdf4ee}ol.run{padding-"
    "left:1.2em}ol.run li{margin:.2em 0}ol.run span{color:#555;font-size:.85em}svg{width:100%;"
    "height:auto}svg text{font:12px system-ui,sans-serif;fill:currentColor}figure{margin:1em 0}"
    "img{max-width:100%;border:1px solid #ccc}figcaption{color:#555;font-size:.9em}"
    "@media(prefers-color-scheme:dark){body{background:#16181c;color:#e6e6e6}code,pre{background:"
    "#24272d}.box{background:#1c2733}.wrong{background:#33241c}td,th{border-color:#333}}";

std::string html_from_markdown(const std::string& markdown) {
  std::string out;
  md_html(
      markdown.data(), static_cast<MD_SIZE>(markdown.size()),
      [](const MD_CHAR* text, MD_SIZE size, void* target) {
        static_cast<std::string*>(target)->append(text, size);
      },
      &out, MD_FLAG_TABLES | MD_FLAG_NOHTML, 0);
  return out;
}

std::string base64(const std::string& bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<std::uint8_t>(bytes[i + j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= count ? kDigits[group >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

// Exits over the run, one row for each reason that occurred; darker where there were more.
std::string timeline_svg(const PlayedBeat& beat) {
  if (!beat.snapshot || beat.events.empty())
    return {};
  constexpr int kColumns = 200, kLeft = 190, kWidth = 760, kRow = 22;
  const std::uint64_t end = std::min(beat.events.end(), beat.snapshot->position.events);
  const std::uint64_t span = std::max<std::uint64_t>(1, beat.snapshot->position.retired);
  std::array<std::array<std::uint32_t, kColumns>, kExitReasonCount> counts{};
  std::array<std::uint64_t, kExitReasonCount> totals{};
  for (std::uint64_t i = beat.events.first(); i < end; ++i) {
    const auto* exit = std::get_if<ExitTaken>(&beat.events[i].body);
    if (exit == nullptr)
      continue;
    const auto reason = static_cast<std::size_t>(exit->reason);
    const auto column =
        std::min<std::uint64_t>(kColumns - 1, beat.events[i].retired * kColumns / span);
    ++counts[reason][column];
    ++totals[reason];
  }
  std::string rows;
  int y = 8;
  for (std::size_t reason = 0; reason < kExitReasonCount; ++reason) {
    if (totals[reason] == 0)
      continue;
    const std::uint32_t most = *std::max_element(counts[reason].begin(), counts[reason].end());
    rows += fmt::format(R"(<text x="{}" y="{}" text-anchor="end">{} ({})</text>)", kLeft - 8,
                        y + 13, xml_text(name_of(static_cast<ExitReason>(reason))), totals[reason]);
    for (std::size_t column = 0; column < kColumns; ++column) {
      if (counts[reason][column] == 0)
        continue;
      rows += fmt::format(
          R"(<rect x="{:.1f}" y="{}" width="4" height="{}" fill="{}" fill-opacity="{:.2f}"/>)",
          kLeft + static_cast<double>(column) * kWidth / kColumns, y, kRow - 6, kColours[reason],
          0.35 + 0.65 * counts[reason][column] / most);
    }
    y += kRow;
  }
  if (rows.empty())
    return {};
  rows += fmt::format(
      R"(<line x1="{0}" y1="{1}" x2="{2}" y2="{1}" stroke="currentColor"/><text x="{0}" y="{3}">0</text><text x="{2}" y="{3}" text-anchor="end">{4} instructions</text>)",
      kLeft, y, kLeft + kWidth, y + 15, span);
  return fmt::format(
      R"(<figure><svg viewBox="0 0 970 {}" role="img" aria-label="Exits over the run, by reason">{}</svg><figcaption>Every exit of the run, by reason, over instructions completed.</figcaption></figure>)",
      y + 24, rows);
}

struct CostPart {
  std::string label;
  std::uint64_t cycles;
  std::string_view colour;
};

std::vector<CostPart> parts_of(const Ledger& ledger) {
  std::vector<CostPart> parts = {{"the guest's own instructions", ledger.retired, "#bbbbbb"},
                                 {"idle", ledger.idle_cycles, "#dddddd"}};
  for (std::size_t i = 0; i < kExitReasonCount; ++i) {
    parts.push_back(
        {std::string(name_of(static_cast<ExitReason>(i))), ledger.exits[i].cycles, kColours[i]});
  }
  parts.erase(std::remove_if(parts.begin(), parts.end(),
                             [](const CostPart& part) { return part.cycles == 0; }),
              parts.end());
  return parts;
}

std::string ledger_svg(const std::vector<LedgerSide>& sides) {
  constexpr int kLeft = 190, kWidth = 760;
  std::uint64_t most = 1;
  for (const LedgerSide& side : sides)
    most = std::max(most, side.ledger.total_cycles());
  std::string bars, legend;
  int y = 6;
  std::vector<std::string> named;
  double x_legend = kLeft;
  for (const LedgerSide& side : sides) {
    bars += fmt::format(R"(<text x="{}" y="{}" text-anchor="end">{}</text>)", kLeft - 8, y + 17,
                        xml_text(name_of(side.technique)));
    double x = kLeft;
    for (const CostPart& part : parts_of(side.ledger)) {
      const double width = static_cast<double>(part.cycles) * kWidth / static_cast<double>(most);
      bars += fmt::format(
          R"(<rect x="{:.2f}" y="{}" width="{:.2f}" height="24" fill="{}"><title>{}: {} cycles</title></rect>)",
          x, y, width, part.colour, xml_text(part.label), part.cycles);
      x += width;
      if (std::find(named.begin(), named.end(), part.label) == named.end()) {
        named.push_back(part.label);
      }
    }
    y += 34;
  }
  int y_legend = y + 6;
  for (const std::string& label : named) {
    std::string_view colour = "#bbbbbb";
    for (const LedgerSide& side : sides) {
      for (const CostPart& part : parts_of(side.ledger)) {
        if (part.label == label)
          colour = part.colour;
      }
    }
    const double width = 26 + 6.6 * static_cast<double>(label.size());
    if (x_legend + width > kLeft + kWidth) {
      x_legend = kLeft;
      y_legend += 18;
    }
    legend += fmt::format(
        R"(<rect x="{0:.0f}" y="{1}" width="12" height="12" fill="{2}"/><text x="{3:.0f}" y="{4}">{5}</text>)",
        x_legend, y_legend, colour, x_legend + 16, y_legend + 11, xml_text(label));
    x_legend += width;
  }
  return fmt::format(
      R"(<figure><svg viewBox="0 0 970 {}" role="img" aria-label="Where virtual time went">{}{}</svg><figcaption>Where virtual time went, in cycles of the cost model.</figcaption></figure>)",
      y_legend + 24, bars, legend);
}

std::string ledger_table(const std::vector<LedgerSide>& sides) {
  std::string out = "<table><tr><th></th>";
  for (const LedgerSide& side : sides) {
    out += fmt::format("<th>{}</th>", xml_text(title_of(side.engine, side.technique)));
  }
  out += "</tr>";
  const auto row = [&](const std::string& label, auto value) {
    out += "<tr><td>" + xml_text(label) + "</td>";
    for (const LedgerSide& side : sides)
      out += fmt::format("<td class=n>{}</td>", value(side.ledger));
    out += "</tr>";
  };
  row("instructions completed", [](const Ledger& l) { return l.retired; });
  row("of them by the CPU itself", [](const Ledger& l) { return l.direct; });
  row("exits", [](const Ledger& l) { return l.total_exits(); });
  for (std::size_t i = 0; i < kExitReasonCount; ++i) {
    const bool any = std::any_of(sides.begin(), sides.end(), [&](const LedgerSide& side) {
      return side.ledger.exits[i].count != 0;
    });
    if (any) {
      row("\u00a0\u00a0" + std::string(name_of(static_cast<ExitReason>(i))),
          [i](const Ledger& l) { return l.exits[i].count; });
    }
  }
  row("virtual cycles", [](const Ledger& l) { return l.total_cycles(); });
  row("of them for exits", [](const Ledger& l) { return l.exit_cycles(); });
  return out + "</table>";
}

struct Picture {
  std::string name, data;
  bool used = false;
};

Result<std::vector<Picture>> pictures_in(const std::string& folder) {
  std::vector<Picture> pictures;
  if (folder.empty())
    return pictures;
  std::error_code problem;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, problem)) {
    if (entry.path().extension() == ".png")
      files.push_back(entry.path());
  }
  if (problem) {
    return Error{ErrorCode::InvalidInput,
                 folder + ": is no folder of pictures: " + problem.message()};
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    auto bytes = read_text_file(file.string());
    if (!bytes)
      return bytes.error();
    pictures.push_back({file.stem().string(), base64(*bytes)});
  }
  return pictures;
}

std::string figure_of(const Picture& picture) {
  return fmt::format(
      R"(<figure><img alt="{0}" src="data:image/png;base64,{1}"><figcaption>{0}</figcaption></figure>)",
      xml_text(picture.name), picture.data);
}

std::string html_of_beat(const PlayedBeat& beat, int number, std::vector<Picture>& pictures) {
  std::string out = fmt::format("<h2>{}. {}</h2>{}", number, xml_text(beat.title),
                                html_from_markdown(beat.question));
  if (beat.prediction) {
    out += html_from_markdown("**Prediction.** " + beat.prediction->prompt) + "<ul>";
    for (const Choice& choice : beat.prediction->choices) {
      out += "<li>" + html_from_markdown(choice.text) + "</li>";
    }
    out += "</ul>";
  }
  if (!beat.narration.empty()) {
    out += "<h3>The run</h3><ol class=run>";
    for (const NarrationLine& line : beat.narration) {
      std::string text = html_from_markdown(line.text);
      if (text.rfind("<p>", 0) == 0)
        text = text.substr(3, text.rfind("</p>") - 3);
      out += fmt::format("<li>{} <span>after {} instructions</span></li>", text, line.at.retired);
    }
    out += "</ol>";
  }
  for (Picture& picture : pictures) {
    if (picture.used || picture.name.rfind(beat.id, 0) != 0)
      continue;
    picture.used = true;
    out += figure_of(picture);
  }
  out += timeline_svg(beat);
  if (!beat.comparison.empty()) {
    out += fmt::format("<div class=\"box{}\">{}</div>",
                       beat.prediction_right.value_or(false) ? "" : " wrong",
                       html_from_markdown(beat.comparison));
  }
  out += html_from_markdown(beat.explanation);
  if (beat.this_side) {
    std::vector<LedgerSide> sides = {*beat.this_side};
    if (beat.other_side) {
      out += "<h3>The same guest under another technique</h3>";
      sides.push_back(*beat.other_side);
    }
    out += html_from_markdown(beat.other_technique) + ledger_svg(sides) + ledger_table(sides);
  }
  for (const RetrievalView& question : beat.retrieval) {
    const bool right = question.right.value_or(false);
    out += fmt::format(
        "<div class=\"box{}\">{}<p>{} <b>{}</b></p>{}</div>", right ? "" : " wrong",
        html_from_markdown(question.form.prompt), xml_text(words_of(question.form, question.given)),
        right ? "✓ right" : "✗ right is: " + xml_text(words_of(question.form, question.truth)),
        html_from_markdown(question.feedback));
  }
  return out;
}

}  // namespace

Result<std::string> html_of(const LessonOutcome& outcome, const std::string& pictures_folder) {
  auto pictures = pictures_in(pictures_folder);
  if (!pictures)
    return pictures.error();
  const PlayedLesson& played = outcome.played;
  std::string out = fmt::format(
      "<!doctype html><html lang=en><head><meta charset=utf-8><meta name=viewport "
      "content=\"width=device-width\"><title>{0}</title><style>{1}</style></head><body><h1>{0}</"
      "h1>{2}",
      xml_text(played.meta.title), kStyle, html_from_markdown(played.meta.summary));
  out += fmt::format(
      "<p>Seed {}. Event-log hash <code>{}</code>: the same lesson and seed give the "
      "same hash on every machine.</p>",
      played.seed, hexadecimal(played.event_log_hash));
  if (!outcome.problem.empty()) {
    out += "<div class=\"box wrong\"><p>The lesson stopped: " + xml_text(outcome.problem) +
           "</p></div>";
  }
  int number = 0;
  for (const PlayedBeat& beat : played.beats)
    out += html_of_beat(beat, ++number, *pictures);
  const bool left = std::any_of(pictures->begin(), pictures->end(),
                                [](const Picture& picture) { return !picture.used; });
  if (left)
    out += "<h2>Pictures</h2>";
  for (const Picture& picture : *pictures) {
    if (!picture.used)
      out += figure_of(picture);
  }
  out += "<h2>Checks</h2><table>";
  for (const CheckResult& check : outcome.checks) {
    std::string findings;
    for (const Finding& finding : check.findings) {
      findings += fmt::format("<br>expected {}; observed {}", xml_text(finding.expected),
                              xml_text(finding.observed));
    }
    out += fmt::format("<tr><td>{} {}</td><td>{}{}</td></tr>",
                       check.verdict == Verdict::Pass ? "✓" : "✗", name_of(check.verdict),
                       xml_text(check.title), findings);
  }
  return out + "</table></body></html>\n";
}

}  // namespace gv
