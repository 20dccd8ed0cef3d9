// SPDX-License-Identifier: MIT
//
// devices_panel.cpp - cards laid out in as many columns as fit.

#include "visualizers/devices/devices_panel.h"

#include "visualizers/drawing/canvas.h"

#include <algorithm>
#include <array>

namespace gv {

void DevicesPanel::draw(PanelContext& context) {
  context.wanted.devices = true;
  view_.update(context.snapshot);
  Canvas canvas(context);
  const Box area = canvas.area();
  if (view_.cards().empty()) {
    canvas.paragraph(area.low, area.width(),
                     "The devices appear with the next picture of the machine.", Ink::MutedText);
    canvas.reserve(area);
    return;
  }
  const float gap = canvas.space(3), pad = canvas.space(2.5F);
  const float line = canvas.line_height(FontRole::Mono);
  const int columns = std::clamp(static_cast<int>((area.width() + gap) / canvas.space(82)), 1, 3);
  const float width =
      (area.width() - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  std::array<float, 3> bottom{area.low.y, area.low.y, area.low.y};

  for (const DeviceCard& card : view_.cards()) {
    // The shortest column takes the next card.
    const auto used = std::min_element(bottom.begin(), bottom.begin() + columns) - bottom.begin();
    const float x = area.low.x + static_cast<float>(used) * (width + gap);
    const float y0 = bottom[static_cast<std::size_t>(used)];
    // A value that does not fit beside its label takes its own line.
    const float inner = width - 2 * pad;
    const auto fits = [&](const DeviceField& f) {
      return canvas.width_of(FontRole::Small, f.label) + canvas.width_of(FontRole::Mono, f.value) +
                 canvas.space(5) <=
             inner;
    };
    float height = 2 * pad + canvas.line_height(FontRole::Strong) + canvas.space(1);
    for (const DeviceField& field : card.fields) {
      height += fits(field) ? line
                            : canvas.line_height(FontRole::Small) +
                                  canvas.paragraph_height(inner - canvas.space(3), field.value,
                                                          FontRole::Mono);
    }
    const Box box{{x, y0}, {x + width, y0 + height}};
    canvas.fill(box, canvas.color(Ink::Raised), canvas.style().corner());
    if (card.changed)
      canvas.fill({box.low, {box.low.x + canvas.space(0.75F), box.high.y}},
                  canvas.color(Ink::Changed), canvas.space(0.4F));
    float y = y0 + pad;
    canvas.text_fitted({x + pad, y}, inner, card.name, Ink::Text, FontRole::Strong);
    y += canvas.line_height(FontRole::Strong) + canvas.space(1);
    for (const DeviceField& field : card.fields) {
      const float small_shift = (line - canvas.line_height(FontRole::Small)) / 2;
      const Ink ink = field.changed ? Ink::Changed : Ink::Text;
      const FontRole role = field.changed ? FontRole::MonoStrong : FontRole::Mono;
      const float start = y;
      if (field.changed)
        canvas.circle({x + pad - canvas.space(1.1F), y + line / 2}, canvas.space(0.7F),
                      canvas.color(Ink::Changed));
      if (fits(field)) {
        canvas.text({x + pad, y + small_shift}, field.label, Ink::MutedText, FontRole::Small);
        canvas.text_right({box.high.x - pad, y}, field.value, ink, role);
        y += line;
      } else {
        canvas.text({x + pad, y}, field.label, Ink::MutedText, FontRole::Small);
        y += canvas.line_height(FontRole::Small);
        y += canvas.paragraph({x + pad + canvas.space(3), y}, inner - canvas.space(3), field.value,
                              ink, role);
      }
      if (field.changed && canvas.hovering({{box.low.x, start}, {box.high.x, y}}))
        canvas.tooltip(field.label + " was " + field.before + " at the last stop.");
    }
    bottom[static_cast<std::size_t>(used)] = box.high.y + gap;
  }
  canvas.reserve(
      {area.low, {area.high.x, *std::max_element(bottom.begin(), bottom.begin() + columns)}});
}

std::vector<std::string> DevicesPanel::as_text(const PanelContext& context) const {
  std::vector<std::string> lines;
  for (const DeviceState& device : context.snapshot.devices) {
    std::string line = device.name + ":";
    for (const auto& [label, value] : device.fields)
      line += " " + label + " " + value + ";";
    lines.push_back(std::move(line));
  }
  return lines;
}

}  // namespace gv
