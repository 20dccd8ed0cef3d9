-- SPDX-License-Identifier: MIT
--
-- Runs tinykernel to its end, goes back into the middle of it, and takes a picture of every panel.
-- The folder for the pictures is the present one.
local panels = { "trap-theatre", "disassembly", "registers", "page-tables", "console", "screen",
                 "timeline", "ledger", "devices", "lua-console" }

ui.wait_until(function(s) return s.machine end)
ui.need(ui.action("machine.run"))
ui.wait_until(function(s) return s.machine.ended and not s.machine.waiting end, 120)
-- Steps back out of the last port access, to where the guest is at work.
for _ = 1, 12 do
  ui.need(ui.action("machine.previous-exit"))
  ui.wait(2)
  ui.wait_machine()
end
-- The console answers in its own time; a picture without its answers would show too little.
for _, line in ipairs { "machine:count{ kind = 'exit' }", "machine:registers().cpl", "machine:physical().cpl" } do
  ui.lua(line)
end
ui.wait(30)
for _, panel in ipairs(panels) do
  ui.open(panel)
  ui.screenshot(panel .. ".png", panel)
end
for _, theme in ipairs { "light", "dark", "projector" } do
  ui.theme(theme)
  ui.open("trap-theatre", "disassembly", "timeline")
  ui.screenshot("window-" .. theme .. ".png")
end
ui.need(ui.key("ctrl+k"))
ui.screenshot("palette.png")
ui.need(ui.key("escape") or true)
ui.need(ui.key("f1"))
ui.screenshot("help.png")
