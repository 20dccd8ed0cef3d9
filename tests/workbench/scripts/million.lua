-- SPDX-License-Identifier: MIT
--
-- Lets a guest that traps all the time run until the timeline has a million events, and goes on
-- drawing while it runs: what the frames cost then is in the report.
ui.wait_until(function(s) return s.machine end)
ui.open("trap-theatre", "timeline", "ledger")
ui.need(ui.action("machine.run"))
ui.wait_until(function(s) return s.machine.events >= 1000000 or s.machine.ended end, 240)
ui.need(not ui.state().machine.ended, "the guest ended before a million events")
ui.wait(180)
ui.need(ui.state().machine.running, "the guest is no longer running")
