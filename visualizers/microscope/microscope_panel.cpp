// SPDX-License-Identifier: MIT
//
// microscope_panel.cpp - the bytes, the strip of stages, and the keys.

#include "visualizers/microscope/microscope_panel.h"

#include "visualizers/microscope/stage_picture.h"

#include <imgui.h>

#include <algorithm>
#include <array>

namespace gv {
namespace {

// "walk" of "decode, walk": a lesson may point at several parts.
bool names(std::string_view parts, std::string_view part) {
  while (!parts.empty()) {
    const std::size_t comma = parts.find(", ");
    if (parts.substr(0, comma) == part)
      return true;
    parts = comma == std::string_view::npos ? std::string_view() : parts.substr(comma + 2);
  }
  return false;
}

InstructionStage moved(InstructionStage stage, int by) {
  return static_cast<InstructionStage>(
      std::clamp(static_cast<int>(stage) + by, 0, kStageCount - 1));
}

}  // namespace

const InstructionRecord* MicroscopePanel::shown(const Snapshot& snapshot, bool* happened) const {
  if (!snapshot.instructions)
    return nullptr;
  *happened = snapshot.instructions->last.has_value() && !wants_next_;
  return *happened ? &*snapshot.instructions->last : &snapshot.instructions->next;
}

// A beat that points at a stage brings it up once; then the learner moves on.
void MicroscopePanel::follow_highlight(std::string_view part) {
  if (part == followed_part_)
    return;
  followed_part_ = part;
  for (int i = 0; i < kStageCount; ++i) {
    if (names(part, part_of(static_cast<InstructionStage>(i)))) {
      stage_ = static_cast<InstructionStage>(i);
      return;
    }
  }
}

void MicroscopePanel::follow_position(const Snapshot& snapshot) {
  if (snapshot.position == followed_position_)
    return;
  followed_position_ = snapshot.position;
  wants_next_ = snapshot.cause != StopCause::StepDone;
}

void MicroscopePanel::take_keys() {
  const auto pressed = [](ImGuiKey key) { return ImGui::IsKeyPressed(ImGui::GetKeyIndex(key)); };
  if (pressed(ImGuiKey_LeftArrow))
    stage_ = moved(stage_, -1);
  if (pressed(ImGuiKey_RightArrow))
    stage_ = moved(stage_, 1);
  if (pressed(ImGuiKey_Home))
    stage_ = InstructionStage::Fetch;
  if (pressed(ImGuiKey_End))
    stage_ = InstructionStage::WriteBack;
  if (pressed(ImGuiKey_UpArrow))
    wants_next_ = false;
  if (pressed(ImGuiKey_DownArrow))
    wants_next_ = true;
}

void MicroscopePanel::draw(PanelContext& context) {
  context.wanted.instructions = true;
  follow_highlight(context.highlighted_part);
  follow_position(context.snapshot);
  Canvas canvas(context);
  const Box area = canvas.area();
  bool happened = false;
  const InstructionRecord* record = shown(context.snapshot, &happened);
  if (context.snapshot.state == RunState::Running && record != nullptr) {
    canvas.paragraph(area.low, area.width(),
                     "The guest runs: pause or step, and the instruction is taken apart here.",
                     Ink::MutedText);
    canvas.reserve(area);
    return;
  }
  if (record == nullptr) {
    canvas.paragraph(area.low, area.width(), why_no_instruction(context.snapshot), Ink::MutedText);
    canvas.reserve(area);
    return;
  }
  const InstructionView view = make_instruction_view(*record, happened);
  float y = area.low.y;
  y += draw_head(canvas, {{area.low.x, y}, area.high}, context, view) + canvas.space(2);
  y += draw_bytes(canvas, {{area.low.x, y}, area.high}, view) + canvas.space(2);
  y += draw_strip(canvas, {{area.low.x, y}, area.high}, view, context.highlighted_part) +
       canvas.space(4);
  // Keyboard navigation is on while a panel has the keyboard; else arrows step the machine.
  if (ImGui::IsWindowFocused() &&
      (ImGui::GetIO().ConfigFlags & ImGuiConfigFlags_NavEnableKeyboard) != 0)
    take_keys();
  y += draw_stage(canvas, {{area.low.x, y}, area.high}, stage_, view);
  canvas.reserve({area.low, {area.high.x, y}});
}

float MicroscopePanel::draw_head(Canvas& canvas, Box area, const PanelContext& context,
                                 const InstructionView& view) {
  const float chip = canvas.chip_height(), mono = canvas.line_height(FontRole::MonoStrong);
  const bool has_last = context.snapshot.instructions->last.has_value();
  float x = area.low.x;
  // One place for the mouse; the keyboard has up and down.
  const Canvas::Touch touch =
      canvas.touch("which", {area.low, {area.high.x, area.low.y + chip}}, false);
  const auto choice = [&](std::string_view label, bool on) {
    const Box box{{x, area.low.y}, {x + canvas.chip_width(label), area.low.y + chip}};
    const bool under = canvas.hovering(box);
    const float corner = chip / 2;
    canvas.fill(box,
                on      ? canvas.style().tint(Ink::Accent)
                : under ? canvas.color(Ink::Hovered)
                        : canvas.color(Ink::Raised),
                corner);
    canvas.outline(box, canvas.color(on ? Ink::Accent : Ink::Border), canvas.style().hairline(),
                   corner);
    const Point dot{box.low.x + canvas.space(3), (box.low.y + box.high.y) / 2};
    if (on)
      canvas.circle(dot, canvas.space(1), canvas.color(Ink::Accent));
    else
      canvas.ring(dot, canvas.space(1), canvas.color(Ink::MutedText), canvas.style().hairline());
    canvas.text({box.low.x + canvas.space(5.5F), box.low.y + canvas.space(0.75F)}, label,
                on ? Ink::Text : Ink::MutedText, FontRole::Small);
    x = box.high.x + canvas.space(2);
    return under && touch.pressed;
  };
  if (has_last && choice("just executed", view.happened))
    wants_next_ = false;
  if (choice("comes next", !view.happened))
    wants_next_ = true;
  x += canvas.space(1);
  // Where it is, as fully as there is room for.
  const InstructionRecord& record =
      view.happened ? *context.snapshot.instructions->last : context.snapshot.instructions->next;
  const std::string symbol = context.guest.symbolize(record.address);
  std::string place = symbol.empty() ? view.address : view.address + " · " + symbol;
  if (canvas.width_of(FontRole::Small, place) > area.high.x - x)
    place = view.address;
  canvas.text_right({area.high.x, area.low.y + (chip - canvas.line_height(FontRole::Small)) / 2},
                    place, Ink::MutedText, FontRole::Small);
  const float y = area.low.y + chip + canvas.space(2);
  const bool fits = canvas.width_of(FontRole::MonoStrong, view.text) <= area.width();
  canvas.text_fitted({area.low.x, y}, area.width(), view.text, Ink::Text,
                     fits ? FontRole::MonoStrong : FontRole::Small);
  return chip + canvas.space(2) + mono;
}

float MicroscopePanel::draw_bytes(Canvas& canvas, Box area, const InstructionView& view) {
  const float small = canvas.line_height(FontRole::Small),
              mono = canvas.line_height(FontRole::Mono);
  const float height = mono + canvas.space(1.5F), gap = canvas.space(0.5F);
  const auto count = static_cast<float>(std::max<std::size_t>(view.bytes.size(), 1));
  const float cell = std::min(area.width() / count, canvas.space(12));
  for (const FieldView& field : view.fields) {
    const bool lit = view.has(stage_) && reads(stage_, field.part);
    const float left = area.low.x + cell * static_cast<float>(field.first);
    const float right = left + cell * static_cast<float>(field.count) - gap;
    for (std::size_t i = 0; i < field.count; ++i) {
      const float x = left + cell * static_cast<float>(i);
      const Box box{{x, area.low.y}, {x + cell - gap, area.low.y + height}};
      canvas.fill(box, lit ? canvas.style().tint(Ink::Accent) : canvas.color(Ink::Raised),
                  canvas.space(0.75F));
      canvas.text_centred(box, view.bytes[field.first + i], lit ? Ink::Text : Ink::MutedText,
                          FontRole::Mono);
    }
    // A bracket names the field.
    const float y = area.low.y + height + canvas.space(0.75F);
    const Color color = canvas.color(lit ? Ink::Accent : Ink::Border);
    canvas.fill({{left, y}, {right, y + canvas.space(0.5F)}}, color);
    const std::string_view name = canvas.width_of(FontRole::Small, field.name) <= right - left + gap
                                      ? field.name
                                      : field.short_name;
    canvas.text_centred({{left, y + canvas.space(0.5F)}, {right, y + canvas.space(0.5F) + small}},
                        name, lit ? Ink::Text : Ink::MutedText, FontRole::Small);
  }
  return height + canvas.space(1.25F) + small;
}

float MicroscopePanel::draw_strip(Canvas& canvas, Box area, const InstructionView& view,
                                  std::string_view part) {
  const float small = canvas.line_height(FontRole::Small);
  const float height = small + canvas.space(2.5F);
  std::array<float, kStageCount> widths{};
  float total = 0;
  for (int i = 0; i < kStageCount; ++i) {
    widths[static_cast<std::size_t>(i)] =
        canvas.width_of(FontRole::Small, name_of(static_cast<InstructionStage>(i)));
    total += widths[static_cast<std::size_t>(i)];
  }
  // One place for the keyboard: arrows move along it, and nothing else takes them.
  const Box strip{area.low, {area.high.x, area.low.y + height}};
  const Canvas::Touch touch = canvas.touch("stages", strip, false);
  const float pad =
      std::clamp((area.width() - total) / (2.0F * kStageCount), canvas.space(1), canvas.space(4));
  canvas.line({area.low.x, strip.high.y}, strip.high, canvas.color(Ink::Border),
              canvas.style().hairline());
  float x = area.low.x;
  for (int i = 0; i < kStageCount; ++i) {
    const auto stage = static_cast<InstructionStage>(i);
    const Box box{{x, strip.low.y},
                  {x + widths[static_cast<std::size_t>(i)] + 2 * pad, strip.high.y}};
    const bool chosen = stage == stage_, pointed = names(part, part_of(stage));
    const bool under = canvas.hovering(box);
    if (under && touch.pressed)
      stage_ = stage;
    if (chosen || under)
      canvas.fill(box, chosen ? canvas.style().tint(Ink::Accent) : canvas.color(Ink::Hovered),
                  canvas.style().corner() / 2);
    if (chosen)
      canvas.fill({{box.low.x, box.high.y - canvas.space(0.75F)}, box.high},
                  canvas.color(Ink::Accent), canvas.space(0.4F));
    if (pointed && !chosen)
      canvas.outline(box, canvas.color(Ink::Accent), canvas.style().hairline(),
                     canvas.style().corner() / 2);
    canvas.text_centred(box, name_of(stage), chosen || view.has(stage) ? Ink::Text : Ink::MutedText,
                        FontRole::Small);
    x = box.high.x;
  }
  return height;
}

std::vector<std::string> MicroscopePanel::as_text(const PanelContext& context) const {
  bool happened = false;
  const InstructionRecord* record = shown(context.snapshot, &happened);
  if (record == nullptr)
    return {why_no_instruction(context.snapshot)};
  return describe(make_instruction_view(*record, happened));
}

}  // namespace gv
