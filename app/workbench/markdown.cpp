// SPDX-License-Identifier: MIT
//
// markdown.cpp - md4c's events into blocks, blocks onto the screen.

#include "workbench/markdown.h"

#include <md4c.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

namespace gv {
namespace {

struct Parse {
  std::vector<MarkdownBlock> blocks;
  struct List {
    bool ordered;
    unsigned next;
  };
  std::vector<List> lists;
  int strong = 0, emphasis = 0, code = 0;
  bool quote = false, table_header = false, in_cell = false, open = false;
  std::string marker;  // for the first block of the list item

  void start(MarkdownKind kind) {
    MarkdownBlock block;
    block.kind = kind;
    block.depth = static_cast<int>(lists.size());
    block.marker = std::exchange(marker, {});
    if (kind == MarkdownKind::Paragraph && block.depth > 0)
      block.kind = MarkdownKind::ListItem;
    if (kind == MarkdownKind::Paragraph && quote)
      block.kind = MarkdownKind::Quote;
    blocks.push_back(std::move(block));
    open = true;
  }
  std::vector<MarkdownRun>& runs() {
    if (in_cell)
      return blocks.back().cells.back();
    if (!open)
      start(MarkdownKind::Paragraph);  // the text of a tight list item has no paragraph
    return blocks.back().runs;
  }
  void add(std::string text, bool line_break = false) {
    auto& into = runs();
    const MarkdownRun run{std::move(text), strong > 0, emphasis > 0, code > 0, line_break};
    if (!into.empty() && !line_break && !into.back().line_break &&
        into.back().strong == run.strong && into.back().emphasis == run.emphasis &&
        into.back().code == run.code) {
      into.back().text += run.text;
    } else {
      into.push_back(run);
    }
  }
};

int enter_block(MD_BLOCKTYPE type, void* detail, void* user) {
  Parse& p = *static_cast<Parse*>(user);
  switch (type) {
    case MD_BLOCK_P:
      p.start(MarkdownKind::Paragraph);
      break;
    case MD_BLOCK_H:
      p.start(MarkdownKind::Heading);
      break;
    case MD_BLOCK_CODE:
      p.start(MarkdownKind::Code);
      break;
    case MD_BLOCK_HR:
      p.start(MarkdownKind::Rule);
      break;
    case MD_BLOCK_QUOTE:
      p.quote = true;
      break;
    case MD_BLOCK_UL:
      p.open = false;
      p.lists.push_back({false, 0});
      break;
    case MD_BLOCK_OL:
      p.open = false;
      p.lists.push_back({true, static_cast<MD_BLOCK_OL_DETAIL*>(detail)->start});
      break;
    case MD_BLOCK_LI:
      p.open = false;
      p.marker = p.lists.back().ordered ? std::to_string(p.lists.back().next++) + "." : "•";
      break;
    case MD_BLOCK_THEAD:
      p.table_header = true;
      break;
    case MD_BLOCK_TR:
      p.start(MarkdownKind::TableRow);
      p.blocks.back().header = p.table_header;
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      p.blocks.back().cells.emplace_back();
      p.in_cell = true;
      break;
    default:
      break;
  }
  return 0;
}

int leave_block(MD_BLOCKTYPE type, void*, void* user) {
  Parse& p = *static_cast<Parse*>(user);
  switch (type) {
    case MD_BLOCK_QUOTE:
      p.quote = false;
      break;
    case MD_BLOCK_UL:
    case MD_BLOCK_OL:
      p.lists.pop_back();
      p.open = false;
      break;
    case MD_BLOCK_THEAD:
      p.table_header = false;
      break;
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
      p.in_cell = false;
      break;
    case MD_BLOCK_P:
    case MD_BLOCK_H:
    case MD_BLOCK_CODE:
    case MD_BLOCK_TR:
    case MD_BLOCK_LI:
      p.open = false;
      break;
    default:
      break;
  }
  return 0;
}

void span(Parse& p, MD_SPANTYPE type, int change) {
  if (type == MD_SPAN_STRONG)
    p.strong += change;
  if (type == MD_SPAN_EM)
    p.emphasis += change;
  if (type == MD_SPAN_CODE)
    p.code += change;
}

int on_text(MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* user) {
  Parse& p = *static_cast<Parse*>(user);
  switch (type) {
    case MD_TEXT_BR:
      p.add("", true);
      break;
    case MD_TEXT_SOFTBR:
      p.add(" ");
      break;
    case MD_TEXT_ENTITY: {
      const std::string_view name(text, size);
      p.add(name == "&amp;"    ? "&"
            : name == "&lt;"   ? "<"
            : name == "&gt;"   ? ">"
            : name == "&nbsp;" ? "\xc2\xa0"
                               : std::string(name));
      break;
    }
    default:
      p.add(std::string(text, size));
      break;
  }
  return 0;
}

FontRole role_of(const MarkdownRun& run, FontRole base) {
  if (run.code)
    return run.strong || base == FontRole::Strong ? FontRole::MonoStrong : FontRole::Mono;
  return run.strong ? FontRole::Strong : base;
}

}  // namespace

std::vector<MarkdownBlock> parse_markdown(std::string_view text) {
  Parse p;
  MD_PARSER parser;
  std::memset(&parser, 0, sizeof(parser));
  parser.flags = MD_FLAG_TABLES | MD_FLAG_NOHTML;
  parser.enter_block = enter_block;
  parser.leave_block = leave_block;
  parser.enter_span = [](MD_SPANTYPE type, void*, void* user) {
    span(*static_cast<Parse*>(user), type, 1);
    return 0;
  };
  parser.leave_span = [](MD_SPANTYPE type, void*, void* user) {
    span(*static_cast<Parse*>(user), type, -1);
    return 0;
  };
  parser.text = on_text;
  md_parse(text.data(), static_cast<MD_SIZE>(text.size()), &parser, &p);
  return std::move(p.blocks);
}

std::string plain_text(std::string_view markdown) {
  std::string out;
  for (const MarkdownBlock& block : parse_markdown(markdown)) {
    if (!out.empty())
      out += ' ';
    for (const MarkdownRun& run : block.runs)
      out += run.line_break ? " " : run.text;
  }
  return out;
}

// Places words from left to right; returns the height. Adjacent runs without a space
// between them ("`CLI`,") stay together on one line.
float MarkdownView::flow(Controls& controls, const std::vector<MarkdownRun>& runs, ImVec2 at,
                         float width, FontRole base, Ink which, bool paint) const {
  const Style& style = controls.style();
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const float line = std::round(controls.font(base)->FontSize * 1.45F);
  const float space = controls.measure(" ", base).x;
  float x = 0, y = 0;

  struct Piece {
    std::string_view text;
    const MarkdownRun* run;
    float width;
  };
  std::vector<Piece> word;
  float word_width = 0;
  bool space_before = false;
  const auto place_word = [&] {
    if (word.empty())
      return;
    if (x > 0 && x + (space_before ? space : 0) + word_width > width) {
      x = 0;
      y += line;
    } else if (x > 0 && space_before) {
      x += space;
    }
    for (const Piece& piece : word) {
      const FontRole role = role_of(*piece.run, base);
      if (paint) {
        const float height = controls.font(role)->FontSize;
        const ImVec2 spot = {at.x + x, at.y + y + (line - height) * 0.5F};
        if (piece.run->code) {
          const float edge = style.space(0.5F);
          draw->AddRectFilled({spot.x - edge, spot.y - edge * 0.5F},
                              {spot.x + piece.width + edge, spot.y + height + edge},
                              ink(style, Ink::Raised), style.corner() * 0.5F);
        }
        controls.text_at(
            draw, spot, piece.text, role,
            ink(style, piece.run->emphasis && !piece.run->strong ? Ink::Accent : which));
      }
      x += piece.width;
    }
    word.clear();
    word_width = 0;
    space_before = false;
  };

  for (const MarkdownRun& run : runs) {
    if (run.line_break) {
      place_word();
      x = 0;
      y += line;
      continue;
    }
    std::string_view rest = run.text;
    while (!rest.empty()) {
      if (rest.front() == ' ' || rest.front() == '\n') {
        place_word();
        space_before = true;
        rest.remove_prefix(1);
        continue;
      }
      const auto end = std::min(rest.find_first_of(" \n"), rest.size());
      const std::string_view piece = rest.substr(0, end);
      const float piece_width = controls.measure(piece, role_of(run, base)).x;
      word.push_back({piece, &run, piece_width});
      word_width += piece_width;
      rest.remove_prefix(end);
    }
  }
  place_word();
  return y + line;
}

void MarkdownView::draw(Controls& controls, std::string_view text, Ink which) {
  if (text.empty())
    return;
  auto [it, fresh] = parsed_.try_emplace(std::string(text));
  if (fresh)
    it->second = parse_markdown(text);
  const std::vector<MarkdownBlock>& blocks = it->second;

  const Style& style = controls.style();
  const float full = ImGui::GetContentRegionAvail().x;
  ImDrawList* draw = ImGui::GetWindowDrawList();
  const ImVec2 keep_spacing = ImGui::GetStyle().ItemSpacing;
  ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2{keep_spacing.x, style.space(2)});
  std::size_t table_columns = 0;
  for (const MarkdownBlock& block : blocks) {
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const float indent = static_cast<float>(block.depth) * style.space(4.5F);
    float height = 0;
    switch (block.kind) {
      case MarkdownKind::Heading:
        height = flow(controls, block.runs, at, full, FontRole::Strong, which, true);
        break;
      case MarkdownKind::Paragraph:
      case MarkdownKind::ListItem:
        if (!block.marker.empty()) {
          const ImVec2 size = controls.measure(block.marker, FontRole::Body);
          const float line = std::round(controls.font(FontRole::Body)->FontSize * 1.45F);
          controls.text_at(
              draw, {at.x + indent - size.x - style.space(1.5F), at.y + (line - size.y) * 0.5F},
              block.marker, FontRole::Body, ink(style, Ink::MutedText));
        }
        height = flow(controls, block.runs, {at.x + indent, at.y}, full - indent, FontRole::Body,
                      which, true);
        break;
      case MarkdownKind::Quote: {
        const float edge = style.space(3);
        height = flow(controls, block.runs, {at.x + edge, at.y}, full - edge, FontRole::Body, which,
                      true);
        draw->AddRectFilled(at, {at.x + style.stroke(), at.y + height}, ink(style, Ink::Accent));
        break;
      }
      case MarkdownKind::Code: {
        std::string code;
        for (const MarkdownRun& run : block.runs)
          code += run.text;
        while (!code.empty() && code.back() == '\n')
          code.pop_back();
        const ImVec2 size = controls.measure(code, FontRole::Mono);
        const float pad = style.space(2);
        height = size.y + 2 * pad;
        draw->AddRectFilled(at, {at.x + full, at.y + height}, ink(style, Ink::Raised),
                            style.corner());
        draw->PushClipRect(at, {at.x + full, at.y + height}, true);
        controls.text_at(draw, {at.x + pad, at.y + pad}, code, FontRole::Mono, ink(style, which));
        draw->PopClipRect();
        break;
      }
      case MarkdownKind::TableRow: {
        if (block.header)
          table_columns = block.cells.size();
        const float column = full / static_cast<float>(std::max<std::size_t>(1, table_columns));
        for (std::size_t i = 0; i < block.cells.size(); ++i) {
          height = std::max(
              height, flow(controls, block.cells[i], {at.x + static_cast<float>(i) * column, at.y},
                           column - style.space(2),
                           block.header ? FontRole::Strong : FontRole::Body, which, true));
        }
        draw->AddLine({at.x, at.y + height + style.space(1)},
                      {at.x + full, at.y + height + style.space(1)}, ink(style, Ink::Border),
                      style.hairline());
        break;
      }
      case MarkdownKind::Rule:
        height = style.space(2);
        draw->AddLine({at.x, at.y + height * 0.5F}, {at.x + full, at.y + height * 0.5F},
                      ink(style, Ink::Border), style.hairline());
        break;
    }
    ImGui::Dummy({full, height});
  }
  ImGui::PopStyleVar();
}

}  // namespace gv
