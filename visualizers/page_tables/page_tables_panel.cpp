// SPDX-License-Identifier: MIT
//
// page_tables_panel.cpp - draws walks as ladders and pages as strips.

#include "visualizers/page_tables/page_tables_panel.h"

#include "visualizers/meaning/quantity.h"

#include <imgui.h>

#include <algorithm>
#include <cmath>

namespace gv {

Gva PageTablesPanel::address_of(const PanelContext& context) const {
  if (context.selection.address)
    return *context.selection.address;
  // A selected page fault is about its own address, not about the instruction's.
  if (const auto event = context.selection.event;
      event && *event >= context.events.first() && *event < context.events.end()) {
    for (std::uint64_t at = *event; at < std::min(context.events.end(), *event + 4); ++at) {
      if (const auto* fault = std::get_if<PageFaulted>(&context.events[at].body))
        return fault->address;
    }
  }
  return context.snapshot.next_instruction;
}

void PageTablesPanel::draw(PanelContext& context) {
  Canvas canvas(context);
  const Box area = canvas.area();
  const Gva address = address_of(context);
  context.wanted.page_tables = true;
  context.wanted.walk = address;
  const WalkView view = make_walk_view(context.snapshot, address);
  const float gap = canvas.space(3);

  // The address field.
  const float field = canvas.width_of(FontRole::Mono, "0000000000000000");
  ImGui::SetCursorScreenPos({area.low.x, area.low.y});
  if (context.style.font(FontRole::Mono))
    ImGui::PushFont(context.style.font(FontRole::Mono));
  ImGui::SetNextItemWidth(field);
  const std::string hint = view.address;
  if (ImGui::InputTextWithHint(
          "##address", hint.c_str(), typed_.data(), typed_.size(),
          ImGuiInputTextFlags_EnterReturnsTrue | ImGuiInputTextFlags_AutoSelectAll)) {
    const std::string_view text(typed_.data());
    const auto parsed = parse_address(text);
    refused_ = !parsed && !text.empty();
    if (parsed)
      context.selection.address = *parsed;
    if (text.empty())
      context.selection.address.reset();
  }
  const float field_height = ImGui::GetItemRectSize().y;
  if (ImGui::IsItemHovered())
    canvas.tooltip(
        "Type a linear address in hexadecimal and press Enter. Empty follows the next "
        "instruction.");
  if (context.style.font(FontRole::Mono))
    ImGui::PopFont();
  const std::string place = context.guest.symbolize(address);
  const float text_x = area.low.x + field + gap;
  const float text_y = area.low.y + (field_height - canvas.line_height(FontRole::Body)) / 2;
  if (refused_) {
    canvas.text_fitted({text_x, text_y}, area.high.x - text_x, "not a hexadecimal address",
                       Ink::Error);
  } else {
    // The fullest wording that fits.
    const std::string which =
        context.selection.address ? "walk of " + view.address : "walk of the next instruction";
    const float room = area.high.x - text_x;
    std::string said = place.empty() ? which : which + " · " + place;
    if (canvas.width_of(FontRole::Body, said) > room && !place.empty())
      said = place;
    if (canvas.width_of(FontRole::Body, said) > room)
      said = which;
    canvas.text_fitted({text_x, text_y}, room, said, Ink::Text);
  }
  float y = area.low.y + field_height + gap;

  y += draw_slices(canvas, {{area.low.x, y}, area.high}, view) + gap;

  // The two ladders; one under the other when there is no room beside.
  const bool bare = context.snapshot.technique == TechniqueKind::BareMetal;
  const float least_column =
      canvas.width_of(FontRole::Mono, "PT[0x3ff] 00000000") + canvas.space(40);
  const bool beside = !bare && area.width() > 2 * least_column + gap;
  const float column = beside ? (area.width() - gap) / 2 : area.width();
  const float guest_height = draw_column(
      canvas, {{area.low.x, y}, {area.low.x + column, area.high.y}}, view.guest, Ink::GuestKernel);
  float walks = guest_height;
  if (!bare) {
    const Point at =
        beside ? Point{area.low.x + column + gap, y} : Point{area.low.x, y + guest_height + gap};
    const float shadow_height =
        draw_column(canvas, {at, {at.x + column, area.high.y}}, view.shadow, Ink::Hypervisor);
    walks = beside ? std::max(guest_height, shadow_height) : guest_height + gap + shadow_height;
  }
  y += walks + canvas.space(2);
  if (!view.machine.empty() && !bare) {
    canvas.text_fitted({area.low.x, y}, area.width(),
                       "the guest's frame is at " + view.machine + " in the host's memory (p2m)",
                       Ink::MutedText, FontRole::Small);
    y += canvas.line_height(FontRole::Small);
  }
  const float stripe = canvas.space(0.75F);
  const float verdict = canvas.paragraph_height(area.width() - gap, view.verdict, FontRole::Body);
  canvas.fill({{area.low.x, y}, {area.low.x + stripe, y + verdict}}, canvas.color(Ink::Accent));
  canvas.paragraph({area.low.x + gap, y}, area.width() - gap, view.verdict, Ink::Text);
  y += verdict + gap;
  y += draw_maps(canvas, context, {{area.low.x, y}, area.high}, address);
  canvas.reserve({area.low, {area.high.x, y}});
}

// The linear address cut into the pieces that each table consumes.
float PageTablesPanel::draw_slices(Canvas& canvas, Box area, const WalkView& view) {
  if (view.slices.empty())
    return 0;
  const float height = canvas.line_height(FontRole::MonoStrong) +
                       canvas.line_height(FontRole::Small) + canvas.space(2);
  float x = area.low.x;
  const float gap = canvas.space(1);
  const float room = area.width() - gap * static_cast<float>(view.slices.size() - 1);
  int bits = 0;
  for (const AddressSlice& slice : view.slices)
    bits += slice.bits;
  // The fullest wording that fits everywhere: long mode has six slices.
  std::vector<std::string> labels;
  const auto words = [&](int detail) {
    labels.clear();
    bool fits = true;
    for (const AddressSlice& slice : view.slices) {
      labels.push_back(detail == 0   ? slice.name + ", " + std::to_string(slice.bits) + " bits"
                       : detail == 1 ? slice.name
                                     : slice.name.substr(0, slice.name.find(' ')));
      fits = fits && canvas.width_of(FontRole::Small, labels.back()) <=
                         room * static_cast<float>(slice.bits) / static_cast<float>(bits);
    }
    return fits;
  };
  for (int detail = 0; detail < 3 && !words(detail); ++detail) {
  }
  for (const AddressSlice& slice : view.slices) {
    const float width = room * static_cast<float>(slice.bits) / static_cast<float>(bits);
    const Box box{{x, area.low.y}, {x + width, area.low.y + height}};
    const Ink ink = slice.is_offset ? Ink::Hardware : Ink::GuestKernel;
    canvas.fill(box, canvas.style().tint(ink), canvas.style().corner() / 2);
    canvas.fill({{box.low.x, box.high.y - canvas.space(0.75F)}, box.high}, canvas.color(ink),
                canvas.space(0.4F));
    canvas.text_centred(
        {box.low, {box.high.x, box.low.y + canvas.line_height(FontRole::Small) + canvas.space(1)}},
        labels[static_cast<std::size_t>(&slice - view.slices.data())], Ink::MutedText,
        FontRole::Small);
    canvas.text_centred({{box.low.x, box.low.y + canvas.line_height(FontRole::Small)}, box.high},
                        slice.value, Ink::Text, FontRole::MonoStrong);
    x += width + gap;
  }
  return height;
}

float PageTablesPanel::draw_column(Canvas& canvas, Box area, const WalkColumn& column, Ink ink) {
  const float pad = canvas.space(2.5F);
  const float mono = canvas.line_height(FontRole::Mono),
              small = canvas.line_height(FontRole::Small);
  const float cell = canvas.width_of(FontRole::Small, "W") + canvas.space(2);
  const float rung_height = mono + small + canvas.space(3);
  const std::size_t rungs = std::max<std::size_t>(column.rungs.size(), 1);
  const float height = 2 * pad + canvas.line_height(FontRole::Strong) + canvas.space(1) +
                       static_cast<float>(rungs) * rung_height + mono + canvas.space(1);
  const Box card{area.low, {area.high.x, area.low.y + height}};
  canvas.fill(card, canvas.color(Ink::Raised), canvas.style().corner());
  canvas.fill({card.low, {card.high.x, card.low.y + canvas.space(0.75F)}}, canvas.color(ink),
              canvas.space(0.4F));
  float y = card.low.y + pad;
  const float space_width =
      canvas.text_right({card.high.x - pad, y + (canvas.line_height(FontRole::Strong) - small) / 2},
                        column.space, Ink::MutedText, FontRole::Small);
  canvas.text_fitted({card.low.x + pad, y}, card.width() - 3 * pad - space_width, column.title, ink,
                     FontRole::Strong);
  y += canvas.line_height(FontRole::Strong) + canvas.space(1);
  const float spine = card.low.x + pad + canvas.space(1.5F);
  if (column.rungs.empty()) {
    canvas.paragraph(
        {card.low.x + pad, y}, card.width() - 2 * pad,
        column.present ? "No table is walked." : "No walk is recorded for this address.",
        Ink::MutedText, FontRole::Small);
  }
  for (const WalkRung& rung : column.rungs) {
    const float x = spine + canvas.space(4);
    const float middle = y + mono / 2;
    const Color spine_color = canvas.color(rung.stops ? Ink::Error : ink);
    canvas.circle({spine, middle}, canvas.space(1.3F), spine_color);
    if (!rung.stops)
      canvas.arrow({spine, middle + canvas.space(2)},
                   {spine, y + rung_height + mono / 2 - canvas.space(2)}, spine_color,
                   canvas.style().stroke());
    const std::string name = rung.level + rung.index;
    float used = canvas.text({x, y}, name, Ink::Text, FontRole::MonoStrong) + canvas.space(2);
    used += canvas.text({x + used, y}, rung.entry, rung.stops ? Ink::Error : Ink::Text,
                        FontRole::Mono) +
            canvas.space(3);
    // The entry's bits as cells: set is filled, clear is an outline.
    const float bits_width = static_cast<float>(rung.bits.size()) * (cell + canvas.space(0.5F));
    const bool inline_bits = x + used + bits_width < card.high.x - pad;
    float bx = inline_bits ? card.high.x - pad - bits_width : x;
    const float by = inline_bits ? y + (mono - small) / 2 : y + mono;
    for (const EntryBit& bit : rung.bits) {
      const Box box{{bx, by}, {bx + cell, by + small}};
      if (bit.set)
        canvas.fill(
            box,
            canvas.style().tint(bit.name == "D" || bit.name == "A" ? Ink::Changed : Ink::Hardware),
            canvas.space(0.5F));
      canvas.outline(box, canvas.color(bit.set ? Ink::Hardware : Ink::Border),
                     canvas.style().hairline(), canvas.space(0.5F));
      canvas.text_centred(box, bit.name, bit.set ? Ink::Text : Ink::Unmapped, FontRole::Small);
      if (canvas.hovering(box))
        canvas.tooltip(std::string(bit.name) + ": " + std::string(bit.meaning) +
                       (bit.set ? " (set)" : " (clear)"));
      bx += cell + canvas.space(0.5F);
    }
    if (inline_bits)
      canvas.text({x, y + mono}, "at " + rung.location, Ink::MutedText, FontRole::Small);
    y += rung_height;
  }
  if (column.rungs.empty())
    y += rung_height;
  if (column.present) {
    const Point centre{spine, y + mono / 2};
    if (column.mapped) {
      canvas.ring(centre, canvas.space(1.6F), canvas.color(ink), canvas.style().stroke());
      canvas.circle(centre, canvas.space(0.6F), canvas.color(ink));
    } else {
      const float r = canvas.space(1.4F);
      canvas.line({centre.x - r, centre.y - r}, {centre.x + r, centre.y + r},
                  canvas.color(Ink::Error), canvas.style().stroke());
      canvas.line({centre.x - r, centre.y + r}, {centre.x + r, centre.y - r},
                  canvas.color(Ink::Error), canvas.style().stroke());
    }
    canvas.text_fitted({spine + canvas.space(4), y}, card.high.x - pad - spine - canvas.space(4),
                       column.result, column.mapped ? Ink::Text : Ink::Error, FontRole::MonoStrong);
  }
  return height;
}

float PageTablesPanel::draw_maps(Canvas& canvas, PanelContext& context, Box area, Gva address) {
  const float small = canvas.line_height(FontRole::Small);
  const float strip_height = canvas.space(6);
  float y = area.low.y;
  const auto map = [&](std::string_view name, const std::vector<MappedPage>& pages, Ink ink) {
    canvas.text({area.low.x, y},
                std::string(name) + " · " + count_text(pages.size()) +
                    (pages.size() == 1 ? " page" : " pages"),
                Ink::MutedText, FontRole::Small);
    y += small + canvas.space(2);
    draw_strips(canvas, context, {{area.low.x, y}, {area.high.x, y + strip_height}},
                make_strips(pages), ink, address);
    y += strip_height + canvas.space(2);
  };
  map("present in the guest's tables", context.snapshot.mapped_guest, Ink::GuestKernel);
  if (context.snapshot.technique != TechniqueKind::BareMetal) {
    map("present in the shadow", context.snapshot.mapped_shadow, Ink::Hypervisor);
  }
  // The key: rights by height and filling, dirtiness by the edge.
  y += canvas.paragraph({area.low.x, y}, area.width(),
                        "tall: user pages · low: kernel pages · filled: writable · outline: "
                        "read-only · edge on top: dirty",
                        Ink::MutedText, FontRole::Small);
  return y - area.low.y;
}

void PageTablesPanel::draw_strips(Canvas& canvas, PanelContext& context, Box box,
                                  const std::vector<Strip>& strips, Ink ink, Gva address) {
  canvas.fill(box, canvas.color(Ink::Raised), canvas.space(0.5F));
  if (strips.empty()) {
    canvas.text({box.low.x + canvas.space(2),
                 box.low.y + (box.height() - canvas.line_height(FontRole::Small)) / 2},
                "none", Ink::MutedText, FontRole::Small);
    return;
  }
  // Address space is mostly holes, so stretches are set side by side with a gap for each hole and a
  // width by the square root of their pages. A stretch's place is its order, not its distance.
  const float hole = canvas.space(1);
  std::vector<float> weights;
  float total = 0;
  for (const Strip& strip : strips) {
    weights.push_back(std::max(1.0F, std::sqrt(static_cast<float>(strip.pages))));
    total += weights.back();
  }
  const float room = box.width() - hole * static_cast<float>(strips.size() - 1);
  if (room < static_cast<float>(strips.size())) {
    canvas.text({box.low.x + canvas.space(2), box.low.y}, count_text(strips.size()) + " stretches",
                Ink::Text, FontRole::Small);
    return;
  }
  float x = box.low.x;
  for (std::size_t i = 0; i < strips.size(); ++i) {
    const Strip& strip = strips[i];
    const float width = room * weights[i] / total;
    const float top = strip.user ? box.low.y : box.low.y + box.height() * 0.45F;
    const Box bar{{x, top}, {x + std::max(width, 1.0F), box.high.y}};
    const bool here = address.value >= strip.begin && address.value < strip.end;
    const Ink fill_ink = strip.user ? Ink::GuestUser : ink;
    if (strip.writable)
      canvas.fill(bar, canvas.style().faded(fill_ink, 0.8F));
    else
      canvas.outline(bar, canvas.color(fill_ink), canvas.style().hairline());
    if (strip.dirty > 0) {
      const float share = static_cast<float>(strip.dirty) / static_cast<float>(strip.pages);
      canvas.fill({bar.low, {bar.low.x + bar.width() * share, bar.low.y + canvas.space(1)}},
                  canvas.color(Ink::Text));
    }
    if (here) {
      const float share = static_cast<float>(address.value - strip.begin) /
                          static_cast<float>(strip.end - strip.begin);
      const float at = bar.low.x + share * bar.width();
      const Point marker[] = {{at - canvas.space(1.5F), box.low.y - canvas.space(1.5F)},
                              {at + canvas.space(1.5F), box.low.y - canvas.space(1.5F)},
                              {at, box.low.y + canvas.space(1.5F)}};
      canvas.polygon(marker, canvas.color(Ink::Accent));
      canvas.line({at, box.low.y}, {at, box.high.y}, canvas.color(Ink::Accent),
                  canvas.style().stroke());
    }
    const Box hit{{bar.low.x, box.low.y}, {bar.high.x + hole, box.high.y}};
    if (canvas.hovering(hit)) {
      context.selection.hovered_next = Gva(strip.begin);
      canvas.tooltip(address_text(strip.begin) + " to " + address_text(strip.end - 1) + ": " +
                     count_text(strip.pages) + " pages, " + (strip.user ? "user" : "kernel") +
                     (strip.writable ? ", writable, " : ", read-only, ") +
                     count_text(strip.accessed) + " accessed, " + count_text(strip.dirty) +
                     " dirty");
      if (ImGui::IsMouseClicked(0))
        context.selection.address = Gva(strip.begin);
    }
    x += width + hole;
  }
}

std::vector<std::string> PageTablesPanel::as_text(const PanelContext& context) const {
  const WalkView view = make_walk_view(context.snapshot, address_of(context));
  std::vector<std::string> lines = {"walk of " + view.address};
  for (const WalkColumn* column : {&view.guest, &view.shadow}) {
    if (!column->present)
      continue;
    std::string line = column->title + ":";
    for (const WalkRung& rung : column->rungs)
      line += " " + rung.level + rung.index + " = " + rung.entry + ",";
    lines.push_back(line + " " + column->result);
  }
  lines.push_back(view.verdict);
  return lines;
}

}  // namespace gv
