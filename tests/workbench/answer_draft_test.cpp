// SPDX-License-Identifier: MIT
//
// answer_draft_test.cpp - every kind of question answered by keys alone.

#include "workbench/answer_draft.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

QuestionForm form_of(PredictionKind kind) {
  QuestionForm form;
  form.kind = kind;
  for (const char* id : {"real", "virtual", "nothing"}) {
    Choice choice;
    choice.id = id;
    choice.text = id;
    form.choices.push_back(choice);
  }
  return form;
}

TEST(AnswerDraft, ANumberKeyPicksAChoiceAndAnotherChangesIt) {
  const QuestionForm form = form_of(PredictionKind::Choice);
  AnswerDraft draft;
  draft.begin("beat/predict");
  EXPECT_FALSE(draft.is_complete(form));
  draft.choose(form, 1);
  draft.choose(form, 2);
  EXPECT_TRUE(draft.is_complete(form));
  EXPECT_EQ(draft.answer(form), Answer(std::string("virtual")));
  draft.choose(form, 7);
  EXPECT_EQ(draft.answer(form), Answer(std::string("virtual")))
      << "a choice that is not there was taken";
}

TEST(AnswerDraft, AnOrderingIsCompleteWhenEveryChoiceHasItsPlace) {
  const QuestionForm form = form_of(PredictionKind::Ordering);
  AnswerDraft draft;
  draft.begin("beat/predict");
  draft.choose(form, 3);
  draft.choose(form, 1);
  EXPECT_FALSE(draft.is_complete(form));
  EXPECT_EQ(draft.place_of("nothing"), 1);
  EXPECT_EQ(draft.place_of("real"), 2);
  draft.choose(form, 2);
  EXPECT_EQ(draft.answer(form), Answer(std::vector<std::string>{"nothing", "real", "virtual"}));
  draft.choose(form, 3);  // takes it out again
  EXPECT_EQ(draft.place_of("nothing"), 0);
  EXPECT_FALSE(draft.is_complete(form));
}

TEST(AnswerDraft, ANumberTakesDigitsOnePointAndALeadingMinus) {
  const QuestionForm form = form_of(PredictionKind::Number);
  AnswerDraft draft;
  draft.begin("beat/predict");
  EXPECT_FALSE(draft.type('x'));
  for (const char c : std::string("-1-2.5."))
    draft.type(c);
  EXPECT_EQ(draft.digits(), "-12.5");
  EXPECT_EQ(draft.answer(form), Answer(-12.5));
  for (int i = 0; i < 9; ++i)
    draft.erase();
  EXPECT_FALSE(draft.is_complete(form));
  draft.type('-');
  EXPECT_FALSE(draft.is_complete(form)) << "a minus sign alone is no number";
}

TEST(AnswerDraft, AnotherQuestionStartsEmptyAndTheSameOneGoesOn) {
  const QuestionForm form = form_of(PredictionKind::Choice);
  AnswerDraft draft;
  draft.begin("first");
  draft.choose(form, 1);
  draft.begin("first");
  EXPECT_TRUE(draft.is_complete(form));
  draft.begin("second");
  EXPECT_FALSE(draft.is_complete(form));
}

}  // namespace
}  // namespace gv
