-- SPDX-License-Identifier: MIT
--
-- Runs a guest under hardware assistance and takes pictures of its control structure.
ui.wait_until(function(s) return s.machine end)
ui.need(ui.action("machine.run"))
ui.wait_until(function(s) return s.machine.ended and not s.machine.waiting end, 120)
ui.open("vmcs")
ui.wait(5)
ui.screenshot("vmcs.png", "vmcs")
ui.open("vmcs", "timeline")
ui.screenshot("vmcs-window.png")
