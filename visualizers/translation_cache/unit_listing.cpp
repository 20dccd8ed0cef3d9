// SPDX-License-Identifier: MIT
//
// unit_listing.cpp - the panel's picture of one unit: guest code beside what is executed.

#include "visualizers/meaning/quantity.h"
#include "visualizers/translation_cache/translation_cache_panel.h"

#include <imgui.h>

#include <algorithm>

namespace gv {
namespace {

// A square is a copy, a diamond something else in its place, an arrow head a call that leaves.
void draw_treatment(Canvas& canvas, Treatment treatment, Point centre, float radius) {
  const Color color = canvas.color(ink_of(treatment));
  const auto [x, y] = centre;
  if (treatment == Treatment::Ident) {
    const float r = radius * 0.8F;
    canvas.fill({{x - r, y - r}, {x + r, y + r}}, color, r * 0.3F);
  } else if (treatment == Treatment::Rewritten) {
    const Point corners[] = {{x, y - radius}, {x + radius, y}, {x, y + radius}, {x - radius, y}};
    canvas.polygon(corners, color);
  } else {
    const Point corners[] = {
        {x - radius * 0.7F, y - radius}, {x + radius, y}, {x - radius * 0.7F, y + radius}};
    canvas.polygon(corners, color);
  }
}

}  // namespace

void TranslationCachePanel::draw_rows(Canvas& canvas, PanelContext& context, Box area,
                                      const TranslationUnit& unit) {
  const auto rows = translation_rows(unit, context.snapshot.translation_cache->executing);
  const float small = canvas.line_height(FontRole::Small),
              line = canvas.line_height(FontRole::Mono);
  const float gutter = canvas.space(5), middle_gap = canvas.space(6.5F);
  // Addresses only where there is room for both texts beside them.
  float guest_text = canvas.width_of(FontRole::Small, "guest code"), cache_text = 0;
  for (const TranslationRow& row : rows) {
    guest_text = std::max(guest_text, canvas.width_of(FontRole::Mono, row.text));
    for (const CacheLine& each : row.cache)
      cache_text = std::max(cache_text, canvas.width_of(FontRole::Mono, each.text));
  }
  const float address = canvas.width_of(FontRole::Mono, "00000000") + canvas.space(2);
  const float texts = gutter + guest_text + middle_gap + cache_text + canvas.space(2);
  const bool addresses = texts + 2 * address <= area.width();
  const float guest_x = area.low.x + gutter;
  const float guest_width =
      std::min(guest_text + (addresses ? address : 0), area.width() * 0.44F - gutter);
  const float cache_x = guest_x + guest_width + middle_gap;
  const float cache_width = area.high.x - cache_x - canvas.space(1);

  canvas.text({guest_x, area.low.y}, "guest code", Ink::MutedText, FontRole::Small);
  canvas.text({cache_x, area.low.y}, "in the cache", Ink::MutedText, FontRole::Small);
  const float top = area.low.y + small + canvas.space(0.5F);
  canvas.line({area.low.x, top}, {area.high.x, top}, canvas.color(Ink::Border),
              canvas.style().hairline());
  const Box list{{area.low.x, top + canvas.space(0.5F)}, area.high};
  if (list.height() < line)
    return;

  const auto guest_height = [&](const TranslationRow& row) {
    return addresses ? line
                     : canvas.paragraph_height(guest_width + canvas.space(0.5F), row.text,
                                               FontRole::MonoStrong);
  };
  const auto line_height = [&](const CacheLine& each) {
    return addresses ? line : canvas.paragraph_height(cache_width, each.text, FontRole::Mono);
  };
  float total = 0, executing_at = -1, executing_height = 0;
  std::vector<float> heights;
  for (const TranslationRow& row : rows) {
    float height = 0;
    for (const CacheLine& each : row.cache)
      height += line_height(each);
    height = std::max(height, guest_height(row)) + canvas.space(1);
    if (row.executing) {
      executing_at = total;
      executing_height = height;
    }
    heights.push_back(height);
    total += height;
  }
  const auto pane = canvas.touch("rows", list, true);
  const float furthest = std::max(0.0F, total - list.height());
  if (pane.hovered && ImGui::GetIO().MouseWheel != 0)
    scroll_ -= 3 * line * ImGui::GetIO().MouseWheel;
  else if (following_ && executing_at >= 0)
    scroll_ = std::clamp(scroll_, executing_at + executing_height - list.height(), executing_at);
  scroll_ = std::clamp(scroll_, 0.0F, furthest);

  canvas.push_clip(list);
  float y = list.low.y - scroll_;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const TranslationRow& row = rows[i];
    const Box box{{list.low.x, y}, {list.high.x, y + heights[i]}};
    y += heights[i];
    if (box.high.y < list.low.y || box.low.y > list.high.y)
      continue;
    const bool hovered = canvas.hovering(box) && pane.hovered;
    if (row.executing)
      canvas.fill(box, canvas.style().tint(Ink::Accent), canvas.style().corner() / 2);
    else if (context.selection.address == row.guest)
      canvas.fill(box, canvas.color(Ink::Selected), canvas.style().corner() / 2);
    else if (hovered || context.selection.hovered == row.guest)
      canvas.fill(box, canvas.color(Ink::Hovered), canvas.style().corner() / 2);
    if (hovered) {
      context.selection.hovered_next = row.guest;
      if (pane.pressed)
        context.selection.address = row.guest;
      canvas.tooltip(std::string(title_of(row.treatment)) + ". " +
                     std::string(explanation_of(row.treatment)));
    }
    const float text_y = box.low.y + canvas.space(0.5F);
    draw_treatment(canvas, row.treatment, {area.low.x + gutter * 0.45F, text_y + line / 2},
                   canvas.space(1.4F));
    float x = guest_x;
    if (addresses) {
      canvas.text({x, text_y}, address_text(row.guest.value), Ink::MutedText, FontRole::Mono);
      x += address;
    }
    const FontRole face = row.treatment == Treatment::Ident ? FontRole::Mono : FontRole::MonoStrong;
    canvas.paragraph({x, text_y}, guest_x + guest_width - x + canvas.space(0.5F), row.text,
                     Ink::Text, face);
    // What stands for it: joined by a bar in the treatment's ink.
    canvas.fill({{cache_x - canvas.space(4), box.low.y + canvas.space(0.5F)},
                 {cache_x - canvas.space(3.25F), box.high.y - canvas.space(0.5F)}},
                canvas.color(ink_of(row.treatment)), canvas.space(0.3F));
    float cache_y = text_y;
    for (const CacheLine& each : row.cache) {
      float cx = cache_x;
      if (addresses) {
        canvas.text({cx, cache_y}, address_text(each.address.value), Ink::MutedText,
                    FontRole::Mono);
        cx += address;
      }
      if (each.executing) {
        const float middle = cache_y + line / 2, r = canvas.space(1.2F);
        const float tip = cache_x - canvas.space(0.5F);
        const Point play[] = {
            {tip - r * 1.5F, middle - r}, {tip, middle}, {tip - r * 1.5F, middle + r}};
        canvas.polygon(play, canvas.color(Ink::Accent));
      }
      canvas.paragraph({cx, cache_y}, list.high.x - cx, each.text,
                       each.executing                      ? Ink::Text
                       : row.treatment == Treatment::Ident ? Ink::MutedText
                                                           : ink_of(row.treatment),
                       each.executing ? FontRole::MonoStrong : FontRole::Mono);
      cache_y += line_height(each);
    }
  }
  canvas.pop_clip();
  // More below or above: a bar says how much.
  if (furthest > 0) {
    const float bar = std::max(list.height() * list.height() / total, canvas.space(4));
    const float at = list.low.y + (list.height() - bar) * scroll_ / furthest;
    canvas.fill({{list.high.x - canvas.space(0.75F), at}, {list.high.x, at + bar}},
                canvas.style().faded(Ink::MutedText, 0.6F), canvas.space(0.4F));
  }
}

void TranslationCachePanel::draw_legend(Canvas& canvas, Box area) {
  const float small = canvas.line_height(FontRole::Small);
  const float y = area.high.y - small;
  float x = area.low.x;
  for (const Treatment treatment : {Treatment::Ident, Treatment::Rewritten, Treatment::Callout}) {
    const float begin = x;
    draw_treatment(canvas, treatment, {x + canvas.space(1.5F), y + small / 2}, canvas.space(1.4F));
    x += canvas.space(4);
    x +=
        canvas.text({x, y}, title_of(treatment), Ink::MutedText, FontRole::Small) + canvas.space(5);
    if (canvas.hovering({{begin, y}, {x, area.high.y}}))
      canvas.tooltip(explanation_of(treatment));
  }
}

}  // namespace gv
