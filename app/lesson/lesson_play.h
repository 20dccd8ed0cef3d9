// SPDX-License-Identifier: MIT
//
// lesson_play.h - the inside of the player: its state, and what its thread does.
//
// One mutex guards everything that a caller can see. The player's thread holds
// it only between steps, never while Lua or a guest runs.
//
// Inside the lesson layer only.

#pragma once

#include "lesson/lesson_player.h"
#include "lesson/lesson_script.h"

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace gv {

struct LessonPlayer::Implementation {
  PlayerOptions options;
  LabEnvironment environment;
  std::unique_ptr<LessonScript> script;

  // Guarded by `mutex`, as is all below.
  mutable std::mutex mutex;
  mutable std::condition_variable changed;
  LessonView draft;
  std::shared_ptr<const LessonView> published;
  std::shared_ptr<Session> shown;
  std::shared_ptr<Race> race;  // of this beat
  std::vector<std::shared_ptr<Race>>
      old_races;  // end on the player's thread: that may take a while
  std::vector<PlayedBeat> beats;
  std::vector<LuaValue> outcomes;  // of each beat's observe
  std::deque<std::function<void()>> jobs;
  bool working = false;
  bool leaving = false;  // the work in progress is to be dropped
  bool stopping = false;
  bool go_on = false;              // advance() during a pause
  std::size_t task = 0;            // index of the one that phase Task shows
  std::vector<bool> tasks_passed;  // by index
  LuaHost* learner = nullptr;      // runs a submission right now
  std::thread thread;

  const Lesson& lesson() const { return script->lesson(); }
  std::size_t index() const { return static_cast<std::size_t>(draft.beat_index); }

  void publish();

  void enqueue(std::function<void()> job);

  // The player's thread.
  void work();

  void fail(const std::string& sentence);

  // With the mutex held: drops work in progress. Its job ends soon and changes nothing more.
  void abandon();

  void begin_beat(std::size_t beat_index);

  void count_predictions();

  void start_observing();

  void narrate_line(const std::string& text);

  // On the player's thread, from lab.pause: shows, waits for advance(), and puts machines back.
  bool pause_for(const std::string& text);

  static void put_back(const std::shared_ptr<Session>& machine, const Position& at);

  void observe(std::size_t beat_index);

  void finish_observing(std::size_t beat_index, LuaValue outcome);

  static std::string comparison_of(const QuestionForm& form, const PlayedBeat& played);

  void play_other(std::size_t beat_index);

  void draw_questions(std::size_t beat_index);

  // The truth and the feedback stay hidden until a question is answered.
  void show_retrieval(std::size_t beat_index);

  bool all_retrieved() const;

  void next_beat();

  // On the player's thread, without the mutex: one task of the lesson against one submission.
  CheckResult check_task(std::size_t task_index, LuaHost& submission);
  void check_submission(std::size_t task_index, const std::string& source);
  void enter_task(std::size_t task_index);
  // The first task of this beat from `from` on, else the next beat.
  void task_or_next_beat(std::size_t from);

  void after_explanation();

  bool advance();
};

}  // namespace gv
