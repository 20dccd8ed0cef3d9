-- Lesson 4: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 04 --answers answers.lua

-- The virtual cycles of one turn of a loop.
function cost_of(technique, mix, costs)
  return nil
end

return {
  predictions = {
    -- cli = "trap" or "decodes" or "misses",
    -- seventeen = "none" or "one" or "many" or "all",
    -- price = "little" or "ten" or "thousand",
    -- mix = "trap-and-emulate" or "interpretation" or "equal",
    -- even = a number,
  },
  retrieval = {},
}
