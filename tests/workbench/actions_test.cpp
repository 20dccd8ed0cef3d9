// SPDX-License-Identifier: MIT
//
// actions_test.cpp - the table of actions, the spelling of keys and the fuzzy match.

#include "workbench/actions.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

TEST(KeyChord, ASpellingAndItsChordAreTheSameThing) {
  const auto chord = chord_from_text("ctrl+shift+e");
  ASSERT_TRUE(chord);
  EXPECT_TRUE(chord->ctrl && chord->shift && !chord->alt);
  EXPECT_EQ(chord->key, "e");
  EXPECT_EQ(label_of(*chord), "Ctrl+Shift+E");
  EXPECT_EQ(label_of(*chord_from_text("pagedown")), "Page Down");
}

TEST(KeyChord, APlusCanBeTheKeyItself) {
  ASSERT_TRUE(chord_from_text("+"));
  EXPECT_EQ(chord_from_text("+")->key, "+");
  EXPECT_EQ(chord_from_text("ctrl++")->key, "+");
}

TEST(KeyChord, AnUnknownModifierIsNoChord) {
  EXPECT_FALSE(chord_from_text("hyper+x"));
  EXPECT_FALSE(chord_from_text(""));
  EXPECT_FALSE(chord_from_text("ctrl+"));
}

Action action(std::string id, std::string key, int& runs, bool enabled = true) {
  Action a;
  a.id = std::move(id);
  a.title = a.id;
  a.group = "Machine";
  a.keys = {*chord_from_text(key)};
  a.run = [&runs] { ++runs; };
  a.enabled = [enabled] { return enabled; };
  return a;
}

TEST(ActionTable, AKeyFindsItsActionAndAnIdRunsIt) {
  int runs = 0;
  ActionTable table;
  table.add(action("machine.step", "f10", runs));
  ASSERT_NE(table.for_key(KeyChord{"f10"}), nullptr);
  EXPECT_EQ(table.for_key(KeyChord{"f10"})->id, "machine.step");
  EXPECT_EQ(table.for_key(KeyChord{"f9"}), nullptr);
  EXPECT_TRUE(table.run("machine.step"));
  EXPECT_FALSE(table.run("machine.fly"));
  EXPECT_EQ(runs, 1);
}

TEST(ActionTable, ADisabledActionDoesNotRun) {
  int runs = 0;
  ActionTable table;
  table.add(action("machine.step", "f10", runs, false));
  EXPECT_FALSE(table.run("machine.step"));
  EXPECT_EQ(runs, 0);
}

TEST(ActionTable, TwoActionsCannotShareAKeyOrAnId) {
  int runs = 0;
  ActionTable table;
  table.add(action("a", "f10", runs));
  EXPECT_DEATH(table.add(action("b", "f10", runs)), "internal error");
  EXPECT_DEATH(table.add(action("a", "f9", runs)), "internal error");
}

TEST(FuzzyScore, InitialsFindAnActionAndStrangersDoNot) {
  EXPECT_GT(fuzzy_score("sb", "Step back one instruction"), 0);
  EXPECT_GT(fuzzy_score("next exit", "Run to the next exit"), 0);
  EXPECT_EQ(fuzzy_score("xyz", "Step back one instruction"), 0);
  EXPECT_GT(fuzzy_score("", "anything"), 0);
}

TEST(FuzzyScore, AWholeWordBeatsScatteredLetters) {
  EXPECT_GT(fuzzy_score("step", "Step one instruction"), fuzzy_score("step", "Set the exit port"));
}

}  // namespace
}  // namespace gv
