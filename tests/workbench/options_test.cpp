// SPDX-License-Identifier: MIT
//
// options_test.cpp - the command line, and one clear sentence for each mistake.

#include "workbench/options.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

Result<CommandLine> read(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "glassvisor-workbench");
  return read_command_line(static_cast<int>(arguments.size()), arguments.data());
}

TEST(CommandLine, OptionsAndLessonAreRead) {
  const auto line = read({"01", "--theme", "projector", "--scale", "2", "--size", "1366x768",
                          "--panel", "timeline,ledger", "--panel", "console", "--present"});
  ASSERT_TRUE(line) << line.error().message;
  EXPECT_EQ(line->options.lesson, "01");
  EXPECT_EQ(line->options.theme, Theme::Projector);
  EXPECT_EQ(line->options.scale, 2.0F);
  EXPECT_EQ(line->options.width, 1366);
  EXPECT_EQ(line->options.panels, (std::vector<std::string>{"timeline", "ledger", "console"}));
  EXPECT_TRUE(line->options.present);
}

TEST(CommandLine, HelpNamesEveryOption) {
  const auto line = read({"--help"});
  ASSERT_TRUE(line);
  for (const char* option :
       {"--image", "--technique", "--present", "--scale", "--theme", "--script", "--screenshot",
        "--panel", "--size", "--frames-report", "--state-file", "--gdb"}) {
    EXPECT_NE(line->help.find(option), std::string::npos) << option;
  }
}

TEST(CommandLine, EveryMistakeIsOneSentenceThatNamesIt) {
  const std::vector<std::pair<std::vector<const char*>, const char*>> mistakes = {
      {{"--theme", "pink"}, "pink"},           {{"--scale", "9"}, "--scale"},
      {{"--size", "large"}, "large"},          {{"--panel", "crystal-ball"}, "crystal-ball"},
      {{"--technique", "magic"}, "magic"},     {{"01", "--image", "tinykernel"}, "--image"},
      {{"--gdb", "90000"}, "--gdb"},           {{"--no-such-option"}, "no-such-option"}};
  for (const auto& [arguments, named] : mistakes) {
    const auto line = read(arguments);
    ASSERT_FALSE(line) << named;
    EXPECT_EQ(line.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(line.error().message.find(named), std::string::npos) << line.error().message;
    EXPECT_EQ(line.error().message.find('\n'), std::string::npos) << line.error().message;
  }
}

}  // namespace
}  // namespace gv
