-- Believes that the guest's handler settles it.

function kind_of_fault(fault)
  if not fault.guest_allows then return "guest-fault" end
  local present, write = fault.error_code & 1 ~= 0, fault.error_code & 2 ~= 0
  return present and write and "dirty-track" or "shadow-miss"
end

local function who_hears(question)
  if question.prompt:find("Both tables", 1, true) then return "nobody" end
  if question.prompt:find("no entry for", 1, true) or question.prompt:find("marks read-only", 1, true) then
    return "guest"
  end
  return "hypervisor"
end

local function translate(question)
  local frame = tonumber(question.prompt:match("machine frame (%d+)"))
  local offset = tonumber(question.prompt:match("that is (%d+) bytes"))
  return frame * 4096 + offset
end

return {
  fails = "predict.true",
  predictions = {
    hidden = { answer = "hypervisor", confidence = "certain" },
    ["true"] = { answer = "once", confidence = "fairly-sure" },
    addresses = { answer = "different", confidence = "certain" },
    flush = { answer = "dropped", confidence = "certain" },
    price = { answer = 540, confidence = "guessing" },
  },
  retrieval = {
    hidden = { who_hears },
    addresses = { translate },
    price = { who_hears },
  },
}
