// SPDX-License-Identifier: MIT
//
// race_panel.cpp - draws the choice of lanes, the bars and the causes.

#include "visualizers/race/race_panel.h"

#include "visualizers/meaning/quantity.h"

#include <algorithm>
#include <cstdio>

namespace gv {
namespace {

constexpr std::string_view kPriced =
    "Instructions and exits are counted. Cycles are prices of the cost model, without waiting in "
    "HLT.";
constexpr std::string_view kPricedKvm =
    "Instructions and exits are counted. Cycles are prices of the cost model, without waiting in "
    "HLT; kvm's are nanoseconds of the host, on no scale with the others.";

std::string_view explanation_of(RaceRuler ruler) {
  return ruler == RaceRuler::Instructions
             ? "Each lane is a machine of its own. All run on to the same count of the guest's "
               "instructions, then wait for the slowest. KVM does not count them. A guest that "
               "waits for its timer executes others under another technique: race such a guest by "
               "console lines."
             : "Each lane is a machine of its own. All run on until the guest has printed as many "
               "lines, then wait for the slowest. KVM can take part: its cycles are nanoseconds of "
               "the host, not prices of the cost model.";
}

std::string times_text(double times) {
  char text[24];
  std::snprintf(text, sizeof text, times < 99.95 ? "%.1f×" : "%.0f×", times);
  return text;
}

std::string mark_text(const RaceView& race) {
  return count_text(race.mark) +
         (race.ruler == RaceRuler::Instructions ? " instructions" : " console lines");
}

// A labelled place to press; a fill of its own says that it is no toggle.
bool button(Canvas& canvas, std::string_view id, Point at, std::string_view label, bool enabled,
            bool first, float* right) {
  const Box box{at,
                {at.x + canvas.width_of(FontRole::Small, label) + canvas.space(5),
                 at.y + canvas.chip_height()}};
  *right = box.high.x;
  const Style& style = canvas.style();
  const auto touch = enabled ? canvas.touch(id, box) : Canvas::Touch{};
  const bool strong = first && enabled;
  canvas.fill(box,
              canvas.color(strong          ? Ink::Accent
                           : touch.hovered ? Ink::Hovered
                                           : Ink::Raised),
              style.corner() / 2);
  canvas.outline(box, canvas.color(strong ? Ink::Accent : Ink::Border), style.hairline(),
                 style.corner() / 2);
  canvas.text_centred(box, label,
                      strong    ? Ink::OnAccent
                      : enabled ? Ink::Text
                                : Ink::MutedText,
                      FontRole::Small);
  return touch.pressed;
}

}  // namespace

void RacePanel::draw(PanelContext& context) {
  Canvas canvas(context);
  const Box area = canvas.area();
  if (context.race == nullptr || context.race->view().lanes.empty()) {
    const std::string why = context.race != nullptr ? context.race->why_not_start() : "";
    canvas.paragraph(area.low, area.width(),
                     why.empty() ? "There is no guest to race yet. Open an image, or a lesson that "
                                   "holds a race."
                                 : why,
                     Ink::MutedText);
    canvas.reserve(area);
    return;
  }
  RaceSetup& setup = *context.race;
  const RaceView& race = setup.view();
  if (seen_generation_ != race.generation || table_.bars.size() != race.lanes.size()) {
    seen_generation_ = race.generation;
    table_ = make_race_table(race);
  }
  context.wants_frames |= race.state == RaceState::Running;

  const bool any_kvm = std::any_of(table_.bars.begin(), table_.bars.end(),
                                   [](const RaceBar& bar) { return bar.host_time; });
  const std::string_view note = any_kvm ? kPricedKvm : kPriced;
  const float foot = canvas.paragraph_height(area.width(), note, FontRole::Small);
  float y = area.low.y + draw_head(canvas, setup, area) + canvas.space(2.5F);
  const Box rest{{area.low.x, y}, {area.high.x, area.high.y - foot - canvas.space(1)}};
  if (race.state == RaceState::Ready) {
    draw_choices(canvas, setup, rest);
  } else {
    y += draw_bars(canvas, race, table_, rest) + canvas.space(1.5F);
    y += draw_legend(canvas, table_, {{area.low.x, y}, rest.high}) + canvas.space(2);
    for (std::size_t i = 0; i < race.lanes.size(); ++i) {
      if (table_.bars[i].out)
        y += canvas.paragraph({area.low.x, y}, area.width(),
                              std::to_string(i + 1) + "  " + race.lanes[i].end, Ink::Text,
                              FontRole::Small);
    }
    draw_table(canvas, race, table_, {{area.low.x, y}, rest.high});
  }
  canvas.paragraph({area.low.x, area.high.y - foot}, area.width(), note, Ink::MutedText,
                   FontRole::Small);
  canvas.reserve(area);
}

float RacePanel::draw_head(Canvas& canvas, RaceSetup& setup, Box area) {
  const RaceView& race = setup.view();
  const float strong = canvas.line_height(FontRole::Strong);
  const float drop = (strong - canvas.line_height(FontRole::Small)) / 2;
  const std::string at = (race.state == RaceState::Ready
                              ? std::string("ready")
                              : std::string(name_of(race.state)) + " at " + mark_text(race));
  const float used = canvas.text_right(
      {area.high.x, area.low.y + drop}, at,
      race.state == RaceState::Running ? Ink::Good : Ink::MutedText, FontRole::Small);
  canvas.text_fitted(area.low, area.width() - used - canvas.space(3), race.guest, Ink::Text,
                     FontRole::Strong);

  const float y = area.low.y + strong + canvas.space(1.5F), gap = canvas.space(1.5F);
  const std::string why_not_start = setup.why_not_start();
  const std::string why_not_change = setup.why_not_change();
  float x = area.low.x;
  const std::string_view verb = race.state == RaceState::Running    ? "Pause"
                                : race.state == RaceState::Paused   ? "Go on"
                                : race.state == RaceState::Finished ? "Again"
                                                                    : "Start";
  if (button(canvas, "start", {x, y}, verb, why_not_start.empty(), true, &x))
    setup.start_or_pause();
  if (button(canvas, "reset", {x + gap, y}, "Reset",
             why_not_start.empty() && race.state != RaceState::Ready, false, &x))
    setup.reset();
  x += gap * 3;
  const float text_y = y + canvas.space(0.75F);
  x += canvas.text({x, text_y}, "marks every", Ink::MutedText, FontRole::Small) + gap;
  if (button(canvas, "finer", {x, y}, "–", race.step > 1, false, &x))
    setup.change_step(-1);
  x += gap;
  // As wide as the widest, so that what is pressed does not move away.
  const float step_width = canvas.width_of(FontRole::Small, "1,000,000");
  const std::string step = count_text(race.step);
  canvas.text({x + (step_width - canvas.width_of(FontRole::Small, step)) / 2, text_y}, step,
              Ink::Text, FontRole::Small);
  x += step_width + gap;
  if (button(canvas, "coarser", {x, y}, "+", race.step < 1'000'000, false, &x))
    setup.change_step(1);

  // By what progress is measured; beside the rest where there is room, else below.
  float height = strong + canvas.space(1.5F) + canvas.chip_height();
  const float chips = canvas.chip_width("instructions") + gap + canvas.chip_width("console lines");
  float chip_y = y;
  float chip_x = area.high.x - chips;
  if (chip_x < x + gap * 2) {
    chip_y = y + canvas.chip_height() + canvas.space(1.5F);
    chip_x = area.low.x;
    height += canvas.chip_height() + canvas.space(1.5F);
  }
  Box box;
  const auto ruler_chip = [&](std::string_view id, std::string_view label, RaceRuler ruler) {
    const bool pressed =
        canvas.chip(id, {chip_x, chip_y}, label, race.ruler == ruler, Ink::Accent, &box);
    if (pressed && race.ruler != ruler && why_not_change.empty())
      setup.set_ruler(ruler);
    if (canvas.hovering(box))
      canvas.tooltip(std::string(explanation_of(ruler)) +
                     (why_not_change.empty() ? "" : "\n" + why_not_change));
    chip_x = box.high.x + gap;
  };
  ruler_chip("by-instructions", "instructions", RaceRuler::Instructions);
  ruler_chip("by-lines", "console lines", RaceRuler::ConsoleLines);
  if (!why_not_start.empty()) {
    height += canvas.space(1.5F);
    height += canvas.paragraph({area.low.x, area.low.y + height}, area.width(), why_not_start,
                               Ink::MutedText, FontRole::Small);
  }
  return height;
}

float RacePanel::draw_choices(Canvas& canvas, RaceSetup& setup, Box area) {
  const RaceView& race = setup.view();
  const bool may = setup.why_not_change().empty();
  // The table of the techniques and what carries them.
  std::vector<TechniqueKind> techniques;
  std::vector<EngineKind> engines;
  for (const RaceSetup::Choice& choice : setup.choices()) {
    if (std::find(techniques.begin(), techniques.end(), choice.technique) == techniques.end())
      techniques.push_back(choice.technique);
    if (std::find(engines.begin(), engines.end(), choice.engine) == engines.end())
      engines.push_back(choice.engine);
  }
  float names = 0, chip = 0;
  for (const TechniqueKind technique : techniques)
    names = std::max(names, canvas.width_of(FontRole::Body, name_of(technique)));
  for (const EngineKind engine : engines)
    chip = std::max(chip, canvas.chip_width(name_of(engine)));
  names += canvas.space(6);
  const float column = chip + canvas.space(4);
  const float row = canvas.chip_height() + canvas.space(1.75F);
  canvas.text(area.low, "Who runs? Up to " + std::to_string(kMostRaceLanes) + " lanes.", Ink::Text,
              FontRole::Body);
  float y = area.low.y + canvas.line_height(FontRole::Body) + canvas.space(1.5F);
  for (const TechniqueKind technique : techniques) {
    const float drop = (canvas.chip_height() - canvas.line_height(FontRole::Body)) / 2;
    canvas.text({area.low.x, y + drop}, name_of(technique), Ink::Text, FontRole::Body);
    for (const RaceSetup::Choice& choice : setup.choices()) {
      if (choice.technique != technique)
        continue;
      const auto place = static_cast<float>(
          std::find(engines.begin(), engines.end(), choice.engine) - engines.begin());
      const Point at{area.low.x + names + place * column, y};
      if (!choice.why_not.empty()) {
        const Box cell{at, {at.x + chip, at.y + canvas.chip_height()}};
        canvas.text_centred(cell, "–", Ink::MutedText, FontRole::Small);
        if (canvas.hovering(cell))
          canvas.tooltip(choice.why_not);
        continue;
      }
      const bool chosen =
          std::any_of(race.lanes.begin(), race.lanes.end(), [&](const RaceLaneView& lane) {
            return lane.lane.engine == choice.engine && lane.lane.technique == choice.technique;
          });
      if (canvas.chip(std::string(name_of(technique)) + std::string(name_of(choice.engine)), at,
                      name_of(choice.engine), chosen, Ink::Accent, nullptr) &&
          may)
        setup.toggle(choice.engine, choice.technique);
    }
    y += row;
  }
  y += canvas.space(1);
  y += canvas.paragraph({area.low.x, y}, area.width(), explanation_of(race.ruler), Ink::MutedText,
                        FontRole::Small);
  return y - area.low.y;
}

float RacePanel::draw_bars(Canvas& canvas, const RaceView& race, const RaceTable& table, Box area) {
  const float small = canvas.line_height(FontRole::Small), bar_height = canvas.space(4.75F);
  const float row = small + bar_height + canvas.space(2);
  const std::uint64_t end = scale_end(std::max<std::uint64_t>(table.longest, 1));
  const float times = canvas.width_of(FontRole::Small, "9999×") + canvas.space(2);
  const float cycles = canvas.width_of(FontRole::Small, "99.9M cycles") + canvas.space(4);
  float y = area.low.y;
  for (std::size_t i = 0; i < table.bars.size(); ++i, y += row) {
    const RaceBar& bar = table.bars[i];
    const RaceLaneView& lane = race.lanes[i];
    float right = area.high.x;
    if (bar.times > 0)
      canvas.text_right({right, y}, times_text(bar.times), bar.times < 1.05 ? Ink::Good : Ink::Text,
                        FontRole::Small);
    right -= times;
    canvas.text_right({right, y},
                      bar.host_time ? time_text(bar.busy) : short_count_text(bar.busy) + " cycles",
                      Ink::Text, FontRole::Small);
    right -= cycles;
    const float exits = canvas.text_right(
        {right, y}, short_count_text(bar.exits) + (bar.exits == 1 ? " exit" : " exits"), Ink::Text,
        FontRole::Small);
    float x = area.low.x;
    x += canvas.text({x, y}, std::to_string(i + 1), Ink::MutedText, FontRole::Small) +
         canvas.space(2);
    x += canvas.text_fitted({x, y}, right - exits - canvas.space(3) - x, lane.lane.name, Ink::Text,
                            FontRole::Small) +
         canvas.space(2);
    // How it stands, when it does not run on; as much of it as there is room for.
    const std::string state = !lane.arrived ? std::string(name_of(lane.lane.engine))
                              : bar.out     ? "out of the race"
                                            : "guest ended";
    if (x + canvas.width_of(FontRole::Small, state) < right - exits - canvas.space(2)) {
      canvas.text({x, y}, state, bar.out ? Ink::Error : Ink::MutedText, FontRole::Small);
    }

    const Box rail{{area.low.x, y + small}, {area.high.x, y + small + bar_height}};
    canvas.fill(rail, canvas.color(Ink::Raised), canvas.space(0.75F));
    if (bar.out) {
      canvas.dashed_outline({rail.low, {rail.high.x - 1, rail.high.y - 1}},
                            canvas.color(Ink::Error), canvas.style().hairline());
      if (canvas.hovering(rail))
        canvas.tooltip(lane.end);
      continue;  // what it did before is no measure; the reason stands below
    }
    if (bar.host_time) {
      canvas.dashed_outline(rail, canvas.color(Ink::Hardware), canvas.style().hairline());
      const std::string host = "host time: " + time_text(bar.busy);
      canvas.text({rail.low.x + canvas.space(1.5F), rail.low.y + canvas.space(0.5F)}, host,
                  Ink::MutedText, FontRole::Small);
      continue;
    }
    float from = rail.low.x;
    for (int c = 0; c < kRaceCostCount; ++c) {
      const std::uint64_t spent = bar.cycles[static_cast<std::size_t>(c)];
      if (spent == 0)
        continue;
      const auto cost = static_cast<RaceCost>(c);
      const float width =
          std::max(rail.width() * static_cast<float>(spent) / static_cast<float>(end), 1.0F);
      const Box part{{from, rail.low.y}, {std::min(from + width, rail.high.x), rail.high.y}};
      // The meaning's own tint, which text can stand on; a strip of the full ink below it.
      canvas.fill(part, canvas.style().tint(ink_of(cost)));
      canvas.fill({{part.low.x, part.high.y - canvas.space(1.25F)}, part.high},
                  canvas.color(ink_of(cost)));
      if (part.width() > canvas.space(1))
        canvas.fill({part.low, {part.low.x + canvas.style().hairline(), part.high.y}},
                    canvas.color(ink_of(cost)));
      if (is_hatched(cost))
        canvas.hatch(part, canvas.style().faded(ink_of(cost), 0.35F), canvas.space(1.5F));
      const std::string_view label = title_of(cost);
      if (canvas.width_of(FontRole::Small, label) + canvas.space(2) < part.width())
        canvas.text({part.low.x + canvas.space(1), part.low.y - canvas.space(0.25F)}, label,
                    Ink::Text, FontRole::Small);
      if (canvas.hovering(part)) {
        canvas.tooltip(std::string(label) + ": " + count_text(spent) + " cycles, " +
                       share_text(static_cast<double>(spent) / static_cast<double>(bar.busy)) +
                       " of this lane. " + std::string(explanation_of(cost)));
      }
      from = part.high.x;
    }
  }
  return y - area.low.y - canvas.space(2);
}

float RacePanel::draw_legend(Canvas& canvas, const RaceTable& table, Box area) {
  const float small = canvas.line_height(FontRole::Small);
  const std::string end = "bars end at " +
                          short_count_text(scale_end(std::max<std::uint64_t>(table.longest, 1))) +
                          " cycles";
  float x = area.low.x, y = area.low.y;
  const auto wrap = [&](float width) {
    if (x > area.low.x && x + width > area.high.x) {
      x = area.low.x;
      y += small;
    }
  };
  for (const RaceCost cost : table.costs_that_occur) {
    const std::string_view label = title_of(cost);
    wrap(canvas.space(4) + canvas.width_of(FontRole::Small, label));
    const Box swatch{{x, y + small * 0.22F}, {x + small * 0.56F, y + small * 0.78F}};
    draw_swatch(canvas, swatch, cost);
    const float begin = x;
    x = swatch.high.x + canvas.space(1.25F);
    x += canvas.text({x, y}, label, Ink::MutedText, FontRole::Small);
    if (canvas.hovering({{begin, y}, {x, y + small}}))
      canvas.tooltip(explanation_of(cost));
    x += canvas.space(3.5F);
  }
  wrap(canvas.width_of(FontRole::Small, end));
  canvas.text_right({area.high.x, y}, end, Ink::MutedText, FontRole::Small);
  return y + small - area.low.y;
}

std::vector<std::string> RacePanel::as_text(const PanelContext& context) const {
  if (context.race == nullptr || context.race->view().lanes.empty())
    return {"no race"};
  const RaceView& race = context.race->view();
  const RaceTable table = make_race_table(race);
  std::vector<std::string> lines = {race.guest + ": " + std::string(name_of(race.state)) + " at " +
                                    mark_text(race) + ", " + count_text(race.lanes.size()) +
                                    " lanes"};
  for (std::size_t i = 0; i < table.bars.size(); ++i) {
    const RaceBar& bar = table.bars[i];
    std::string line = race.lanes[i].lane.name + ": " + count_text(bar.exits) + " exits, " +
                       count_text(bar.busy) +
                       (bar.host_time ? " ns of the host" : " cycles by the cost model");
    if (bar.times > 0)
      line += ", " + times_text(bar.times) + " the least";
    if (race.lanes[i].arrived)
      line += "; " + race.lanes[i].end;
    lines.push_back(std::move(line));
  }
  for (const auto* rows : {&table.causes, &table.instructions}) {
    for (const RaceRow& row : *rows) {
      std::string line = (rows == &table.instructions ? "  " : "") + row.name + ":";
      for (const RaceCell& cell : row.cells)
        line += " " + count_text(cell.count);
      lines.push_back(std::move(line));
    }
  }
  lines.emplace_back(kPriced);
  return lines;
}

}  // namespace gv
