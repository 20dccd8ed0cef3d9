-- fails: page-faults
-- Makes every fault go away. The guest kernel never hears of an access that it forbade.
local DIVIDE_ERROR, INVALID_OPCODE, GENERAL_PROTECTION, PAGE_FAULT = 0, 6, 13, 14

local function is_port_access(exit)
  return exit.mnemonic == "in" or exit.mnemonic == "out"
end

local function may(exit)
  if exit.cpl == 0 then return true end
  return is_port_access(exit) and exit.cpl <= exit.iopl
end

function decide(exit)
  local reason = exit.reason
  if reason == "general-protection" then
    if not may(exit) then return "reflect", GENERAL_PROTECTION end
    return is_port_access(exit) and "device" or "emulate"
  elseif reason == "page-fault" then
    if exit.allowed then return "fill" end
    return "fill"
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
