-- Lesson 8: your predictions, answers and task. Replace what is missing, then
--   glassvisor run 08 --answers answers.lua

-- What would a boot loader take these bytes for? "multiboot", "bzimage", "boot-sector" or "flat".
function recognize(image)
  return nil
end

return {
  predictions = {
    -- game = "none" or "pages" or "privileged" or "ports",
    -- keyboard = "interrupt" or "polls" or "memory",
    -- assisted = "few" or "some" or "same",
    -- memtest = "runs" or "crashes" or "refused",
  },
  retrieval = {},
}
