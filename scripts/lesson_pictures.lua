-- SPDX-License-Identifier: MIT
--
-- lesson_pictures.lua - goes through a lesson as a learner would, and takes one
-- picture of the window per beat, when its explanation is on the screen.
--
-- For ./run without a display. The first choice is always taken: the pictures
-- show what happened, which does not depend on what was predicted. They are
-- named BEAT.png, in the present folder.

local pictured = {}

local function place(lesson)
  return lesson.beat .. "/" .. lesson.phase .. "/" .. lesson.narration .. "/" .. lesson.retrieval_answered
end

local function waits(s)
  local lesson = s.lesson
  return lesson and (lesson.can_advance or lesson.open_question or lesson.phase == "done"
                     or lesson.phase == "failed")
end

local function answer(lesson)
  if lesson.open_question == "number" then
    ui.type("1")
  elseif lesson.open_question == "ordering" then
    for n = 1, #lesson.choices do ui.need(ui.key(tostring(n))) end
  else
    ui.need(ui.key("1"))
  end
  if lesson.phase == "predict" then ui.need(ui.key("c")) end
  ui.wait_until(function(s) return s.lesson.can_commit end)
  ui.need(ui.key("enter"))
end

ui.size(1600, 1000)
while true do
  ui.wait_until(waits, 120)
  local lesson = ui.state().lesson
  if lesson.phase == "done" then return end
  ui.need(lesson.phase ~= "failed", "the lesson stopped: " .. tostring(lesson.error))
  if lesson.phase == "explain" and not pictured[lesson.beat] then
    pictured[lesson.beat] = true
    ui.wait(30)  -- what moves comes to rest
    ui.screenshot(lesson.beat .. ".png")
  end
  local before = place(lesson)
  if lesson.open_question then answer(lesson) else ui.need(ui.key("space")) end
  ui.wait_until(function(s) return place(s.lesson) ~= before end, 120)
end
