// SPDX-License-Identifier: MIT
//
// stage_picture.cpp - a drawing function for each stage.

#include "visualizers/microscope/stage_picture.h"

#include <algorithm>

namespace gv {
namespace {

float sentence(Canvas& canvas, Box area, std::string_view text, Ink ink = Ink::MutedText) {
  return canvas.paragraph(area.low, area.width(), text, ink);
}

float caption(Canvas& canvas, Point at, std::string_view text) {
  canvas.text(at, text, Ink::MutedText, FontRole::Small);
  return canvas.line_height(FontRole::Small) + canvas.space(1);
}

// Numbers in boxes with signs between them; wraps.
float draw_sum(Canvas& canvas, Box area, const std::vector<AddressTerm>& sum) {
  const float small = canvas.line_height(FontRole::Small),
              mono = canvas.line_height(FontRole::MonoStrong);
  const float pad = canvas.space(2), height = small + mono + canvas.space(1.5F);
  const float sign_width = canvas.width_of(FontRole::MonoStrong, "+") + canvas.space(2);
  float x = area.low.x, y = area.low.y;
  for (const AddressTerm& term : sum) {
    const float width = std::max(canvas.width_of(FontRole::Small, term.name),
                                 canvas.width_of(FontRole::MonoStrong, term.value)) +
                        2 * pad;
    const float sign = term.sign.empty() ? 0 : sign_width;
    if (x + sign + width > area.high.x && x > area.low.x) {
      x = area.low.x;
      y += height + canvas.space(1.5F);
    }
    if (sign > 0) {
      canvas.text_centred({{x, y}, {x + sign, y + height}}, term.sign, Ink::MutedText,
                          FontRole::MonoStrong);
      x += sign;
    }
    const Box box{{x, y}, {x + width, y + height}};
    canvas.fill(box, term.result ? canvas.style().tint(Ink::Accent) : canvas.color(Ink::Raised),
                canvas.style().corner() / 2);
    if (term.result)
      canvas.outline(box, canvas.color(Ink::Accent), canvas.style().hairline(),
                     canvas.style().corner() / 2);
    canvas.text({x + pad, y + canvas.space(0.75F)}, term.name, Ink::MutedText, FontRole::Small);
    canvas.text({x + pad, y + small + canvas.space(0.5F)}, term.value, Ink::Text,
                FontRole::MonoStrong);
    x += width;
  }
  return y + height - area.low.y;
}

// A ladder: each level's entry with its bits, then where the byte is.
float draw_walk(Canvas& canvas, Box area, const WalkColumn& walk) {
  const float mono = canvas.line_height(FontRole::Mono),
              small = canvas.line_height(FontRole::Small);
  const float row = mono + canvas.space(2), spine = area.low.x + canvas.space(1.5F);
  const float x = spine + canvas.space(4);
  const float cell = canvas.width_of(FontRole::Small, "W") + canvas.space(2);
  float name_width = 0, entry_width = 0, place_width = 0;
  for (const WalkRung& rung : walk.rungs) {
    name_width =
        std::max(name_width, canvas.width_of(FontRole::MonoStrong, rung.level + rung.index));
    entry_width = std::max(entry_width, canvas.width_of(FontRole::Mono, rung.entry));
    place_width = std::max(place_width, canvas.width_of(FontRole::Small, "at " + rung.location));
  }
  const float bits_width = 6 * (cell + canvas.space(0.5F));
  const float entry_x = x + name_width + canvas.space(3),
              bits_x = entry_x + entry_width + canvas.space(3),
              place_x = bits_x + bits_width + canvas.space(3);
  const bool place_fits = place_x + place_width <= area.high.x;
  float y = area.low.y;
  for (const WalkRung& rung : walk.rungs) {
    const float middle = y + mono / 2;
    const Color color = canvas.color(rung.stops ? Ink::Error : Ink::Hardware);
    canvas.circle({spine, middle}, canvas.space(1.2F), color);
    if (!rung.stops)
      canvas.arrow({spine, middle + canvas.space(1.5F)}, {spine, middle + row - canvas.space(1.5F)},
                   color, canvas.style().hairline());
    canvas.text({x, y}, rung.level + rung.index, Ink::Text, FontRole::MonoStrong);
    canvas.text({entry_x, y}, rung.entry, rung.stops ? Ink::Error : Ink::Text, FontRole::Mono);
    float bx = bits_x;
    const float by = y + (mono - small) / 2;
    for (const EntryBit& bit : rung.bits) {
      const Box box{{bx, by}, {bx + cell, by + small}};
      if (bit.set)
        canvas.fill(box, canvas.style().tint(Ink::Hardware), canvas.space(0.5F));
      canvas.outline(box, canvas.color(bit.set ? Ink::Hardware : Ink::Border),
                     canvas.style().hairline(), canvas.space(0.5F));
      canvas.text_centred(box, bit.name, bit.set ? Ink::Text : Ink::Unmapped, FontRole::Small);
      if (canvas.hovering(box))
        canvas.tooltip(std::string(bit.name) + ": " + std::string(bit.meaning) +
                       (bit.set ? " (set)" : " (clear)"));
      bx += cell + canvas.space(0.5F);
    }
    if (place_fits)
      canvas.text({place_x, by}, "at " + rung.location, Ink::MutedText, FontRole::Small);
    else if (canvas.hovering({{x, y}, {bits_x, y + row}}))
      canvas.tooltip("the entry lies at " + rung.location);
    y += row;
  }
  const Ink ink = walk.mapped ? Ink::Text : Ink::Error;
  canvas.ring({spine, y + mono / 2}, canvas.space(1.3F),
              canvas.color(walk.mapped ? Ink::Hardware : Ink::Error), canvas.style().stroke());
  canvas.text({x, y}, walk.result, ink, FontRole::MonoStrong);
  return y + mono - area.low.y;
}

float draw_fetch(Canvas& canvas, Box area, const InstructionView& view) {
  float y = area.low.y;
  y += caption(canvas, {area.low.x, y}, "where the next byte of code is");
  y += draw_sum(canvas, {{area.low.x, y}, area.high}, view.fetch_sum) + canvas.space(3);
  y += caption(canvas, {area.low.x, y}, "that address through the page tables, as code");
  y += draw_walk(canvas, {{area.low.x, y}, area.high}, view.fetch_walk) + canvas.space(3);
  y += sentence(canvas, {{area.low.x, y}, area.high},
                view.bytes.size() == 1
                    ? "One byte is the whole instruction."
                    : std::to_string(view.bytes.size()) + " bytes are the whole instruction.");
  return y - area.low.y;
}

float draw_decode(Canvas& canvas, Box area, const InstructionView& view) {
  const float small = canvas.line_height(FontRole::Small),
              mono = canvas.line_height(FontRole::Mono);
  const float name_width = canvas.width_of(FontRole::Small, "opcode") + canvas.space(4);
  const float pad = canvas.space(1.5F), gap = canvas.space(1.5F);
  const float height = mono + small + canvas.space(1);
  float y = area.low.y;
  for (const FieldView& field : view.fields) {
    canvas.text({area.low.x, y + (mono - small) / 2}, field.name, Ink::MutedText, FontRole::Small);
    float x = area.low.x + name_width;
    for (const BitGroup& group : field.groups) {
      const float bits = canvas.width_of(FontRole::Mono, group.bits) + 2 * pad;
      const float width = std::max(bits, canvas.width_of(FontRole::Small, group.caption) + gap);
      if (x + width > area.high.x && x > area.low.x + name_width) {
        x = area.low.x + name_width;
        y += height + canvas.space(0.5F);
      }
      const Box box{{x, y}, {x + bits, y + mono}};
      canvas.fill(box, canvas.style().tint(Ink::Hardware), canvas.space(0.75F));
      canvas.text_centred(box, group.bits, Ink::Text, FontRole::Mono);
      canvas.text({x, y + mono}, group.caption, Ink::Text, FontRole::Small);
      x += width + gap;
    }
    y += height + canvas.space(0.5F);
  }
  return y - area.low.y;
}

float draw_operands(Canvas& canvas, Box area, const InstructionView& view) {
  const float small = canvas.line_height(FontRole::Small),
              mono = canvas.line_height(FontRole::Mono);
  const float row = 2 * mono + canvas.space(1.5F);
  float y = area.low.y;
  for (const OperandRow& operand : view.operands) {
    const Box card{{area.low.x, y}, {area.high.x, y + row}};
    canvas.fill(card, canvas.color(Ink::Raised), canvas.style().corner() / 2);
    const float x = card.low.x + canvas.space(2), right = card.high.x - canvas.space(2);
    canvas.text_fitted({x, y + canvas.space(1)}, right - x, operand.text, Ink::Text,
                       FontRole::Mono);
    const float below = y + canvas.space(0.5F) + mono;
    canvas.text({x, below + (mono - small) / 2}, operand.role + " · named by: " + operand.place,
                Ink::MutedText, FontRole::Small);
    // What is only written does not matter before.
    canvas.text_right({right, below}, operand.before, operand.read ? Ink::Text : Ink::MutedText,
                      operand.read ? FontRole::MonoStrong : FontRole::Mono);
    y += row + canvas.space(1);
  }
  if (view.operands.empty())
    y += sentence(canvas, {{area.low.x, y}, area.high}, "This instruction has no operands.");
  return y - area.low.y;
}

float draw_address(Canvas& canvas, Box area, const InstructionView& view) {
  if (view.accesses.empty())
    return sentence(canvas, area, "No operand is in memory: there is no address to compute.");
  float y = area.low.y;
  for (const InstructionView::Access& access : view.accesses) {
    canvas.text_fitted({area.low.x, y}, area.width(), access.text, Ink::Text, FontRole::Mono);
    y += canvas.line_height(FontRole::Mono) + canvas.space(1);
    y += draw_sum(canvas, {{area.low.x, y}, area.high}, access.sum) + canvas.space(3);
    if (!access.accessed) {
      y += sentence(canvas, {{area.low.x, y}, area.high},
                    "The address is all that is wanted; nothing is read there.") +
           canvas.space(2);
    }
  }
  return y - area.low.y;
}

float draw_walks(Canvas& canvas, Box area, const InstructionView& view) {
  if (!view.has(InstructionStage::Walk))
    return sentence(canvas, area, "No operand is in memory: no page table is walked for data.");
  float y = area.low.y;
  for (const InstructionView::Access& access : view.accesses) {
    if (!access.accessed || access.sum.empty())
      continue;
    canvas.text({area.low.x, y}, "linear " + access.sum.back().value + ", before it ran",
                Ink::MutedText, FontRole::Small);
    y += canvas.line_height(FontRole::Small) + canvas.space(1);
    y += draw_walk(canvas, {{area.low.x, y}, area.high}, access.walk) + canvas.space(4);
  }
  return y - area.low.y;
}

// What goes in, the operation, what comes out.
float draw_execute(Canvas& canvas, Box area, const InstructionView& view) {
  const float small = canvas.line_height(FontRole::Small),
              mono = canvas.line_height(FontRole::MonoStrong);
  const float row = small + mono + canvas.space(2), pad = canvas.space(2);
  const float middle =
      std::max(canvas.width_of(FontRole::MonoStrong, view.operation) + 2 * pad, canvas.space(16));
  const float arrow = canvas.space(7);
  const float column = (area.width() - middle - 2 * arrow) / 2;
  std::size_t in = 0, out = 0;
  const auto box_at = [&](float x, std::size_t index) {
    const float y = area.low.y + static_cast<float>(index) * (row + canvas.space(1));
    return Box{{x, y}, {x + column, y + row}};
  };
  const auto item = [&](Box box, std::string_view name, std::string_view value, Ink ground) {
    canvas.fill(box, canvas.style().tint(ground), canvas.style().corner() / 2);
    canvas.text_fitted({box.low.x + pad, box.low.y + canvas.space(0.75F)}, column - 2 * pad, name,
                       Ink::MutedText, FontRole::Small);
    canvas.text({box.low.x + pad, box.low.y + small + canvas.space(0.5F)}, value, Ink::Text,
                FontRole::MonoStrong);
  };
  const float right = area.high.x - column;
  for (const OperandRow& operand : view.operands) {
    if ((operand.read || operand.role == "address only") && !operand.before.empty())
      item(box_at(area.low.x, in++), operand.place == "imm" ? "in the code" : operand.text,
           operand.before, Ink::Hardware);
  }
  if (!view.tested.empty())
    item(box_at(area.low.x, in++), "flags", view.tested, Ink::Hardware);
  for (const OperandRow& operand : view.operands) {
    if (operand.written && !operand.after.empty())
      item(box_at(right, out++), operand.text, operand.after,
           operand.changed ? Ink::Changed : Ink::Hardware);
  }
  if (!view.flag_result.empty())
    item(box_at(right, out++), "flags", view.flag_result,
         view.flag_result.size() > 1 ? Ink::Changed : Ink::Hardware);
  const WriteRow* rip = view.writes.empty() ? nullptr : &view.writes.back();
  if (out == 0 && rip != nullptr)
    item(box_at(right, out++), rip->where, rip->after, Ink::Changed);
  const float rows = static_cast<float>(std::max<std::size_t>({in, out, 1}));
  const float height = rows * row + (rows - 1) * canvas.space(1);
  const float x = area.low.x + column + arrow;
  const Box operation{{x, area.low.y + (height - row) / 2},
                      {x + middle, area.low.y + (height + row) / 2}};
  const float y = (operation.low.y + operation.high.y) / 2;
  if (in > 0)
    canvas.arrow({area.low.x + column + canvas.space(1), y}, {x - canvas.space(1), y},
                 canvas.color(Ink::MutedText), canvas.style().hairline());
  if (out > 0)
    canvas.arrow({operation.high.x + canvas.space(1), y}, {right - canvas.space(1), y},
                 canvas.color(Ink::MutedText), canvas.style().hairline());
  canvas.fill(operation, canvas.style().tint(Ink::Accent), canvas.style().corner());
  canvas.outline(operation, canvas.color(Ink::Accent), canvas.style().hairline(),
                 canvas.style().corner());
  canvas.text_centred(operation, view.operation, Ink::Text, FontRole::MonoStrong);
  const float below = area.low.y + height + canvas.space(3);
  return below +
         sentence(canvas, {{area.low.x, below}, area.high}, view.outcome,
                  view.happened && !view.completed ? Ink::Error : Ink::MutedText) -
         area.low.y;
}

float draw_flags(Canvas& canvas, Box area, const InstructionView& view) {
  const float small = canvas.line_height(FontRole::Small),
              mono = canvas.line_height(FontRole::MonoStrong);
  const float label = canvas.width_of(FontRole::Small, "before") + canvas.space(3);
  const float gap = canvas.space(1);
  const float cell =
      std::min((area.width() - label) / static_cast<float>(view.flags.size()), canvas.space(14));
  const float height = mono + canvas.space(1.5F);
  const float top = area.low.y, before = top + small + gap, after = before + height + gap,
              use = after + height + gap;
  const auto row_name = [&](float y, std::string_view name) {
    canvas.text({area.low.x, y + (height - small) / 2}, name, Ink::MutedText, FontRole::Small);
  };
  row_name(before, "before");
  row_name(after, "after");
  float x = area.low.x + label;
  for (const FlagRow& flag : view.flags) {
    const float width = cell - gap;
    canvas.text_centred({{x, top}, {x + width, top + small}}, flag.name, Ink::MutedText,
                        FontRole::Small);
    const bool changed = flag.before != flag.after;
    const auto bit = [&](float y, bool set, bool known, Ink ink) {
      const Box box{{x, y}, {x + width, y + height}};
      if (set && known)
        canvas.fill(box, canvas.style().tint(ink), canvas.style().corner() / 2);
      canvas.outline(box, canvas.color(ink == Ink::Changed ? ink : Ink::Border),
                     canvas.style().hairline(), canvas.style().corner() / 2);
      canvas.text_centred(box,
                          !known ? "?"
                          : set  ? "1"
                                 : "0",
                          set && known ? Ink::Text : Ink::MutedText, FontRole::MonoStrong);
    };
    bit(before, flag.before, true, Ink::Hardware);
    bit(after, flag.after, view.happened || (!flag.written && !flag.undefined),
        changed ? Ink::Changed : Ink::Hardware);
    if (changed)
      canvas.circle({x + width, after}, canvas.space(0.9F), canvas.color(Ink::Changed));
    const std::string_view said = flag.undefined ? "undef."
                                  : flag.written ? "writes"
                                  : flag.tested  ? "reads"
                                                 : "";
    canvas.text_centred({{x, use}, {x + width, use + small}}, said, Ink::MutedText,
                        FontRole::Small);
    if (canvas.hovering({{x, top}, {x + width, use + small}}))
      canvas.tooltip(std::string(flag.name) + ": " + std::string(flag.meaning));
    x += cell;
  }
  const float y = use + small + canvas.space(3);
  std::string text;
  for (const FlagRow& flag : view.flags) {
    if (view.happened && flag.before != flag.after)
      text += (text.empty() ? "Changed: " : ", ") + std::string(flag.name);
  }
  if (text.empty())
    text = !view.happened                      ? "What it will write is not known before it runs."
           : view.has(InstructionStage::Flags) ? "No flag has another value than before."
                                               : "This instruction leaves the flags alone.";
  else
    text += ".";
  return y + sentence(canvas, {{area.low.x, y}, area.high}, text) - area.low.y;
}

float draw_write_back(Canvas& canvas, Box area, const InstructionView& view) {
  float y = area.low.y;
  y += sentence(canvas, area, view.outcome,
                view.happened && !view.completed ? Ink::Error : Ink::MutedText) +
       canvas.space(2);
  const float row = canvas.line_height(FontRole::Mono) + canvas.space(1);
  float name = 0, value = 0;
  for (const WriteRow& write : view.writes) {
    name = std::max(name, canvas.width_of(FontRole::MonoStrong, write.where));
    value = std::max({value, canvas.width_of(FontRole::Mono, write.before),
                      canvas.width_of(FontRole::MonoStrong, write.after)});
  }
  // Beside its name where both values fit, else under it.
  const float indent = canvas.space(3), arrow = canvas.space(9);
  const bool beside = indent + name + canvas.space(4) + 2 * value + arrow <= area.width();
  const float first = area.low.x + indent + (beside ? name + canvas.space(4) : 0);
  for (const WriteRow& write : view.writes) {
    const float half = canvas.line_height(FontRole::Mono) / 2;
    canvas.circle({area.low.x + canvas.space(1), y + half}, canvas.space(0.8F),
                  canvas.color(Ink::Changed));
    canvas.text({area.low.x + indent, y}, write.where, Ink::Text, FontRole::MonoStrong);
    y += beside ? 0 : row - canvas.space(1);
    canvas.text({first, y}, write.before, Ink::MutedText, FontRole::Mono);
    const float x = first + value + canvas.space(2);
    canvas.arrow({x, y + half}, {x + canvas.space(5), y + half}, canvas.color(Ink::MutedText),
                 canvas.style().hairline());
    canvas.text({first + value + arrow, y}, write.after, Ink::Text, FontRole::MonoStrong);
    y += row;
  }
  return y - area.low.y;
}

}  // namespace

float draw_stage(Canvas& canvas, Box area, InstructionStage stage, const InstructionView& view) {
  switch (stage) {
    case InstructionStage::Fetch:
      return draw_fetch(canvas, area, view);
    case InstructionStage::Decode:
      return draw_decode(canvas, area, view);
    case InstructionStage::Operands:
      return draw_operands(canvas, area, view);
    case InstructionStage::Address:
      return draw_address(canvas, area, view);
    case InstructionStage::Walk:
      return draw_walks(canvas, area, view);
    case InstructionStage::Execute:
      return draw_execute(canvas, area, view);
    case InstructionStage::Flags:
      return draw_flags(canvas, area, view);
    case InstructionStage::WriteBack:
      return draw_write_back(canvas, area, view);
  }
  return 0;
}

}  // namespace gv
