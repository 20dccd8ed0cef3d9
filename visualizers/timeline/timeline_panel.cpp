// SPDX-License-Identifier: MIT
//
// timeline_panel.cpp - draws an event index.

#include "visualizers/timeline/timeline_panel.h"

#include "visualizers/drawing/exit_glyph.h"
#include "visualizers/meaning/quantity.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

namespace gv {
namespace {

constexpr double kLeastSpan = 200;  // virtual cycles across the whole width
// Below this many visible events each is drawn as itself.
constexpr std::uint64_t kSingleEvents = 600;

std::string event_tip(const PanelContext& context, std::uint64_t sequence) {
  const Event& event = context.events[sequence];
  std::string place = context.guest.symbolize(event.rip);
  return "event " + count_text(sequence) + " · " + time_text(event.cycles) + " · instruction " +
         count_text(event.retired) + "\n" + describe(event) +
         (place.empty() ? "" : "\nin " + place);
}

}  // namespace

float TimelinePanel::x_of(Box plot, double cycles) const {
  return plot.low.x + static_cast<float>((cycles - begin_) / (end_ - begin_)) * plot.width();
}

void TimelinePanel::clamp_view() {
  const double all = std::max(1000.0, static_cast<double>(index_.last_cycles()) * 1.01);
  if (whole_) {
    begin_ = 0;
    end_ = all;
    return;
  }
  const double span = std::clamp(end_ - begin_, kLeastSpan, all);
  begin_ = std::clamp(begin_, 0.0, all - span);
  end_ = begin_ + span;
  if (span >= all)
    whole_ = true;
}

void TimelinePanel::zoom(double factor, double around) {
  whole_ = false;
  const double span = std::max((end_ - begin_) * factor, kLeastSpan);
  const double share = (around - begin_) / (end_ - begin_);
  begin_ = around - share * span;
  end_ = begin_ + span;
  clamp_view();
}

const std::vector<TimelineColumn>& TimelinePanel::ask(Picture& picture, double begin, double end,
                                                      int columns, const LaneFilter& filter) {
  if (picture.begin != begin || picture.end != end || picture.columns != columns ||
      picture.size != index_.size() || picture.last_cycles != index_.last_cycles() ||
      !(picture.filter == filter)) {
    picture = {begin,
               end,
               columns,
               index_.size(),
               index_.last_cycles(),
               filter,
               index_.columns(begin, end, columns, filter)};
  }
  return picture.answer;
}

void TimelinePanel::draw(PanelContext& context) {
  index_.update(context.events);
  clamp_view();
  Canvas canvas(context);
  const Box area = canvas.area();
  if (index_.size() == 0) {
    canvas.paragraph(area.low, area.width(), "No event is recorded yet: run or step.",
                     Ink::MutedText);
    canvas.reserve(area);
    return;
  }
  // In a small panel the picture comes before the means to filter it.
  const bool compact = area.height() < canvas.space(110);
  float y = area.low.y + draw_filters(canvas, area, compact) + canvas.space(2);

  float labels = canvas.width_of(FontRole::Small, "who runs");
  for (int i = 0; i < kLaneCount; ++i)
    labels = std::max(labels, canvas.width_of(FontRole::Small, title_of(static_cast<Lane>(i))));
  labels += canvas.space(6);
  const float ruler_height = canvas.line_height(FontRole::Small) + canvas.space(2);
  float overview_height = canvas.space(8), overview_gap = canvas.space(4);
  const float key_height = canvas.line_height(FontRole::Small) + canvas.space(1);
  const LaneCounts all = index_.count(context.events.first(), index_.size(), LaneFilter{});
  std::vector<Lane> shown;
  for (int i = 0; i < kLaneCount; ++i) {
    const auto bit = static_cast<std::size_t>(i);
    if (filter_.lanes[bit] && (!compact || all.events[bit] > 0)) {
      shown.push_back(static_cast<Lane>(i));
    }
  }
  const float rows = static_cast<float>(shown.size()) + 1;
  const auto lane_of = [&] {
    return (area.high.y - y - ruler_height - overview_height - overview_gap - key_height) / rows;
  };
  // Where space is short the overview goes first: of the whole run it says what the picture says.
  const float least_lane = canvas.line_height(FontRole::Small);
  if (lane_of() < least_lane) {
    overview_height = whole_ ? 0 : canvas.space(5);
    overview_gap = canvas.space(whole_ ? 1.5F : 2.5F);
  }
  const float lane_height = std::clamp(lane_of(), least_lane, canvas.space(14));
  const Box ruler{{area.low.x + labels, y}, {area.high.x, y + ruler_height}};
  y += ruler_height;
  const Box plot{{ruler.low.x, y}, {area.high.x, y + lane_height * rows}};

  handle_input(canvas, context, plot, ruler);
  draw_ruler(canvas, context, ruler);
  const int columns = std::max(1, static_cast<int>(plot.width()));
  ask(picture_, begin_, end_, columns, filter_);
  const float small_shift = (lane_height - canvas.line_height(FontRole::Small)) / 2;
  canvas.text({area.low.x, y + small_shift}, "who runs", Ink::MutedText, FontRole::Small);
  draw_ribbon(
      canvas, context,
      {{plot.low.x, y + canvas.space(0.5F)}, {plot.high.x, y + lane_height - canvas.space(0.5F)}});
  y += lane_height;
  hovered_lane_.reset();
  for (const Lane lane : shown) {
    const Box row{{plot.low.x, y}, {plot.high.x, y + lane_height}};
    const Box label{{area.low.x, y}, {plot.low.x, y + lane_height}};
    if (canvas.hovering(row))
      hovered_lane_ = lane;
    if (static_cast<int>(lane) < kExitClassCount) {
      draw_glyph(canvas, static_cast<ExitClass>(lane),
                 {area.low.x + canvas.space(1.5F), y + lane_height / 2}, canvas.space(1.4F));
    } else {
      canvas.fill({{area.low.x + canvas.space(0.75F), y + lane_height / 2 - canvas.space(0.75F)},
                   {area.low.x + canvas.space(2.25F), y + lane_height / 2 + canvas.space(0.75F)}},
                  canvas.color(ink_of(lane)));
    }
    canvas.text({area.low.x + canvas.space(4), y + small_shift}, title_of(lane), Ink::Text,
                FontRole::Small);
    if (canvas.hovering(label))
      canvas.tooltip(explanation_of(lane));
    draw_lane(canvas, context, row, lane);
    y += lane_height;
  }
  draw_marks(canvas, context, {{plot.low.x, ruler.low.y}, plot.high});
  y += overview_gap - canvas.space(1);
  if (overview_height > 0) {
    canvas.text({area.low.x, y + (overview_height - least_lane) / 2}, "whole run", Ink::MutedText,
                FontRole::Small);
    draw_overview(canvas, context, {{plot.low.x, y}, {plot.high.x, y + overview_height}});
  }
  y += overview_height + canvas.space(1);
  draw_key(canvas, {{area.low.x, y}, {area.high.x, y + key_height}});
  canvas.reserve({area.low, {area.high.x, y + key_height}});
}

float TimelinePanel::draw_filters(Canvas& canvas, Box area, bool compact) {
  Point at = area.low;
  const float gap = canvas.space(1.5F);
  const auto place = [&](std::string_view id, std::string_view label, bool on, Ink ink) {
    if (at.x + canvas.chip_width(label) > area.high.x && at.x > area.low.x) {
      at.x = area.low.x;
      at.y += canvas.chip_height() + gap;
    }
    Box box;
    const bool pressed = canvas.chip(id, at, label, on, ink, &box);
    at.x = box.high.x + gap;
    return pressed;
  };
  if (compact) {
    const bool filtered = !(filter_ == LaneFilter{});
    if (place("filters", filtered ? "filtered…" : "filter…", shows_filters_, Ink::Accent))
      shows_filters_ = !shows_filters_;
    if (place("whole", "whole run", whole_, Ink::Accent))
      whole_ = true;
    if (!shows_filters_)
      return at.y + canvas.chip_height() - area.low.y;
  }
  for (int i = 0; i < kLaneCount; ++i) {
    const auto lane = static_cast<Lane>(i);
    const auto bit = static_cast<std::size_t>(i);
    if (place("lane" + std::to_string(i), title_of(lane), filter_.lanes[bit], ink_of(lane))) {
      // With control held, this lane alone.
      if (ImGui::GetIO().KeyCtrl)
        filter_.lanes.reset().set(bit);
      else
        filter_.lanes.flip(bit);
      if (filter_.lanes.none())
        filter_.lanes.set();
    }
  }
  if (place("reasons",
            filter_.reasons.all() ? "by reason…"
                                  : "by reason: " + std::to_string(filter_.reasons.count()),
            shows_reasons_, Ink::Accent)) {
    shows_reasons_ = !shows_reasons_;
  }
  if (place("whole", "whole run", whole_, Ink::Accent))
    whole_ = true;
  if (shows_reasons_) {
    at = {area.low.x, at.y + canvas.chip_height() + gap};
    for (int i = 0; i < kExitReasonCount; ++i) {
      const auto bit = static_cast<std::size_t>(i);
      if (place("reason" + std::to_string(i), title_of(static_cast<ExitReason>(i)),
                filter_.reasons[bit], Ink::Trapped)) {
        if (filter_.reasons.all() || ImGui::GetIO().KeyCtrl)
          filter_.reasons.reset().set(bit);
        else
          filter_.reasons.flip(bit);
        if (filter_.reasons.none())
          filter_.reasons.set();
      }
    }
  }
  return at.y + canvas.chip_height() - area.low.y;
}

void TimelinePanel::draw_ruler(Canvas& canvas, PanelContext&, Box box) {
  // Ticks at 1, 2 or 5 times a power of ten, as many as have room for their labels.
  const float label = canvas.width_of(FontRole::Small, "000.0 ms") + canvas.space(6);
  const double least = (end_ - begin_) * static_cast<double>(label / box.width());
  double step = std::pow(10.0, std::floor(std::log10(std::max(least, 1.0))));
  for (const double factor : {2.0, 2.5, 2.0}) {
    if (step >= least)
      break;
    step *= factor;
  }
  for (double at = std::ceil(begin_ / step) * step; at < end_; at += step) {
    const float x = x_of(box, at);
    canvas.line({x, box.high.y - canvas.space(1.5F)}, {x, box.high.y}, canvas.color(Ink::Border),
                canvas.style().hairline());
    const std::string text = time_text(static_cast<std::uint64_t>(at));
    if (x + canvas.space(1) + canvas.width_of(FontRole::Small, text) < box.high.x) {
      canvas.text({x + canvas.space(1), box.low.y}, text, Ink::MutedText, FontRole::Small);
    }
  }
  canvas.line({box.low.x, box.high.y}, box.high, canvas.color(Ink::Border),
              canvas.style().hairline());
}

void TimelinePanel::draw_ribbon(Canvas& canvas, const PanelContext& context, Box box) {
  if (context.snapshot.technique == TechniqueKind::BareMetal) {
    // Who runs is known because exits and resumes say so; here there are none.
    canvas.hatch(box, canvas.color(Ink::Border), canvas.space(2));
    const std::string_view said = "not known on bare metal: nobody watches";
    const float width = canvas.width_of(FontRole::Small, said) + canvas.space(4);
    if (width < box.width()) {
      canvas.fill({{box.low.x + (box.width() - width) / 2, box.low.y},
                   {box.low.x + (box.width() + width) / 2, box.high.y}},
                  canvas.color(Ink::Surface));
      canvas.text_centred(box, said, Ink::MutedText, FontRole::Small);
    }
    return;
  }
  constexpr std::array<Ink, 4> kInks = {Ink::GuestUser, Ink::GuestKernel, Ink::Hypervisor,
                                        Ink::Border};
  const auto& columns = picture_.answer;
  canvas.fill(box, canvas.color(Ink::Raised));
  // Stretches with one answer are one rectangle: a quiet run costs nothing to draw.
  std::size_t start = 0;
  const auto same = [&](std::size_t a, std::size_t b) {
    const auto& x = columns[a].counts.cycles;
    const auto& y = columns[b].counts.cycles;
    for (std::size_t i = 0; i < kInks.size(); ++i) {
      if ((x[i] > 0) != (y[i] > 0))
        return false;
    }
    const int kinds = (x[0] > 0) + (x[1] > 0) + (x[2] > 0) + (x[3] > 0);
    return kinds <= 1;
  };
  for (std::size_t i = 1; i <= columns.size(); ++i) {
    if (i < columns.size() && same(start, i))
      continue;
    const auto& cycles = columns[start].counts.cycles;
    const double total = static_cast<double>(cycles[0] + cycles[1] + cycles[2] + cycles[3]);
    float y = box.low.y;
    for (std::size_t k = 0; k < kInks.size() && total > 0; ++k) {
      if (cycles[k] == 0)
        continue;
      const float height =
          box.height() * static_cast<float>(static_cast<double>(cycles[k]) / total);
      canvas.fill({{box.low.x + static_cast<float>(start), y},
                   {box.low.x + static_cast<float>(i), y + height}},
                  canvas.style().faded(kInks[k], 0.85F));
      y += height;
    }
    start = i;
  }
  if (canvas.hovering(box)) {
    const auto at = static_cast<std::size_t>(std::clamp(ImGui::GetIO().MousePos.x - box.low.x, 0.0F,
                                                        static_cast<float>(columns.size()) - 1));
    const auto& cycles = columns[at].counts.cycles;
    const double total =
        std::max<double>(1, static_cast<double>(cycles[0] + cycles[1] + cycles[2] + cycles[3]));
    canvas.tooltip("Who had the CPU, from the top: guest user " +
                   share_text(static_cast<double>(cycles[0]) / total) + ", guest kernel " +
                   share_text(static_cast<double>(cycles[1]) / total) + ", hypervisor " +
                   share_text(static_cast<double>(cycles[2]) / total) + ", idle " +
                   share_text(static_cast<double>(cycles[3]) / total));
  }
}

void TimelinePanel::draw_lane(Canvas& canvas, PanelContext& context, Box box, Lane lane) {
  const auto& columns = picture_.answer;
  const Color color = canvas.color(ink_of(lane));
  const auto i_lane = static_cast<std::size_t>(lane);
  canvas.line({box.low.x, box.high.y}, box.high, canvas.color(Ink::Border),
              canvas.style().hairline());
  if (columns.empty())
    return;
  const EventView& events = index_.events();
  const std::uint64_t first = columns.front().first_event;
  const std::uint64_t last = events.lower_bound_cycles(static_cast<std::uint64_t>(std::ceil(end_)));
  if (last - first <= kSingleEvents) {
    const float middle = (box.low.y + box.high.y) / 2;
    const float radius = std::min(canvas.space(1.5F), box.height() * 0.35F);
    for (std::uint64_t at = first; at < last; ++at) {
      if (lane_of(events[at]) != lane || !filter_.shows(events[at]))
        continue;
      const float x = x_of(box, static_cast<double>(events[at].cycles));
      if (static_cast<int>(lane) < kExitClassCount)
        draw_glyph(canvas, static_cast<ExitClass>(lane), {x, middle}, radius);
      else
        canvas.fill({{x - radius * 0.5F, middle - radius}, {x + radius * 0.5F, middle + radius}},
                    color, radius * 0.3F);
    }
  } else {
    // Log scale: a lone event is half of the lane, a thousand in one column all of it.
    const float room = box.height() - canvas.space(1.5F);
    std::size_t start = 0;
    for (std::size_t i = 1; i <= columns.size(); ++i) {
      const std::uint32_t n = columns[start].counts.events[i_lane];
      if (i < columns.size() && columns[i].counts.events[i_lane] == n)
        continue;
      if (n > 0) {
        const float share = std::min(1.0F, 0.5F + 0.17F * std::log10(static_cast<float>(n)));
        canvas.fill({{box.low.x + static_cast<float>(start), box.high.y - room * share},
                     {box.low.x + static_cast<float>(i), box.high.y}},
                    color);
      }
      start = i;
    }
  }
  if (canvas.hovering(box)) {
    const double cycles =
        begin_ + (end_ - begin_) *
                     static_cast<double>((ImGui::GetIO().MousePos.x - box.low.x) / box.width());
    const auto near = index_.nearest(cycles, lane, filter_);
    if (near && std::abs(x_of(box, static_cast<double>(events[*near].cycles)) -
                         ImGui::GetIO().MousePos.x) < canvas.space(4)) {
      canvas.tooltip(event_tip(context, *near) + "\nClick selects, double click goes there.");
      context.selection.hovered_next = events[*near].rip;
    }
  }
}

void TimelinePanel::draw_marks(Canvas& canvas, PanelContext& context, Box plot) {
  const float now = x_of(plot, static_cast<double>(context.snapshot.position.cycles));
  if (now < plot.high.x) {
    // What lies ahead is known but has not happened again yet: it is veiled.
    const float from = std::max(now, plot.low.x);
    canvas.fill({{from, plot.low.y}, plot.high}, canvas.style().faded(Ink::Surface, 0.45F));
  }
  if (now >= plot.low.x && now <= plot.high.x) {
    canvas.line({now, plot.low.y}, {now, plot.high.y}, canvas.color(Ink::Accent),
                canvas.style().stroke());
    const Point head[] = {{now - canvas.space(2), plot.low.y},
                          {now + canvas.space(2), plot.low.y},
                          {now, plot.low.y + canvas.space(2.5F)}};
    canvas.polygon(head, canvas.color(Ink::Accent));
  }
  if (context.selection.event && *context.selection.event >= context.events.first() &&
      *context.selection.event < context.events.end()) {
    const float x =
        x_of(plot, static_cast<double>(context.events[*context.selection.event].cycles));
    if (x >= plot.low.x && x <= plot.high.x) {
      canvas.dashed_line({x, plot.low.y}, {x, plot.high.y}, canvas.color(Ink::Text),
                         canvas.style().stroke());
    }
  }
}

void TimelinePanel::draw_overview(Canvas& canvas, PanelContext& context, Box box) {
  canvas.fill(box, canvas.color(Ink::Raised), canvas.space(0.5F));
  const double all = std::max(1000.0, static_cast<double>(index_.last_cycles()) * 1.01);
  const auto& columns =
      ask(overview_, 0, all, std::max(1, static_cast<int>(box.width())), LaneFilter{});
  std::uint32_t most = 1;
  const auto sum_of = [](const TimelineColumn& column) {
    std::uint32_t sum = 0;
    for (const std::uint32_t n : column.counts.events)
      sum += n;
    return sum;
  };
  for (const TimelineColumn& column : columns)
    most = std::max(most, sum_of(column));
  const float scale = (box.height() - canvas.space(1)) / std::log2(static_cast<float>(most) + 1.0F);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::uint32_t n = sum_of(columns[i]);
    if (n == 0)
      continue;
    const float height = std::max(1.0F, std::log2(static_cast<float>(n) + 1.0F) * scale);
    const float x = box.low.x + static_cast<float>(i);
    canvas.fill({{x, box.high.y - height}, {x + 1, box.high.y}},
                canvas.style().faded(Ink::Hardware, 0.7F));
  }
  const auto x_in = [&](double cycles) {
    return box.low.x + static_cast<float>(cycles / all) * box.width();
  };
  const Box window{{x_in(begin_), box.low.y},
                   {std::max(x_in(end_), x_in(begin_) + canvas.space(1)), box.high.y}};
  canvas.fill(window, canvas.style().faded(Ink::Accent, 0.15F));
  canvas.outline(window, canvas.color(Ink::Accent), canvas.style().hairline(), canvas.space(0.5F));
  const float now = x_in(static_cast<double>(context.snapshot.position.cycles));
  canvas.line({now, box.low.y}, {now, box.high.y}, canvas.color(Ink::Accent),
              canvas.style().stroke());
  const auto touch = canvas.touch("overview", box);
  if (touch.held && ImGui::IsMouseDown(0)) {
    const double middle =
        all * static_cast<double>((ImGui::GetIO().MousePos.x - box.low.x) / box.width());
    const double span = end_ - begin_;
    if (!whole_) {
      begin_ = middle - span / 2;
      end_ = begin_ + span;
      clamp_view();
    }
  }
  if (touch.hovered)
    canvas.tooltip(count_text(index_.size()) + " events in " + time_text(index_.last_cycles()) +
                   " of virtual time. Drag to move the view.");
}

void TimelinePanel::draw_key(Canvas& canvas, Box box) {
  float x = box.low.x;
  const float small = canvas.line_height(FontRole::Small);
  for (const Storey storey : {Storey::GuestUser, Storey::GuestKernel, Storey::Hypervisor}) {
    canvas.fill({{x, box.low.y + small * 0.2F}, {x + small * 0.6F, box.low.y + small * 0.8F}},
                canvas.color(ink_of(storey)), canvas.space(0.5F));
    x += small * 0.6F + canvas.space(1.5F);
    x += canvas.text({x, box.low.y}, title_of(storey), Ink::MutedText, FontRole::Small) +
         canvas.space(4);
  }
  canvas.fill({{x, box.low.y + small * 0.2F}, {x + small * 0.6F, box.low.y + small * 0.8F}},
              canvas.color(Ink::Border), canvas.space(0.5F));
  x += small * 0.6F + canvas.space(1.5F);
  x += canvas.text({x, box.low.y}, "idle", Ink::MutedText, FontRole::Small) + canvas.space(4);
  // How to use it, when there is room to say so.
  for (const std::string_view help :
       {"wheel zooms, drag pans, click selects, double click goes there",
        "click selects, double click goes there", "double click goes there"}) {
    if (x + canvas.width_of(FontRole::Small, help) > box.high.x)
      continue;
    canvas.text_right({box.high.x, box.low.y}, help, Ink::MutedText, FontRole::Small);
    break;
  }
}

void TimelinePanel::handle_input(Canvas& canvas, PanelContext& context, Box plot, Box ruler) {
  ImGuiIO& io = ImGui::GetIO();
  const auto cycles_at = [&](float x) {
    return begin_ + (end_ - begin_) * static_cast<double>((x - plot.low.x) / plot.width());
  };
  const auto seek_to = [&](std::uint64_t sequence) {
    context.selection.event = sequence;
    context.commands.submit(Seek{context.events[sequence].retired});
  };
  const auto ruler_touch = canvas.touch("ruler", ruler, false);
  if (ruler_touch.hovered)
    canvas.tooltip("Click to go to this instant.");
  if (ruler_touch.pressed) {
    // The instant of the event next to the mouse: positions between events have no own name.
    if (const auto near = index_.nearest(cycles_at(io.MousePos.x), std::nullopt, filter_))
      seek_to(*near);
  }
  const auto touch = canvas.touch("plot", plot);
  if (touch.hovered && io.MouseWheel != 0)
    zoom(std::pow(0.8, static_cast<double>(io.MouseWheel)), cycles_at(io.MousePos.x));
  if (touch.held && ImGui::IsMouseDragging(0)) {
    dragging_ = true;
    whole_ = false;
    const double shift = static_cast<double>(io.MouseDelta.x / plot.width()) * (end_ - begin_);
    begin_ -= shift;
    end_ -= shift;
    clamp_view();
  }
  if (touch.pressed && !dragging_) {
    if (const auto near = index_.nearest(cycles_at(io.MousePos.x), hovered_lane_, filter_))
      context.selection.event = *near;
  }
  if (touch.hovered && ImGui::IsMouseDoubleClicked(0) && context.selection.event &&
      *context.selection.event < context.events.end() &&
      *context.selection.event >= context.events.first()) {
    seek_to(*context.selection.event);
  }
  if (!touch.held)
    dragging_ = false;
  if (!touch.focused)
    return;
  const double centre =
      context.selection.event && *context.selection.event < context.events.end() &&
              *context.selection.event >= context.events.first()
          ? std::clamp(static_cast<double>(context.events[*context.selection.event].cycles), begin_,
                       end_)
          : (begin_ + end_) / 2;
  for (const ImWchar c : io.InputQueueCharacters) {
    const double span = end_ - begin_;
    switch (c) {
      case '+':
      case '=':
        zoom(0.5, centre);
        break;
      case '-':
        zoom(2.0, centre);
        break;
      case '0':
        whole_ = true;
        break;
      case ',':
        whole_ = false;
        begin_ -= span / 8;
        end_ -= span / 8;
        clamp_view();
        break;
      case '.':
        whole_ = false;
        begin_ += span / 8;
        end_ += span / 8;
        clamp_view();
        break;
      case 'n':
      case 'p':
        if (const auto found =
                index_.next(context.selection.event.value_or(context.snapshot.position.events),
                            c == 'n', filter_)) {
          context.selection.event = *found;
          const double at = static_cast<double>(context.events[*found].cycles);
          if (at < begin_ || at > end_) {
            whole_ = false;
            begin_ = at - span / 2;
            end_ = at + span / 2;
            clamp_view();
          }
        }
        break;
      case 'g':
        if (context.selection.event && *context.selection.event < context.events.end())
          seek_to(*context.selection.event);
        break;
      default:
        break;
    }
  }
}

std::vector<std::string> TimelinePanel::as_text(const PanelContext& context) const {
  EventIndex index;
  index.update(context.events);
  const LaneCounts counts = index.count(context.events.first(), context.events.end(), LaneFilter{});
  std::vector<std::string> lines = {count_text(context.events.size()) + " events in " +
                                    time_text(index.last_cycles()) + " of virtual time"};
  for (int i = 0; i < kLaneCount; ++i) {
    const auto n = counts.events[static_cast<std::size_t>(i)];
    if (n)
      lines.push_back(std::string(title_of(static_cast<Lane>(i))) + ": " + count_text(n));
  }
  return lines;
}

}  // namespace gv
