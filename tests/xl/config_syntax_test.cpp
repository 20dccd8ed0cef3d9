// SPDX-License-Identifier: MIT
//
// What Xen's own parser says is in against_xen_test.cpp; here are lines and sentences.

#include "xen/xl/config_syntax.h"

#include <gtest/gtest.h>

namespace gv::xl {
namespace {

std::string trouble(const std::string& text) {
  const auto settings = parse_settings(text, "my.cfg");
  return settings ? "none" : settings.error().message;
}

TEST(ConfigSyntax, RemembersTheLineOfEachValue) {
  const auto settings = parse_settings("# first\nname = 'x'\n\ndisk = [\n 'a',\n\n 'b' ]\n", "f");
  ASSERT_TRUE(settings.has_value());
  ASSERT_EQ(settings->size(), 2u);
  EXPECT_EQ((*settings)[0].line, 2u);
  EXPECT_EQ((*settings)[1].value.items[1].line, 7u);
}

TEST(ConfigSyntax, TakesTheLastOfSeveralAndSaysSo) {
  const auto settings = parse_settings("a = 1\na = 2", "f");
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ((*settings)[0].value.text, "2");
  EXPECT_EQ((*settings)[0].replaced_line, 1u);
}

TEST(ConfigSyntax, ReadsLinesThatEndAsWindowsEndsThem) {
  const auto settings = parse_settings("a = 1\r\nb = [ 2,\r\n3 ]\r\n# end", "f");
  ASSERT_TRUE(settings.has_value());
  EXPECT_EQ((*settings)[1].value.items.size(), 2u);
}

TEST(ConfigSyntax, SaysWhereAndWhatAndTheMend) {
  EXPECT_EQ(trouble("a = 1\nname = 'x\n"),
            "my.cfg:2: the text begun with ' does not end in its line; close the quote");
  EXPECT_EQ(
      trouble("memory 128"),
      "my.cfg:1: there is 128 where memory wants = or +=; write memory = value (Python is not "
      "read)");
  EXPECT_EQ(trouble("disk = [ 'a'\n'b' ]"),
            "my.cfg:2: there is b where the list begun in line 1 wants a comma or ]; close it");
  EXPECT_EQ(trouble("disk = [ 'a'\n"),
            "my.cfg:2: the file ends where the list begun in line 1 wants a comma or ]; close it");
  EXPECT_EQ(trouble("name = x"),
            "my.cfg:1: there is x where a value is expected; write a number, \"text\" or a list in "
            "[ ]");
  EXPECT_EQ(trouble("\n\nmemory = 128.5"), "my.cfg:3: . means nothing here; put text in quotes");
  EXPECT_EQ(trouble("a = 'x'\na += ['y']"),
            "my.cfg:2: a += adds a list to a text or the reverse (line 1); add the same kind");
  EXPECT_EQ(trouble(std::string("a = \0", 5)),
            "my.cfg:1: \\x00 means nothing here; put text in quotes");
}

TEST(ConfigSyntax, SurvivesListsAsDeepAsTheFileIsLong) {
  EXPECT_NE(trouble("a = " + std::string(1'000'000, '[')).find("too deeply"), std::string::npos);
}

}  // namespace
}  // namespace gv::xl
