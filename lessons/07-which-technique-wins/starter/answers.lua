-- Lesson 7: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 07 --answers answers.lua

-- The technique that needs the fewest cycles for a guest with this mix.
function winner(mix, prices)
  return nil
end

return {
  predictions = {
    -- port = "hardware" or "translation" or "equal",
    -- rows = a number,
    -- paper = "hardware" or "translation",
    -- fork = { "trap-and-emulate", "hardware-assisted", "interpretation", "binary-translation" } in your order,
    -- mix = "trap-and-emulate" or "binary-translation" or "hardware-2006",
  },
  retrieval = {},
}
