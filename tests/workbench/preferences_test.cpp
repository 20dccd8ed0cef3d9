// SPDX-License-Identifier: MIT
//
// preferences_test.cpp - what is remembered survives, what is broken is survived.

#include "workbench/preferences.h"

#include <gtest/gtest.h>

#include <fstream>

namespace gv {
namespace {

class PreferencesFile : public testing::Test {
 protected:
  void SetUp() override {
    std::string made = (std::filesystem::temp_directory_path() / "preferences-XXXXXX").string();
    ASSERT_NE(mkdtemp(made.data()), nullptr);
    folder_ = made;
    file_ = folder_ / "glassvisor" / "workbench.json";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  void write(const std::string& text) {
    std::filesystem::create_directories(file_.parent_path());
    std::ofstream(file_) << text;
  }
  std::filesystem::path folder_, file_;
};

TEST_F(PreferencesFile, WhatIsSavedIsReadBack) {
  Preferences p;
  p.theme = Theme::Projector;
  p.scale = 2.5F;
  p.lesson_width = 512;
  p.last_lesson = "01-rings-and-traps";
  p.panels = {"timeline", "ledger"};
  ASSERT_TRUE(save_preferences(p, file_));
  EXPECT_EQ(load_preferences(file_), p);
}

TEST_F(PreferencesFile, NothingElseIsLeftInTheFolder) {
  ASSERT_TRUE(save_preferences(Preferences(), file_));
  ASSERT_TRUE(save_preferences(Preferences(), file_));
  int files = 0;
  for ([[maybe_unused]] const auto& entry :
       std::filesystem::directory_iterator(file_.parent_path()))
    ++files;
  EXPECT_EQ(files, 1);
}

TEST_F(PreferencesFile, AMissingOrBrokenFileGivesTheDefaults) {
  EXPECT_EQ(load_preferences(file_), Preferences());
  write("{ \"theme\": ");
  EXPECT_EQ(load_preferences(file_), Preferences());
  write("[1, 2]");
  EXPECT_EQ(load_preferences(file_), Preferences());
}

TEST_F(PreferencesFile, AFieldOfTheWrongKindCostsOnlyItself) {
  write(R"({"theme": 7, "scale": 99, "lesson_width": "wide", "inspector_width": 300})");
  const Preferences p = load_preferences(file_);
  EXPECT_EQ(p.theme, Preferences().theme);
  EXPECT_FALSE(p.scale);
  EXPECT_EQ(p.inspector_width, 300);
}

TEST_F(PreferencesFile, AFolderThatCannotBeWrittenIsNamed) {
  write("");
  const auto saved = save_preferences(Preferences(), file_ / "below-a-file.json");
  ASSERT_FALSE(saved);
  EXPECT_NE(saved.error().message.find("below-a-file.json"), std::string::npos)
      << saved.error().message;
}

}  // namespace
}  // namespace gv
