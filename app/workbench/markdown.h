// SPDX-License-Identifier: MIT
//
// markdown.h - lesson text as paragraphs, lists, code and tables on the screen.
//
// Parsed once per text by md4c, then laid out word by word at the width that is
// there. Only what lessons use: no images and no raw HTML.
//
// Threads: GUI thread.

#pragma once

#include "workbench/controls.h"

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gv {

// A stretch of text in one face.
struct MarkdownRun {
  std::string text;
  bool strong = false, emphasis = false, code = false, line_break = false;
};
enum class MarkdownKind : std::uint8_t {
  Paragraph,
  Heading,
  ListItem,
  Quote,
  Code,
  TableRow,
  Rule
};
struct MarkdownBlock {
  MarkdownKind kind = MarkdownKind::Paragraph;
  int depth = 0;       // of lists
  std::string marker;  // "•", "2."; empty in a second paragraph of an item
  std::vector<MarkdownRun> runs;
  std::vector<std::vector<MarkdownRun>> cells;  // of a table row
  bool header = false;                          // of a table
};
std::vector<MarkdownBlock> parse_markdown(std::string_view text);
// The words alone, for one-line places such as choices.
std::string plain_text(std::string_view markdown);

class MarkdownView {
 public:
  // Draws at the cursor, over the width that is left.
  void draw(Controls& controls, std::string_view text, Ink which = Ink::Text);

 private:
  float flow(Controls& controls, const std::vector<MarkdownRun>& runs, ImVec2 at, float width,
             FontRole role, Ink which, bool paint) const;
  std::unordered_map<std::string, std::vector<MarkdownBlock>> parsed_;
};

}  // namespace gv
