-- Lesson 6: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 06 --answers answers.lua

-- Intel's number of the exit, or nil for none.
function exit_number(doing, controls)
  return "?"
end

return {
  predictions = {
    -- ring = "ring1" or "exits" or "executes",
    -- seventeen = "none" or "many" or "all",
    -- reasons = "none" or "fewer" or "more",
    -- controls = a number,
    -- bitmap = "lost" or "exits" or "printed",
    -- paging = "none" or "one" or "two",
  },
  retrieval = {},
}
