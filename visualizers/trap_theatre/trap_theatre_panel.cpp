// SPDX-License-Identifier: MIT
//
// trap_theatre_panel.cpp - draws round trips over the storeys.

#include "visualizers/trap_theatre/trap_theatre_panel.h"

#include "visualizers/drawing/exit_glyph.h"
#include "visualizers/meaning/quantity.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

namespace gv {
namespace {

constexpr std::size_t kTripsListed = 12;
constexpr double kTravelSeconds = 0.25;

std::string ring_text(int ring) { return "ring " + std::to_string(ring); }

Storey storey_now(const Snapshot& snapshot) {
  return snapshot.registers.cpl() == 3 ? Storey::GuestUser : Storey::GuestKernel;
}

Point along(std::span<const Point> path, float share) {
  float length = 0;
  for (std::size_t i = 1; i < path.size(); ++i) {
    length += std::hypot(path[i].x - path[i - 1].x, path[i].y - path[i - 1].y);
  }
  float left = length * std::clamp(share, 0.0F, 1.0F);
  for (std::size_t i = 1; i < path.size(); ++i) {
    const float part = std::hypot(path[i].x - path[i - 1].x, path[i].y - path[i - 1].y);
    if (left <= part && part > 0) {
      const float t = left / part;
      return {path[i - 1].x + (path[i].x - path[i - 1].x) * t,
              path[i - 1].y + (path[i].y - path[i - 1].y) * t};
    }
    left -= part;
  }
  return path.back();
}

// On bare metal IN and OUT do not trap: they must not look as if they did.
bool is_plain_access(const RoundTrip& trip) { return trip.direct && trip.port.has_value(); }

void draw_trip_glyph(Canvas& canvas, const RoundTrip& trip, Point centre, float radius) {
  if (!is_plain_access(trip))
    return draw_glyph(canvas, trip.exit_class(), centre, radius);
  const float r = radius * 0.8F;
  canvas.fill({{centre.x - r, centre.y - r}, {centre.x + r, centre.y + r}},
              canvas.color(Ink::DeviceWork), r * 0.3F);
}

std::string port_text(const PortTouched& port) {
  const std::string value = hex_text(port.value);
  std::string text =
      "port " + hex_text(port.port) + (port.direction == Direction::Write ? " ← " : " → ") + value;
  if (!port.claimed)
    text += " (no device)";
  return text;
}

}  // namespace

void TrapTheatrePanel::observe(PanelContext& context) {
  const Snapshot& now = context.snapshot;
  if (now.technique != technique_) {
    technique_ = now.technique;
    real_ring_ = {};
  }
  real_ring_[static_cast<std::size_t>(now.registers.cpl())] = now.physical.cpl;
  if (now.generation == seen_generation_ && context.events.end() == seen_end_)
    return;
  const std::uint64_t end = now.position.events;
  latest_ = now.technique == TechniqueKind::BareMetal
                ? latest_direct(context.events, end, kTripsListed, now.mapped_guest)
                : latest_trips(context.events, end, kTripsListed);
  if (end > seen_events_)
    flow_ = flow_between(context.events, seen_events_, end);
  fast_ = now.state == RunState::Running && flow_.total() > 2;
  const bool moved = end != seen_events_;
  seen_generation_ = now.generation;
  seen_events_ = end;
  seen_end_ = context.events.end();
  if (moved && !latest_.empty() && moving_trip_ != latest_.front().exit_sequence) {
    moving_trip_ = latest_.front().exit_sequence;
    moving_since_ = context.animation_time;
  }
}

void TrapTheatrePanel::draw(PanelContext& context) {
  const bool bare = context.snapshot.technique == TechniqueKind::BareMetal;
  // Whose code an instruction is, is written in the guest's own page tables.
  if (bare)
    context.wanted.page_tables = true;
  observe(context);
  Canvas canvas(context);
  const Box area = canvas.area();
  const float gap = canvas.space(2);

  std::optional<RoundTrip> chosen;
  const bool is_past =
      context.selection.event && *context.selection.event < context.snapshot.position.events;
  if (is_past) {
    chosen =
        bare ? direct_at(context.events, *context.selection.event, context.snapshot.position.events,
                         context.snapshot.mapped_guest)
             : trip_at(context.events, *context.selection.event, context.snapshot.position.events);
  }
  const bool shows_selected =
      chosen && (latest_.empty() || chosen->exit_sequence != latest_.front().exit_sequence);
  const RoundTrip* shown = chosen ? &*chosen : latest_.empty() ? nullptr : &latest_.front();

  // Header: what is shown, and always engine and technique.
  const std::string axes = title_of(context.snapshot.engine, context.snapshot.technique);
  const float axes_width =
      canvas.text_right({area.high.x, area.low.y}, axes, Ink::MutedText, FontRole::Small);
  std::string heading = bare ? "no exits: bare metal" : "no exit yet";
  if (fast_) {
    heading = short_count_text(flow_.total()) + " exits since the last picture";
  } else if (shown) {
    heading = std::string(shows_selected ? "selected " : "latest ") +
              (bare ? "event " : "exit, event ") + count_text(shown->exit_sequence);
  }
  canvas.text_fitted(area.low, area.width() - axes_width - canvas.space(4), heading, Ink::MutedText,
                     FontRole::Small);
  float top = area.low.y + canvas.line_height(FontRole::Small) + gap;

  const bool wide = area.width() > canvas.space(225);
  const float list_width = std::min(area.width() * 0.36F, canvas.space(105));
  const float legend_height = canvas.line_height(FontRole::Small) + gap;
  const float row = canvas.line_height(FontRole::Mono) + canvas.space(1.5F);
  const float stage_right = wide ? area.high.x - list_width - canvas.space(5) : area.high.x;
  float stage_bottom = area.high.y - legend_height;
  if (!wide) {
    // Under the stage: as many rows as a third of the height gives, at least two.
    const float rows = std::max(2.0F, std::floor((area.height() * 0.34F) / row) - 1);
    stage_bottom -= rows * row + canvas.line_height(FontRole::Small) + gap;
  }

  Stage stage;
  stage.label_width = std::max({canvas.width_of(FontRole::Strong, title_of(Storey::GuestKernel)),
                                canvas.width_of(FontRole::Small, "believes ring 0, is in"),
                                canvas.width_of(FontRole::Small, "no hypervisor")}) +
                      canvas.space(7);
  const float band = std::max((stage_bottom - top - 3 * gap) / 4, canvas.space(17));
  for (std::size_t i = 0; i < 4; ++i) {
    const float y = top + static_cast<float>(i) * (band + gap);
    stage.storey[i] = {{area.low.x, std::floor(y)}, {stage_right, std::floor(y + band)}};
  }
  draw_storeys(canvas, context, stage);
  if (fast_) {
    draw_flow(canvas, stage);
  } else if (shown) {
    draw_trip(canvas, context, stage, *shown);
  } else if (context.snapshot.technique == TechniqueKind::BareMetal) {
    const Box& kernel = stage.storey[static_cast<std::size_t>(Storey::GuestKernel)];
    canvas.paragraph({kernel.low.x + stage.label_width, kernel.low.y + canvas.space(2)},
                     kernel.width() - stage.label_width - canvas.space(3),
                     "Faults and interrupts go straight to the guest's own handlers.", Ink::Text);
  }
  const float after_stage = stage.storey[3].high.y + gap;
  draw_exit_legend(canvas, {area.low.x, after_stage});
  const Box list = wide ? Box{{area.high.x - list_width, top}, area.high}
                        : Box{{area.low.x, after_stage + legend_height}, area.high};
  draw_list(canvas, context, list, shown);
  canvas.reserve(
      {area.low, {area.high.x, std::max(after_stage + legend_height, list.low.y + row)}});
}

void TrapTheatrePanel::draw_storeys(Canvas& canvas, PanelContext& context, const Stage& stage) {
  const bool bare = context.snapshot.technique == TechniqueKind::BareMetal;
  const Storey here = storey_now(context.snapshot);
  for (std::size_t i = 0; i < 4; ++i) {
    const auto storey = static_cast<Storey>(i);
    const Box box = stage.storey[i];
    const Ink ink = ink_of(storey);
    const bool absent = bare && storey == Storey::Hypervisor;
    if (absent) {
      canvas.dashed_outline(box, canvas.color(Ink::Unmapped), canvas.style().hairline());
    } else {
      canvas.fill(box, canvas.style().tint(ink), canvas.style().corner());
      // A stripe, as on a building's floor plan: the storey's identity at the left edge.
      canvas.fill({box.low, {box.low.x + canvas.space(1), box.high.y}}, canvas.color(ink),
                  canvas.style().corner() / 2);
    }
    const float x = box.low.x + canvas.space(3.5F);
    const float lines =
        canvas.line_height(FontRole::Strong) + 2 * canvas.line_height(FontRole::Small);
    float y = box.low.y + std::max((box.height() - lines) / 2, canvas.space(1));
    canvas.text({x, y}, title_of(storey), absent ? Ink::Unmapped : ink, FontRole::Strong);
    y += canvas.line_height(FontRole::Strong);

    std::string first, second;
    switch (storey) {
      case Storey::GuestUser:
      case Storey::GuestKernel: {
        const int believes = storey == Storey::GuestUser ? 3 : 0;
        const auto real = real_ring_[static_cast<std::size_t>(believes)];
        if (bare) {
          first = ring_text(believes);
        } else if (!real) {
          first = (storey == Storey::GuestUser ? "" : "believes ") + ring_text(believes);
        } else if (*real == believes) {
          first = "in " + ring_text(believes);
        } else {
          first = "believes " + ring_text(believes) + ", is in";
          second = ring_text(*real);
        }
        break;
      }
      case Storey::Hypervisor:
        first = absent ? "no hypervisor:" : "ring 0";
        if (absent)
          second = "bare metal";
        break;
      case Storey::Hardware:
        first = "CPU: " + std::string(name_of(context.snapshot.engine));
        second = "and devices";
        break;
    }
    canvas.text({x, y}, first, Ink::MutedText, FontRole::Small);
    y += canvas.line_height(FontRole::Small);
    if (!second.empty()) {
      canvas.text({x, y}, second, storey == Storey::GuestKernel ? Ink::Text : Ink::MutedText,
                  FontRole::Small);
    }
    if (storey == here && context.snapshot.state == RunState::Stopped) {
      // Where the CPU will execute next: a pennant at the upper right corner.
      const std::string_view label = "runs here next";
      const float width = canvas.width_of(FontRole::Small, label) + canvas.space(6);
      const Box flag{
          {box.high.x - width, box.low.y},
          {box.high.x, box.low.y + canvas.line_height(FontRole::Small) + canvas.space(1)}};
      canvas.fill(flag, canvas.color(Ink::Surface), canvas.style().corner());
      canvas.outline(flag, canvas.color(ink), canvas.style().hairline(), canvas.style().corner());
      const Point play[] = {{flag.low.x + canvas.space(1.5F), flag.low.y + canvas.space(1.5F)},
                            {flag.low.x + canvas.space(3.5F), (flag.low.y + flag.high.y) / 2},
                            {flag.low.x + canvas.space(1.5F), flag.high.y - canvas.space(1.5F)}};
      canvas.polygon(play, canvas.color(ink));
      canvas.text({flag.low.x + canvas.space(4.5F), flag.low.y + canvas.space(0.5F)}, label,
                  Ink::Text, FontRole::Small);
    }
  }
}

void TrapTheatrePanel::draw_trip(Canvas& canvas, PanelContext& context, const Stage& stage,
                                 const RoundTrip& trip) {
  const auto box_of = [&](Storey storey) { return stage.storey[static_cast<std::size_t>(storey)]; };
  const auto centre_y = [](Box b) { return (b.low.y + b.high.y) / 2; };
  const Box hypervisor = box_of(Storey::Hypervisor), hardware = box_of(Storey::Hardware);
  const bool from_device = trip.direct && trip.interrupt;
  const Box from = from_device ? hardware : box_of(trip.exit.from);
  const Storey to_storey =
      trip.direct   ? (trip.delivered || trip.interrupt ? Storey::GuestKernel : trip.exit.from)
      : trip.resume ? trip.resume->to
                    : trip.exit.from;
  const Box to = box_of(to_storey);
  const float left = from.low.x + stage.label_width + canvas.space(4);
  const float right = from.high.x - canvas.space(5);
  const float middle = (left + right) / 2;
  const float width = canvas.style().stroke();
  const Ink ink = is_plain_access(trip) ? Ink::DeviceWork : ink_of(trip.exit_class());
  const float pad = canvas.space(1.5F);
  const float small = canvas.line_height(FontRole::Small);
  const bool to_hardware =
      !trip.direct && trip.port && trip.resume && trip.resume->handling == Handling::DeviceAccessed;

  // The journey: down to whoever handles it, along its floor, and up to where the guest goes on.
  const float floor_y = (trip.direct ? hardware : hypervisor).high.y - canvas.space(4);
  std::vector<Point> path = {{left, from_device ? floor_y : centre_y(from)}};
  if (!from_device)
    path.push_back({left, floor_y});
  if (to_hardware) {
    const float dip = hardware.low.y + canvas.space(5), half = canvas.space(6);
    path.push_back({middle - half, floor_y});
    path.push_back({middle - half, dip});
    path.push_back({middle + half, dip});
    path.push_back({middle + half, floor_y});
  }
  path.push_back({right, floor_y});
  path.push_back({right, centre_y(to)});

  const Color down = canvas.color(ink);
  const Color up = trip.direct   ? canvas.color(Ink::Hardware)
                   : trip.resume ? canvas.color(ink_of(trip.resume->handling))
                                 : canvas.color(Ink::Unmapped);
  for (std::size_t i = 1; i < path.size(); ++i) {
    const bool last = i + 1 == path.size();
    const bool dips = to_hardware && i >= 3 && i <= 5;
    const Color color = i == 1 && !from_device ? down : dips ? canvas.color(Ink::DeviceWork) : up;
    if (last && !trip.direct && !trip.resume) {
      canvas.dashed_line(path[i - 1], path[i], color, width);
    } else if (last || (i == 1 && !from_device) || (dips && i != 4)) {
      canvas.arrow(path[i - 1], path[i], color, width);
    } else {
      canvas.line(path[i - 1], path[i], color, width);
    }
  }
  draw_trip_glyph(canvas, trip, path[0], canvas.space(2.6F));

  // In the storey it leaves: the instruction and why the CPU stopped.
  const bool same = to_storey == trip.exit.from;
  const float text_left = left + canvas.space(5);
  const float text_right = right - canvas.space(4);
  const float all = text_right - text_left;
  const float room = same ? all * 0.6F : all;
  const Box said = from_device ? hardware : from;
  const float three = canvas.line_height(FontRole::MonoStrong) + (from_device ? 1 : 2) * small;
  float y = said.low.y + std::max((said.height() - three) / 2, canvas.space(0.5F));
  canvas.text_fitted({text_left, y}, room, trip.instruction(), Ink::Text, FontRole::MonoStrong);
  y += canvas.line_height(FontRole::MonoStrong);
  canvas.text_fitted({text_left, y}, room, trip.reason(), ink, FontRole::Small);
  y += small;
  if (!from_device) {
    std::string place = context.guest.symbolize(trip.rip);
    if (place.empty())
      place = address_text(trip.rip.value);
    canvas.text_fitted({text_left, y}, room, place, Ink::MutedText, FontRole::Small);
  }

  // In the storey that answers: what it did and what that cost.
  float hy = hypervisor.low.y + pad;
  if (trip.direct) {
    if (!from_device) {
      const std::string said_by_cpu =
          trip.port ? port_text(*trip.port) : "the CPU finds the handler in the guest's IDT";
      canvas.paragraph({text_left, hardware.low.y + pad}, all, said_by_cpu, Ink::Text,
                       trip.port ? FontRole::Mono : FontRole::Small);
    }
  } else if (trip.resume) {
    const std::string cost = count_text(trip.resume->cost) + " cycles";
    const float cost_width = canvas.text_right({text_right, hy}, cost, Ink::Text, FontRole::Strong);
    canvas.text_fitted({text_left, hy}, all - cost_width - pad, badge_of(trip.resume->handling),
                       ink_of(trip.resume->handling), FontRole::Strong);
    hy += canvas.line_height(FontRole::Strong);
    const std::string_view phrase = phrase_of(trip.resume->handling);
    if (hy + canvas.paragraph_height(all, phrase, FontRole::Small) < floor_y - canvas.space(0.5F)) {
      hy += canvas.paragraph({text_left, hy}, all, phrase, Ink::MutedText, FontRole::Small);
    }
    // With room to spare, the record of what happened in between, line by line.
    for (const std::string& step : trip.steps) {
      if (hy + small > floor_y - canvas.space(1))
        break;
      if (canvas.width_of(FontRole::Small, "· " + step) > all)
        continue;
      canvas.text({text_left, hy}, "· " + step, Ink::MutedText, FontRole::Small);
      hy += small;
    }
  } else {
    canvas.text({text_left, hy}, "in the hypervisor now", Ink::Hypervisor, FontRole::Strong);
  }
  if (to_hardware) {
    canvas.text_centred({{left, hardware.low.y + canvas.space(6)}, {right, hardware.high.y}},
                        port_text(*trip.port), Ink::Text, FontRole::Mono);
  }

  // In the storey it comes back to: why there.
  if (trip.resume || trip.direct) {
    const float landing_room = same ? all * 0.38F : all;
    const std::string landing = trip.landing();
    // Low in the band, so that the pennant above it stays readable.
    const float height = canvas.paragraph_height(landing_room, landing, FontRole::Small);
    const float shown_width = std::min(canvas.width_of(FontRole::Small, landing), landing_room);
    canvas.paragraph({text_right - shown_width,
                      std::max(to.high.y - height - pad, to.low.y + small + canvas.space(1))},
                     landing_room, landing, Ink::Text, FontRole::Small);
  }
  if (canvas.hovering(hypervisor) && !trip.steps.empty()) {
    std::string steps = "Between exit and resume:";
    for (const std::string& step : trip.steps)
      steps += "\n• " + step;
    canvas.tooltip(steps);
  } else if (canvas.hovering(
                 {{left - canvas.space(3), said.low.y}, {text_left + room, said.high.y}})) {
    canvas.tooltip(explanation_of(trip.exit.reason));
  }

  // The journey itself, once, when the run arrives at this trip.
  if (!context.reduced_motion && moving_trip_ == trip.exit_sequence) {
    const double share = (context.animation_time - moving_since_) / kTravelSeconds;
    if (share >= 0 && share < 1) {
      const Point token = along(path, static_cast<float>(share));
      canvas.circle(token, canvas.space(2.4F), canvas.color(Ink::Surface));
      canvas.circle(token, canvas.space(1.9F), canvas.color(Ink::Accent));
      context.wants_frames = true;
    }
  }
}

void TrapTheatrePanel::draw_flow(Canvas& canvas, const Stage& stage) {
  const Box kernel = stage.storey[static_cast<std::size_t>(Storey::GuestKernel)];
  const Box hypervisor = stage.storey[static_cast<std::size_t>(Storey::Hypervisor)];
  const Box hardware = stage.storey[static_cast<std::size_t>(Storey::Hardware)];
  const float left = kernel.low.x + stage.label_width + canvas.space(2);
  const float right = kernel.high.x - canvas.space(4);
  const float column = (right - left) / kExitClassCount;
  for (int i = 0; i < kExitClassCount; ++i) {
    const auto exit_class = static_cast<ExitClass>(i);
    const std::uint64_t n = flow_.trips[static_cast<std::size_t>(i)];
    const float x = left + column * (static_cast<float>(i) + 0.5F);
    const float glyph_y = kernel.low.y + kernel.height() * 0.25F;
    const float y0 = glyph_y + canvas.space(4), y1 = hypervisor.low.y + canvas.space(7);
    if (n == 0)
      continue;
    // Log scale: ten times as many exits, one step wider.
    const float width = canvas.style().stroke() * (1.0F + 1.2F * std::log10(static_cast<float>(n)));
    const float apart = width * 1.1F + canvas.space(0.5F);
    canvas.arrow({x - apart, y0}, {x - apart, y1}, canvas.color(ink_of(exit_class)), width);
    canvas.arrow({x + apart, y1}, {x + apart, y0}, canvas.style().faded(ink_of(exit_class), 0.55F),
                 width);
    canvas.text_centred({{x - column / 2, hypervisor.low.y + canvas.space(7.5F)},
                         {x + column / 2, hypervisor.low.y + canvas.space(13)}},
                        short_count_text(n), Ink::Text, FontRole::Strong);
    draw_glyph(canvas, exit_class, {x, glyph_y}, canvas.space(2.4F));
  }
  if (flow_.device_accesses > 0) {
    const float x = left + canvas.space(4);
    const float width = canvas.style().stroke() *
                        (1.0F + 1.2F * std::log10(static_cast<float>(flow_.device_accesses)));
    canvas.arrow({x, hypervisor.high.y - canvas.space(3)}, {x, hardware.low.y + canvas.space(5)},
                 canvas.color(Ink::DeviceWork), width);
    canvas.text({x + canvas.space(5), hardware.low.y + canvas.space(3)},
                short_count_text(flow_.device_accesses) + " device accesses", Ink::Text,
                FontRole::Small);
  }
  if (flow_.instructions > 0) {
    const double rate =
        1000.0 * static_cast<double>(flow_.total()) / static_cast<double>(flow_.instructions);
    char text[64];
    std::snprintf(text, sizeof text, "%.2f exits per 1,000 instructions", rate);
    canvas.text_right(
        {right, hardware.high.y - canvas.line_height(FontRole::Small) - canvas.space(1.5F)}, text,
        Ink::Text, FontRole::Small);
  }
}

void TrapTheatrePanel::draw_list(Canvas& canvas, PanelContext& context, Box box,
                                 const RoundTrip* shown) {
  const bool bare = context.snapshot.technique == TechniqueKind::BareMetal;
  canvas.text(box.low, bare ? "Handled without a hypervisor" : "Last round trips", Ink::MutedText,
              FontRole::Small);
  if (!bare && !latest_.empty()) {
    canvas.text_right({box.high.x - canvas.space(1.5F), box.low.y}, "cycles", Ink::MutedText,
                      FontRole::Small);
  }
  const float row = canvas.line_height(FontRole::Mono) + canvas.space(1.5F);
  float y = box.low.y + canvas.line_height(FontRole::Small) + canvas.space(1);
  if (latest_.empty()) {
    canvas.paragraph({box.low.x, y}, box.width(),
                     bare ? "Bare metal takes no exits." : "Run or step until the first exit.",
                     Ink::MutedText, FontRole::Small);
    return;
  }
  float cost_width = 0, badge_width = 0, instruction_width = 0;
  for (const RoundTrip& trip : latest_) {
    instruction_width =
        std::max(instruction_width, canvas.width_of(FontRole::Mono, trip.instruction()));
    if (!trip.resume)
      continue;
    cost_width =
        std::max(cost_width, canvas.width_of(FontRole::Mono, count_text(trip.resume->cost)));
    badge_width =
        std::max(badge_width, canvas.width_of(FontRole::Small, badge_of(trip.resume->handling)));
  }
  for (const RoundTrip& trip : latest_) {
    if (y + row > box.high.y)
      break;
    const Box line{{box.low.x, y}, {box.high.x, y + row - canvas.space(0.5F)}};
    const bool is_shown = shown && shown->exit_sequence == trip.exit_sequence;
    const auto touch = canvas.touch("trip" + std::to_string(trip.exit_sequence), line);
    if (is_shown || touch.hovered) {
      canvas.fill(line, canvas.color(is_shown ? Ink::Selected : Ink::Hovered),
                  canvas.style().corner() / 2);
    }
    if (touch.pressed)
      context.selection.event = trip.exit_sequence;
    const float text_y = y + canvas.space(0.5F);
    draw_trip_glyph(canvas, trip, {line.low.x + canvas.space(3), (line.low.y + line.high.y) / 2},
                    canvas.space(1.6F));
    float right = line.high.x - canvas.space(1.5F);
    if (trip.resume) {
      canvas.text_right({right, text_y}, count_text(trip.resume->cost), Ink::Text, FontRole::Mono);
      right -= cost_width + canvas.space(3);
      const float small_y =
          text_y + (canvas.line_height(FontRole::Mono) - canvas.line_height(FontRole::Small)) / 2;
      canvas.text({right - badge_width, small_y}, badge_of(trip.resume->handling),
                  ink_of(trip.resume->handling), FontRole::Small);
      right -= badge_width + canvas.space(2);
    }
    const float left = line.low.x + canvas.space(6);
    const float used = canvas.text_fitted({left, text_y}, right - left, trip.instruction(),
                                          Ink::Text, FontRole::Mono);
    // Where it happened, when there is room to say so.
    const std::string place = context.guest.symbolize(trip.rip);
    const float place_x =
        left + std::max(used + canvas.space(4), instruction_width + canvas.space(4));
    if (!place.empty() &&
        place_x + canvas.width_of(FontRole::Small, place) < right - canvas.space(2)) {
      canvas.text(
          {place_x,
           text_y + (canvas.line_height(FontRole::Mono) - canvas.line_height(FontRole::Small)) / 2},
          place, Ink::MutedText, FontRole::Small);
    }
    if (touch.hovered) {
      canvas.tooltip(trip.reason() +
                     (trip.direct ? std::string(": no hypervisor stands between")
                                  : ": the hypervisor " +
                                        std::string(trip.resume ? phrase_of(trip.resume->handling)
                                                                : "is at work")) +
                     ".\nClick to see it in every panel.");
    }
    y += row;
  }
}

std::vector<std::string> TrapTheatrePanel::as_text(const PanelContext& context) const {
  std::vector<std::string> lines = {
      title_of(context.snapshot.engine, context.snapshot.technique) +
      "; runs next: " + std::string(title_of(storey_now(context.snapshot)))};
  for (const RoundTrip& trip : latest_trips(context.events, context.snapshot.position.events, 8)) {
    std::string line =
        trip.instruction() + " in " + std::string(title_of(trip.exit.from)) + ": " + trip.reason();
    if (trip.resume) {
      line += "; the hypervisor " + std::string(phrase_of(trip.resume->handling)) + ", " +
              count_text(trip.resume->cost) + " cycles";
    }
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace gv
