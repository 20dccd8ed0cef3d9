-- Lesson 5: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 05 --answers answers.lua

-- What the translator does with a guest instruction: "ident", "rewritten" or "callout".
function treatment(instruction)
  return nil
end

return {
  predictions = {
    -- when = "before" or "reached" or "each",
    -- analyse = "few" or "most" or "all",
    -- replace = "same" or "call" or "store",
    -- cache = a number,
    -- void = "old" or "new" or "crash",
    -- user = "both" or "kernel" or "processes",
  },
  retrieval = {},
}
