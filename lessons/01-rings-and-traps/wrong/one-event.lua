-- Believes that a system call is a context switch.

function decide(exit)
  if exit.reason == "privileged-instruction" then
    if exit.mnemonic == "in" or exit.mnemonic == "out" then return "emulated" end
    return "emulated"
  end
  if exit.reason == "port-read" or exit.reason == "port-write" then return "device-accessed" end
  if exit.reason == "page-fault" then
    return exit.fault == "guest-fault" and "reflected" or "shadow-filled"
  end
  return "reflected"
end

local function who_sees(question)
  local privileged = question.prompt:find("CLI") or question.prompt:find("HLT") or
                     question.prompt:find("CR3")
  return privileged and "hypervisor" or "nobody"
end

local function exits_of_loop(question)
  return tonumber(question.prompt:match("a loop (%d+) times"))
end

local function which_event(question)
  local signs = { { "handler runs", "interrupt" }, { "LIDT", "trap" }, { "INT 0x80", "call" },
                  { "loads CR3", "switch" } }
  for _, sign in ipairs(signs) do
    if question.prompt:find(sign[1], 1, true) then return sign[2] end
  end
end

return {
  fails = "predict.four",
  predictions = {
    cli = { answer = "virtual", confidence = "certain" },
    out = { answer = { "trap", "device", "console", "resume" }, confidence = "fairly-sure" },
    hlt = { answer = "virtual", confidence = "certain" },
    cr3 = { answer = "other", confidence = "certain" },
    share = { answer = "hundredth", confidence = "fairly-sure" },
    four = { answer = "calls-switch", confidence = "certain" },
  },
  retrieval = {
    cli = { who_sees },
    share = { exits_of_loop },
    four = { which_event },
  },
}
