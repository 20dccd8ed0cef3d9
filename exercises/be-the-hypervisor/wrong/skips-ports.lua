-- fails: ports
-- Lets the guest reach the real ports.
local DIVIDE_ERROR, INVALID_OPCODE, GENERAL_PROTECTION, PAGE_FAULT = 0, 6, 13, 14

local function may(exit)
  if exit.cpl == 0 then return true end
  local input_or_output = exit.mnemonic == "in" or exit.mnemonic == "out"
  return input_or_output and exit.cpl <= exit.iopl
end

function decide(exit)
  local reason = exit.reason
  if reason == "general-protection" then
    if exit.port then return "pass" end
    if may(exit) then return "emulate" end
    return "reflect", GENERAL_PROTECTION
  elseif reason == "page-fault" then
    if exit.allowed then return "fill" end
    return "reflect", PAGE_FAULT
  elseif reason == "software-interrupt" or reason == "exception" then
    return "reflect", exit.vector
  elseif reason == "divide-error" then
    return "reflect", DIVIDE_ERROR
  elseif reason == "invalid-opcode" then
    return "reflect", INVALID_OPCODE
  elseif reason == "interrupt-window" then
    return "clock"
  end
end
