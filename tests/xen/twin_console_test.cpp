// SPDX-License-Identifier: MIT

#include "xen/twin_console.h"

#include <gtest/gtest.h>

namespace gv::xen {
namespace {

std::string write(TwinConsole& console, ConsoleKind kind, const std::string& text) {
  std::string shown;
  for (const char byte : text) {
    shown += console.write(kind, static_cast<std::uint8_t>(byte));
  }
  return shown;
}

TEST(TwinConsole, WhatIsWrittenToOneIsShown) {
  TwinConsole console;
  EXPECT_EQ(write(console, ConsoleKind::Ring, "ring\n"), "ring\n");
  EXPECT_EQ(write(console, ConsoleKind::Ring, "ring\n"), "ring\n") << "said twice, shown twice";
}

TEST(TwinConsole, ALineThatIsWrittenToBothIsShownOnce) {
  TwinConsole console;
  std::string shown;
  for (const char* line : {"first\n", "second\n"}) {
    shown += write(console, ConsoleKind::Hypercall, line);
    shown += write(console, ConsoleKind::Ring, line);
  }
  EXPECT_EQ(shown, "first\nsecond\n");
}

TEST(TwinConsole, WhatOnlyBeginsAlikeIsShownWhole) {
  TwinConsole console;
  EXPECT_EQ(write(console, ConsoleKind::Hypercall, "Booting\n"), "Booting\n");
  EXPECT_EQ(write(console, ConsoleKind::Ring, "Boots\n"), "Boots\n");
  EXPECT_EQ(write(console, ConsoleKind::Ring, "grub> "), "grub> ");
}

TEST(TwinConsole, ItsStateIsWhatItHoldsBack) {
  TwinConsole console, other;
  write(console, ConsoleKind::Hypercall, "Booting\n");
  write(console, ConsoleKind::Ring, "Boot");
  StateWriter out;
  console.save(out);
  const auto bytes = out.take();
  StateReader in(bytes);
  other.restore(in);
  EXPECT_TRUE(in.ok());
  EXPECT_EQ(write(other, ConsoleKind::Ring, "s"), "Boots");
}

}  // namespace
}  // namespace gv::xen
