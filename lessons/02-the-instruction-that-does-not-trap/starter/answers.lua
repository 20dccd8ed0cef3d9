-- Lesson 2: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 02 --answers answers.lua

-- Which instructions break Popek and Goldberg's condition? Returns a list of names.
function culprits(sensitive, privileged)
  return nil
end

return {
  predictions = {
    -- popf = "traps" or "changes" or "silent",
    -- pushf = "zero" or "one",
    -- reports = "none" or "one" or "many" or "all",
    -- theorem = "none" or "privileged" or "sensitive",
  },
  retrieval = {},
}
