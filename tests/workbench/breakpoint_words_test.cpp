// SPDX-License-Identifier: MIT
//
// Places to stop at, as people write them.

#include "workbench/breakpoint_words.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

const std::vector<Symbol> kSymbols = {{Gva(0x100000), 16, "_start"},
                                      {Gva(0x100c40), 64, "system_call"}};

std::string read_back(const std::string& text) {
  auto place = breakpoint_place_from(text, kSymbols);
  if (!place)
    return "refused";
  Breakpoint breakpoint;
  breakpoint.where = *place;
  return words_of_place(breakpoint, {});
}

TEST(BreakpointWords, AnAddressIsHexadecimalASymbolOrBeyondOne) {
  EXPECT_EQ(read_back("0x100010"), "00100010");
  EXPECT_EQ(read_back(" 100010 "), "00100010");
  EXPECT_EQ(read_back("system_call"), "00100c40");
  EXPECT_EQ(read_back("system_call+0x1c"), "00100c5c");
  EXPECT_EQ(read_back("system_call + 4"), "00100c44");
}

TEST(BreakpointWords, AnExitIsItsReasonItsInstructionOrAny) {
  EXPECT_EQ(read_back("page-fault"), "exit: page-fault");
  EXPECT_EQ(read_back("cli"), "cli traps");
  EXPECT_EQ(read_back("any"), "every exit");
}

TEST(BreakpointWords, WhatIsNoPlaceIsRefusedInOneSentence) {
  for (const char* text : {"nowhere", "system_call+", "0x", "100zz", "_start+x"}) {
    const auto place = breakpoint_place_from(text, kSymbols);
    ASSERT_FALSE(place) << text;
    EXPECT_NE(place.error().message.find(text), std::string::npos) << place.error().message;
    EXPECT_EQ(place.error().message.find('\n'), std::string::npos);
  }
}

}  // namespace
}  // namespace gv
