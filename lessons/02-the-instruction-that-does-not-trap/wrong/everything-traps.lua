-- Believes that every sensitive instruction traps outside ring 0.

function culprits(sensitive, privileged)
  local traps = {}
  for _, name in ipairs(privileged) do traps[name] = true end
  local found = {}
  for _, name in ipairs(sensitive) do
    if not traps[name] then found[#found + 1] = name end
  end
  return found
end

local function what_is_it(question)
  for _, name in ipairs{ "POPF", "SGDT", "SMSW" } do
    if question.prompt:find(name, 1, true) then return "sensitive" end
  end
  return question.prompt:find("IMUL", 1, true) and "neither" or "both"
end

local function may_be_virtualized(question)
  local sensitive, privileged = question.prompt:match("Sensitive: { (.-) }%. Privileged: { (.-) }")
  local list = { {}, {} }
  for name in sensitive:gmatch("%u") do table.insert(list[1], name) end
  for name in privileged:gmatch("%u") do table.insert(list[2], name) end
  return #culprits(list[1], list[2]) == 0 and "yes" or "no"
end

return {
  fails = "predict.popf",
  predictions = {
    popf = { answer = "traps", confidence = "certain" },
    pushf = { answer = "one", confidence = "certain" },
    reports = { answer = "many", confidence = "fairly-sure" },
    theorem = { answer = "sensitive", confidence = "certain" },
  },
  retrieval = {
    reports = { what_is_it },
    theorem = { may_be_virtualized, what_is_it },
  },
}
