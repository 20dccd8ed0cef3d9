// SPDX-License-Identifier: MIT

#include "devices/vga_text.h"

#include "recording_host.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace gv {
namespace {

struct Vga : ::testing::Test {
  RecordingHost host;
  VgaText vga{host};

  void put(int row, int column, std::string_view text, std::uint8_t attribute = 7) {
    std::size_t at = 0xb8000 + static_cast<std::size_t>(row * 80 + column) * 2;
    for (const char c : text) {
      host.memory[at++] = static_cast<std::uint8_t>(c);
      host.memory[at++] = attribute;
    }
  }
  void crtc(std::uint32_t index, std::uint32_t value) {
    vga.write(0x3d4, 2, index | value << 8, 0);
  }
  std::uint32_t in(std::uint16_t port, Cycles now = 0) { return vga.read(port, 1, now) & 0xff; }
};

TEST_F(Vga, ShowsWhatIsInTheTextBuffer) {
  put(0, 0, "hello");
  put(24, 79, "x", 0x4e);
  const auto screen = vga.screen();
  EXPECT_EQ(screen.cells[0], (ScreenCell{'h', 7}));
  EXPECT_EQ(screen.cells[1999], (ScreenCell{'x', 0x4e}));
}

TEST_F(Vga, PutsTheCursorWhereTheCrtcSays) {
  crtc(0x0e, 0x01);
  crtc(0x0f, 0x45);  // 325
  EXPECT_EQ(vga.screen().cursor_row, 4);
  EXPECT_EQ(vga.screen().cursor_column, 5);
  EXPECT_EQ(in(0x3d5), 0x45u) << "registers read back";
}

TEST_F(Vga, ScrollsByTheStartAddress) {
  put(1, 0, "second line");
  crtc(0x0d, 80);
  EXPECT_EQ(vga.screen().cells[0].character, 's');
}

TEST_F(Vga, WrapsAtTheEndOfItsMemory) {
  put(0, 0, "start");
  crtc(0x0c, 0x3f);
  crtc(0x0d, 0xb0);  // 80 cells before the end of 32 KiB
  EXPECT_EQ(vga.screen().cells[80].character, 's');
}

TEST_F(Vga, RetracesOncePerFrameOf70Hz) {
  int retraces = 0;
  bool before = false;
  for (Cycles now = 0; now < kCyclesPerSecond; now += 5000) {
    const bool retrace = (in(0x3da, now) & 8) != 0;
    if (retrace && !before)
      ++retraces;
    before = retrace;
  }
  EXPECT_EQ(retraces, 70);
  EXPECT_EQ(in(0x3da, 0) & 1, 0u);
  EXPECT_EQ(in(0x3da, 30'000) & 1, 1u) << "between two lines";
}

TEST_F(Vga, FlipsBetweenAttributeIndexAndData) {
  in(0x3da);
  vga.write(0x3c0, 1, 0x11, 0);
  vga.write(0x3c0, 1, 0x3f, 0);
  EXPECT_EQ(in(0x3c1), 0x3fu);
  vga.write(0x3c0, 1, 0x10, 0);
  in(0x3da);
  vga.write(0x3c0, 1, 0x11, 0);
  EXPECT_EQ(in(0x3c1), 0x3fu) << "the status read made the next write an index";
}

TEST_F(Vga, KeepsThePalette) {
  vga.write(0x3c8, 1, 255, 0);
  for (const std::uint32_t v : {1u, 2u, 3u, 4u})
    vga.write(0x3c9, 1, v, 0);
  vga.write(0x3c7, 1, 255, 0);
  EXPECT_EQ(in(0x3c9), 1u);
  EXPECT_EQ(in(0x3c9), 2u);
  EXPECT_EQ(in(0x3c9), 3u);
  EXPECT_EQ(in(0x3c9), 4u) << "entry 0 follows entry 255";
}

TEST_F(Vga, GoesBackToASavedState) {
  crtc(0x0f, 7);
  vga.write(0x3c0, 1, 5, 0);
  const auto state = saved(vga);
  crtc(0x0f, 9);
  in(0x3da);
  ASSERT_TRUE(restored(vga, state));
  EXPECT_EQ(saved(vga), state);
  EXPECT_EQ(vga.screen().cursor_column, 7);
}

TEST_F(Vga, BecomesTextWithoutTrailingBlanks) {
  put(0, 0, "two words  ");
  put(2, 3, "\xc9\xcd\xbb");
  put(3, 0,
      "\x81"
      "ber \x01");
  const std::string text = screen_to_text(vga.screen());
  EXPECT_EQ(text.substr(0, text.find("\n\n\n")),
            "two words\n\n   \u2554\u2550\u2557\n\u00fcber \u263a");
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 25);
}

}  // namespace
}  // namespace gv
