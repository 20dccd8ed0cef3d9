-- Believes that what is privileged exits, whatever the controls say.

local function contains(list, wanted)
  for _, value in ipairs(list) do
    if value == wanted then return true end
  end
  return false
end

function exit_number(doing, controls)
  if doing.exception then
    return contains(controls.exceptions, doing.exception) and 0 or nil
  end
  if doing.port then
    return contains(controls.ports, doing.port) and 30 or nil
  end
  if doing.instruction == "mov cr" then return 28 end
  if doing.instruction == "invlpg" then return controls.invlpg and 14 or nil end
  return nil
end

local function who_decides(question)
  for _, sign in ipairs{ "CPUID", "control for HLT is on", "I/O bitmap is 1" } do
    if question.prompt:find(sign, 1, true) then return "exits" end
  end
  return "executes"
end

local function which_number(question)
  local signs = { { "serial", "30" }, { "HLT", "12" }, { "network", "1" }, { "CPUID", "10" },
                  { "CR3", "28" } }
  for _, sign in ipairs(signs) do
    if question.prompt:find(sign[1], 1, true) then return sign[2] end
  end
end

return {
  fails = "task.exit_number",
  predictions = {
    ring = { answer = "executes", confidence = "certain" },
    seventeen = { answer = "none", confidence = "certain" },
    reasons = { answer = "fewer", confidence = "certain" },
    controls = { answer = 205, confidence = "fairly-sure" },
    bitmap = { answer = "printed", confidence = "certain" },
    paging = { answer = "none", confidence = "certain" },
  },
  retrieval = {
    reasons = { which_number },
    controls = { who_decides },
  },
}
