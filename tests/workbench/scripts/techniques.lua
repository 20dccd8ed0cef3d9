-- SPDX-License-Identifier: MIT
--
-- Pictures of the translation cache of a kernel that runs, and of a race of four lanes. The folder for
-- the pictures is the present one.
ui.wait_until(function(s) return s.machine end)
ui.open("translation-cache")
for _ = 1, 60 do
  ui.need(ui.action("machine.next-exit"))
  ui.wait_machine()
end
ui.screenshot("translation-cache.png", "translation-cache")

ui.open("race")
ui.wait_until(function(s) return s.race and #s.race.lanes == 4 end)
ui.screenshot("race-lanes.png", "race")
ui.need(ui.action("race.lane.bare-metal.unicorn"))
ui.wait_until(function(s) return #s.race.lanes == 5 end)
ui.need(ui.action("race.lane.bare-metal.unicorn"))
ui.wait_until(function(s) return #s.race.lanes == 4 end)
ui.need(ui.key("f3"))
ui.wait_until(function(s) return s.race.state == "running" and s.race.mark > 200000 end, 120)
ui.wait(200)
ui.screenshot("race.png", "race")
local marks = ui.state().race
for _, lane in ipairs(marks.lanes) do
  if not lane.arrived and lane.retired ~= marks.mark then
    error(lane.name .. " stands at " .. lane.retired .. ", not at the mark " .. marks.mark)
  end
end
ui.need(ui.key("f3"))
ui.wait_until(function(s) return s.race.state == "paused" end, 60)
ui.need(ui.key("shift+f3"))
ui.wait_until(function(s) return s.race.state == "ready" and s.race.mark == 0 end, 60)
ui.need(ui.action("race.ruler"))
ui.wait_until(function(s) return s.race.ruler == "console-lines" end)
local cut = ui.state().cut_in_panels
if #cut > 0 then error("cut: " .. table.concat(cut, " | ")) end
