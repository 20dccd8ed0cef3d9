// SPDX-License-Identifier: MIT

#include "bios_guest.h"

#include <algorithm>

namespace gv {
namespace {

struct BiosText : BiosGuest {
  void print(std::string_view text) {
    for (const char c : text)
      call(0x10, 0x0e00u | static_cast<std::uint8_t>(c));
  }
  std::string line(int row) {
    const std::string text = screen_to_text(pc.vga->screen());
    std::size_t at = 0;
    for (int i = 0; i < row; ++i)
      at = text.find('\n', at) + 1;
    return text.substr(at, text.find('\n', at) - at);
  }
};

TEST_F(BiosText, ShowsTeletypeOnScreenAndConsole) {
  print("Hello\r\nworld");
  EXPECT_EQ(line(0), "Hello");
  EXPECT_EQ(line(1), "world");
  EXPECT_EQ(host.recorder.console_text, "Hello\r\nworld");
  EXPECT_EQ(pc.vga->screen().cursor_row, 1);
  EXPECT_EQ(pc.vga->screen().cursor_column, 5);
  call(0x10, 0x0300);
  EXPECT_EQ(r[Gpr::Dx], 0x0105u);
}

TEST_F(BiosText, ScrollsAtTheBottom) {
  for (int i = 0; i < 30; ++i)
    print("line " + std::to_string(i) + "\r\n");
  EXPECT_EQ(line(0), "line 6");
  EXPECT_EQ(line(23), "line 29");
  EXPECT_EQ(line(24), "");
}

TEST_F(BiosText, WrapsALongLine) {
  print(std::string(79, 'a') + "bc");
  EXPECT_EQ(line(0).back(), 'b');
  EXPECT_EQ(line(1), "c");
}

TEST_F(BiosText, StepsBackWithoutErasingAndRingsWithoutAMark) {
  print("ab\b\a");
  EXPECT_EQ(line(0), "ab");
  EXPECT_EQ(pc.vga->screen().cursor_column, 1);
}

TEST_F(BiosText, WritesCharactersWithAttributes) {
  call(0x10, 0x0200, 0, 0, 0x0510);
  call(0x10, 0x092a, 0x001e, 3);
  EXPECT_EQ(line(5), std::string(16, ' ') + "***");
  EXPECT_EQ(pc.vga->screen().cells[5 * 80 + 17], (ScreenCell{'*', 0x1e}));
  EXPECT_EQ(pc.vga->screen().cells[5 * 80 + 19].attribute, 0x07);
  call(0x10, 0x0800);
  EXPECT_EQ(r[Gpr::Ax], 0x1e2au);
}

TEST_F(BiosText, WritesStringsAndMovesTheCursorOnlyWhenAsked) {
  const std::string text = "string";
  std::copy(text.begin(), text.end(), memory().begin() + 0x6000);
  r[Gpr::Bp] = 0x6000;
  call(0x10, 0x1300, 0x004f, 6, 0x0302);
  EXPECT_EQ(line(3), "  string");
  EXPECT_EQ(pc.vga->screen().cells[3 * 80 + 2].attribute, 0x4f);
  EXPECT_EQ(pc.vga->screen().cursor_row, 0);
  call(0x10, 0x1301, 0x004f, 6, 0x0402);
  EXPECT_EQ(pc.vga->screen().cursor_row, 4);
  EXPECT_EQ(pc.vga->screen().cursor_column, 8);
}

TEST_F(BiosText, ScrollsAWindowAndLeavesTheRest) {
  print("aaaa\r\nbbbb\r\ncccc");
  call(0x10, 0x0601, 0x1700, 0x0001, 0x0202);  // columns 1 to 2 of rows 0 to 2, up by one
  EXPECT_EQ(line(0), "abba");
  EXPECT_EQ(line(1), "bccb");
  EXPECT_EQ(line(2), "c  c");
  EXPECT_EQ(pc.vga->screen().cells[2 * 80 + 1].attribute, 0x17);
  call(0x10, 0x0701, 0x1700, 0x0001, 0x0202);
  EXPECT_EQ(line(1), "bbbb");
  call(0x10, 0x0600, 0x0700, 0x0000, 0x184f);
  EXPECT_EQ(line(1), "") << "AL 0 blanks the window";
}

TEST_F(BiosText, ClearsTheScreenWithTheMode) {
  print("text");
  call(0x10, 0x0003);
  EXPECT_EQ(line(0), "");
  EXPECT_EQ(pc.vga->screen().cursor_column, 0);
  print("kept");
  call(0x10, 0x0083);
  EXPECT_EQ(line(0), "kept") << "bit 7 keeps the memory";
  call(0x10, 0x0f00);
  EXPECT_EQ(r[Gpr::Ax], 0x5003u);
}

TEST_F(BiosText, RefusesGraphicsModes) { EXPECT_EQ(call(0x10, 0x0013), BiosOutcome::Unknown); }

TEST_F(BiosText, ShowsThePageThatIsActive) {
  call(0x10, 0x0200, 0x0100, 0, 0x0000);
  call(0x10, 0x0e58, 0x0100);
  EXPECT_EQ(line(0), "");
  call(0x10, 0x0501);
  EXPECT_EQ(line(0), "X");
}

TEST_F(BiosText, SurvivesEveryFunctionWithWildRegisters) {
  for (std::uint32_t function = 0; function < 256; ++function) {
    for (const std::uint32_t wild : {0x0000u, 0xffffu, 0x80ffu, 0xff00u}) {
      call(0x10, function << 8 | (wild & 0xff), wild, wild & 0xfff, wild);
    }
  }
  EXPECT_LE(pc.vga->screen().cursor_row, 24);
}

}  // namespace
}  // namespace gv
