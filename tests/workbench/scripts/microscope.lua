-- SPDX-License-Identifier: MIT
--
-- Steps an interpreted guest and takes pictures of the microscope.
ui.wait_until(function(s) return s.machine end)
ui.lua("machine:run{ instructions = 30000 }")
ui.wait(20)
ui.wait_machine()
ui.open("microscope")
ui.wait(5)
ui.screenshot("microscope-next.png", "microscope")
for _ = 1, 3 do
  ui.need(ui.action("machine.step"))
  ui.wait_machine()
end
ui.wait(5)
ui.screenshot("microscope.png", "microscope")
ui.open("microscope", "disassembly")
ui.screenshot("microscope-window.png")
