// SPDX-License-Identifier: MIT
//
// markdown_test.cpp - lesson text as blocks and runs.

#include "workbench/markdown.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

TEST(Markdown, AParagraphKeepsItsFaces) {
  const auto blocks = parse_markdown("The **hypervisor** runs `CLI`, *not* the guest.");
  ASSERT_EQ(blocks.size(), 1U);
  const auto& runs = blocks[0].runs;
  ASSERT_EQ(runs.size(), 7U);
  EXPECT_TRUE(runs[1].strong);
  EXPECT_EQ(runs[3].text, "CLI");
  EXPECT_TRUE(runs[3].code);
  EXPECT_TRUE(runs[5].emphasis);
}

TEST(Markdown, ListsHaveMarkersAndDepth) {
  const auto blocks = parse_markdown("1. one\n2. two\n   - inner\n");
  ASSERT_EQ(blocks.size(), 3U);
  EXPECT_EQ(blocks[0].marker, "1.");
  EXPECT_EQ(blocks[1].marker, "2.");
  EXPECT_EQ(blocks[1].runs[0].text, "two");
  EXPECT_EQ(blocks[2].depth, 2);
  EXPECT_EQ(blocks[2].marker, "•");
}

TEST(Markdown, ATableHasRowsOfCells) {
  const auto blocks = parse_markdown("| a | b |\n|---|---|\n| 1 | 2 |\n");
  ASSERT_EQ(blocks.size(), 2U);
  EXPECT_TRUE(blocks[0].header);
  ASSERT_EQ(blocks[1].cells.size(), 2U);
  EXPECT_EQ(blocks[1].cells[1][0].text, "2");
}

TEST(Markdown, PlainTextIsTheWordsAlone) {
  EXPECT_EQ(plain_text("Only the *virtual* `IF` &amp; more"), "Only the virtual IF & more");
  EXPECT_EQ(plain_text(""), "");
}

TEST(Markdown, HtmlStaysText) {
  EXPECT_EQ(plain_text("a <b>bold</b> claim"), "a <b>bold</b> claim");
}

}  // namespace
}  // namespace gv
