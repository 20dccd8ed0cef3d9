-- Lesson 1: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 01 --answers answers.lua

-- How does the hypervisor answer this exit?
-- "emulated", "reflected", "shadow-filled" or "device-accessed".
function decide(exit)
  return nil
end

return {
  predictions = {
    -- cli = { answer = "real" or "virtual" or "nothing", confidence = "guessing" },
    -- out = { "trap", "device", "console", "resume" } in your order,
    -- hlt = "stops" or "ignored" or "virtual",
    -- cr3 = "same" or "other",
    -- share = "all" or "half" or "tenth" or "hundredth",
    -- four = "calls-switch" or "interrupts-switch" or "different",
  },
  retrieval = {},
}
