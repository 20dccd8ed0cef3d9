-- Lesson 3: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 03 --answers answers.lua

-- Which kind of page fault is it? "guest-fault", "shadow-miss" or "dirty-track".
function kind_of_fault(fault)
  return nil
end

return {
  predictions = {
    -- hidden = "guest" or "hypervisor" or "nobody",
    -- ["true"] = "never" or "once" or "twice",
    -- addresses = "same" or "different",
    -- flush = "kept" or "dropped",
    -- price = a number,
  },
  retrieval = {},
}
