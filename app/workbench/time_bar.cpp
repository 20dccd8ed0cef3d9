// SPDX-License-Identifier: MIT
//
// time_bar.cpp - transport buttons and the track.

#include "workbench/time_bar.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

namespace gv {
namespace {

struct Transport {
  const char* action;
  Icon icon;
};
constexpr std::array<Transport, 8> kTransport = {{{"machine.to-start", Icon::ToStart},
                                                  {"machine.run-back", Icon::RunBack},
                                                  {"machine.previous-exit", Icon::PreviousExit},
                                                  {"machine.step-back", Icon::StepBack},
                                                  {"machine.run", Icon::Run},
                                                  {"machine.step", Icon::StepForward},
                                                  {"machine.next-exit", Icon::NextExit},
                                                  {"machine.to-furthest", Icon::ToEnd}}};

// A busier redraw would show nothing that the eye can follow.
constexpr double kRecountSeconds = 0.1;

// Why the machine stands here. At an exit the exit says it better than a breakpoint's number does.
std::string why_stopped(const ShownMachine& machine) {
  const Snapshot& now = machine.snapshot();
  if (now.cause != StopCause::BreakpointHit)
    return now.cause_text;
  const EventView& events = machine.events();
  std::uint64_t at = std::min(now.position.events, events.end());
  for (int looked = 0; at > events.first() && looked < 12; ++looked) {
    const Event& event = events[--at];
    if (std::holds_alternative<ExitTaken>(event.body))
      return "at the exit: " + describe(event);
  }
  return now.cause_text;
}

}  // namespace

std::string grouped_digits(std::uint64_t value) {
  const std::string digits = std::to_string(value);
  std::string out;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0)
      out += ',';
    out += digits[i];
  }
  return out;
}

std::string virtual_time(std::uint64_t cycles) {
  const auto ns = static_cast<double>(cycles);
  char text[32];
  if (cycles < 1'000)
    std::snprintf(text, sizeof text, "%llu ns", static_cast<unsigned long long>(cycles));
  else if (cycles < 1'000'000)
    std::snprintf(text, sizeof text, "%.3f µs", ns / 1e3);
  else if (cycles < 1'000'000'000)
    std::snprintf(text, sizeof text, "%.3f ms", ns / 1e6);
  else
    std::snprintf(text, sizeof text, "%.3f s", ns / 1e9);
  return text;
}

void TimeBar::draw(const Area& area, Controls& controls, const Context& context) {
  if (area.height < 8)
    return;
  const Style& style = controls.style();
  const Snapshot& now = context.machine.snapshot();
  const float pad = style.space(2);
  const bool slim = area.height < style.space(18);
  const bool live = context.machine.session() != nullptr;

  // Buttons on the left, facts on the right of them, the track below (or between, when slim).
  ImGui::SetCursorScreenPos({area.x + pad, area.y + style.space(slim ? 2 : 2.5F)});
  ImGui::BeginGroup();
  float x_end = area.x + pad;
  for (std::size_t i = 0; i < kTransport.size(); ++i) {
    const Action* action = context.actions.find(kTransport[i].action);
    if (action == nullptr)
      continue;
    if (slim && (i == 0 || i == 1 || i == 7))
      continue;
    if (x_end > area.x + pad)
      ImGui::SameLine(0, style.space(i == 4 || i == 5 ? 2.0F : 1.0F));
    const bool is_run = std::string_view(kTransport[i].action) == "machine.run";
    const bool running = context.machine.running();
    ButtonLook look;
    look.icon = is_run && running ? Icon::Pause : kTransport[i].icon;
    look.enabled = action->is_enabled();
    look.emphasis = is_run ? Emphasis::Normal : Emphasis::Quiet;
    const std::string tip =
        action->title + (action->keys.empty() ? "" : "  (" + action->key_label() + ")");
    look.tooltip = tip;
    const std::string key = action->key_label();
    if (is_run)
      look.key = key;
    if (controls.button(std::string("time.") + kTransport[i].action,
                        is_run ? (running ? "Pause" : "Run") : "", look)) {
      context.actions.run(kTransport[i].action);
    }
    x_end = ImGui::GetItemRectMax().x;
  }
  ImGui::EndGroup();

  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float left = x_end + style.space(4);
  const float line = area.y + style.space(slim ? 2 : 2.5F) +
                     (style.space(3.25F) + controls.font(FontRole::Body)->FontSize -
                      controls.font(FontRole::Mono)->FontSize) *
                         0.5F;
  if (!live || slim) {
    if (!live) {
      draw_remark(controls, context.why_not.empty() ? "no machine yet" : context.why_not, left,
                  line, area.right() - left - pad);
    }
  } else {
    const std::string place = "instruction " + grouped_digits(now.position.retired) + " of " +
                              grouped_digits(std::max(now.furthest.retired, now.position.retired));
    controls.text_at(draw, {left, line}, place, FontRole::Mono, ink(style, Ink::Text));
    float x = left + controls.measure(place, FontRole::Mono).x + style.space(4);
    const std::string rest = virtual_time(now.position.cycles) + " of virtual time  ·  " +
                             grouped_digits(now.position.events) + " events";
    const float room = area.right() - x - pad;
    if (room > controls.measure(rest, FontRole::Small).x) {
      controls.text_at(draw, {x, line + style.space(0.5F)}, rest, FontRole::Small,
                       ink(style, Ink::MutedText));
      x += controls.measure(rest, FontRole::Small).x + style.space(4);
    }
    // Why it stands here, or why it may not move.
    const std::string why = !context.why_not.empty()    ? context.why_not
                            : context.machine.running() ? std::string()
                                                        : why_stopped(context.machine);
    const float why_room = area.right() - x - pad;
    if (why_room > style.space(40))
      draw_remark(controls, why, x, line, why_room);
  }
  const float track_height = style.space(slim ? 8 : 8.5F);
  const Area track =
      slim ? Area{left, area.y + style.space(2), area.right() - left - pad, track_height}
           : Area{area.x + pad, area.bottom() - track_height - style.space(2.5F),
                  area.width - 2 * pad, track_height};
  if (track.width > style.space(10) && (live || !slim))
    draw_track(track, controls, context);
}

// One line where it fits, else two small ones; what does not fit so is not begun.
void TimeBar::draw_remark(Controls& controls, const std::string& text, float x, float line,
                          float room) {
  if (text.empty() || room <= 0)
    return;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const Style& style = controls.style();
  const ImU32 color = ink(style, Ink::MutedText);
  if (controls.measure(text, FontRole::Body).x <= room) {
    controls.text_at(draw, {x, line}, text, FontRole::Body, color);
    return;
  }
  const float small = controls.font(FontRole::Small)->FontSize;
  const ImVec2 size = controls.measure(text, FontRole::Small, room);
  if (size.y > 2.5F * small || size.x > room)
    return;
  const float middle = line + controls.font(FontRole::Mono)->FontSize * 0.5F;
  controls.text_at(draw, {x, std::round(middle - size.y * 0.5F)}, text, FontRole::Small, color,
                   room);
}

void TimeBar::count_exits(const EventView& events, std::uint64_t last, std::size_t columns) {
  const double now = ImGui::GetTime();
  if (events.end() == hills_end_ && last == hills_last_ && hills_.size() == columns)
    return;
  if (hills_.size() == columns && now - counted_at_ < kRecountSeconds && events.end() >= hills_end_)
    return;
  counted_at_ = now;
  hills_end_ = events.end();
  hills_last_ = last;
  hills_.assign(columns, 0);
  if (events.empty() || last == 0)
    return;
  // Two searches per column instead of a pass over a million events.
  std::uint64_t from = events.lower_bound_retired(0);
  for (std::size_t c = 0; c < columns; ++c) {
    const std::uint64_t until =
        c + 1 == columns ? events.end() : events.lower_bound_retired(last * (c + 1) / columns);
    hills_[c] = static_cast<std::uint32_t>(until - from);
    from = until;
  }
}

void TimeBar::draw_track(const Area& area, Controls& controls, const Context& context) {
  const Style& style = controls.style();
  ShownMachine& machine = context.machine;
  const Snapshot& now = machine.snapshot();
  const std::uint64_t last =
      std::max<std::uint64_t>({now.furthest.retired, now.position.retired, 1});
  ImDrawList* draw = ImGui::GetWindowDrawList();

  ImGui::SetCursorScreenPos({area.x, area.y});
  ImGui::InvisibleButton("##track", {area.width, area.height});
  const bool hovered = ImGui::IsItemHovered(), held = ImGui::IsItemActive();
  controls.ring().add("time.track", {area.x, area.y}, {area.right(), area.bottom()},
                      context.may_scrub);
  draw->AddRectFilled({area.x, area.y}, {area.right(), area.bottom()}, ink(style, Ink::Surface),
                      style.corner());

  const float base = area.bottom() - style.hairline(), tall = area.height - style.space(2);
  const float step = std::max(2.0F, std::round(style.space(0.5F)));
  const auto columns =
      static_cast<std::size_t>(std::max(1.0F, (area.width - style.corner()) / step));
  if (machine.session() != nullptr)
    count_exits(machine.events(), last, columns);
  const float progress =
      static_cast<float>(static_cast<double>(now.position.retired) / static_cast<double>(last));
  const float here = area.x + progress * area.width;
  std::uint32_t most = 1;
  for (const std::uint32_t hill : hills_)
    most = std::max(most, hill);
  for (std::size_t c = 0; c < hills_.size() && machine.session() != nullptr; ++c) {
    if (hills_[c] == 0)
      continue;
    const float share = std::log2(1.0F + static_cast<float>(hills_[c])) /
                        std::log2(1.0F + static_cast<float>(most));
    const float x = area.x + style.corner() * 0.5F + static_cast<float>(c) * step;
    draw->AddRectFilled({x, base - std::max(2.0F, tall * share)}, {x + step - 1.0F, base},
                        packed(style.faded(Ink::Trapped, x <= here ? 0.85F : 0.35F)));
  }
  draw->AddRect({area.x, area.y}, {area.right(), area.bottom()}, ink(style, Ink::Border),
                style.corner(), ImDrawFlags_None, style.hairline());
  if (machine.session() == nullptr)
    return;

  const ImU32 mark = ink(style, Ink::Accent);
  const float thick = style.stroke();
  draw->AddRectFilled({here - thick * 0.5F, area.y - style.space(0.75F)},
                      {here + thick * 0.5F, area.bottom()}, mark);
  draw->AddTriangleFilled({here - style.space(1.5F), area.y - style.space(1)},
                          {here + style.space(1.5F), area.y - style.space(1)},
                          {here, area.y + style.space(1)}, mark);

  if (!context.may_scrub)
    return;
  if (hovered || held) {
    const float mouse = std::clamp((ImGui::GetIO().MousePos.x - area.x) / area.width, 0.0F, 1.0F);
    const auto wanted =
        static_cast<std::uint64_t>(static_cast<double>(mouse) * static_cast<double>(last) + 0.5);
    draw->AddLine({area.x + mouse * area.width, area.y},
                  {area.x + mouse * area.width, area.bottom()}, ink(style, Ink::MutedText),
                  style.hairline());
    ImGui::SetTooltip("instruction %s", grouped_digits(wanted).c_str());
    if (held)
      machine.seek(wanted);
  }
}

}  // namespace gv
