-- The learner is the hypervisor: given an exit, decide.
--
-- The questions are the exits of runs that the grader makes of real guests under
-- trap-and-emulate; the answers are what our hypervisor did at each of them, read
-- from the same events. So nothing here says what is right: the run does.

-- What a policy is told about an exit; everything that the hypervisor's own code
-- could know at that moment, and nothing of what it then did.
local shown = {
  "mnemonic", "cpl", "iopl", "port", "size", "vector", "error_code", "address", "allowed", "length",
}

-- The CPU only reports that it refused an instruction. Our event log already says whose affair that
-- was; the learner has to find out.
local refused = { ["privileged-instruction"] = true, ["port-read"] = true, ["port-write"] = true }
local function reason_of(exit)
  return refused[exit.reason] and "general-protection" or exit.reason
end
local function is_port_access(exit) return exit.mnemonic == "in" or exit.mnemonic == "out" end

local function question(exit)
  local q = { reason = reason_of(exit) }
  for _, key in ipairs(shown) do q[key] = exit[key] end
  return q
end

local function right(exit, values)
  if exit.did ~= values[1] then return false end
  return exit.did ~= "reflect" or exit.delivered == values[2]
end

local function said(action, vector)
  if action == "reflect" then return "reflect " .. tostring(vector) end
  return tostring(action)
end

local function describe(exit)
  local parts = { reason_of(exit) }
  if exit.mnemonic ~= "other" then parts[#parts + 1] = "by " .. exit.mnemonic end
  parts[#parts + 1] = "at CPL " .. tostring(exit.cpl)
  if exit.port then parts[#parts + 1] = string.format("port 0x%X", exit.port) end
  if exit.vector then parts[#parts + 1] = string.format("vector 0x%X", exit.vector) end
  if exit.reason == "page-fault" then
    parts[#parts + 1] = exit.allowed and "(the guest's tables allow it)" or "(the guest's tables refuse it)"
  end
  return table.concat(parts, " ")
end

-- Two exits with the same key are the same question; a few of each are enough.
local function key_of(exit)
  return table.concat({
    exit.reason, exit.mnemonic, tostring(exit.cpl), tostring(exit.allowed), tostring(exit.did),
    tostring(exit.delivered),
  }, "/")
end

-- The answered exits of a run that `wanted` chooses: at most `each` of a kind, drawn by the seed.
local function sample(run, each, wanted)
  local groups, order = {}, {}
  for _, exit in ipairs(run.exits) do
    if exit.did and exit.did ~= "stop" and exit.cpl and wanted(exit) then
      local key = key_of(exit)
      if not groups[key] then
        groups[key] = {}
        order[#order + 1] = key
      end
      groups[key][#groups[key] + 1] = exit
    end
  end
  local chosen = {}
  for _, key in ipairs(order) do
    local group = groups[key]
    for _ = 1, math.min(each, #group) do
      chosen[#chosen + 1] = table.remove(group, math.random(#group))
    end
  end
  return chosen
end

-- Asks the policy about each and compares. Full marks only when all are right.
local function compare(c, exits)
  if #exits == 0 then error("the run had no exit of this kind: nothing would be checked") end
  local list = {}
  for i, exit in ipairs(exits) do list[i] = { question(exit) } end
  local answers = c:each("decide", list)
  local correct, first = 0, nil
  for i, exit in ipairs(exits) do
    local values = answers[i].values
    if values and right(exit, values) then
      correct = correct + 1
    elseif not first then
      first = describe(exit) .. ": expected " .. said(exit.did, exit.delivered) .. ", observed "
        .. (values and said(values[1], values[2]) or "an error: " .. tostring(answers[i].problem))
    end
  end
  if correct == #exits then return true end
  return { score = 0, message = correct .. " of " .. #exits .. " right; " .. first }
end

local kernel = { instructions = 20000000, exits = 2000, memory_mib = 32 }
local function tinykernel(c) return c:reference("tinykernel", kernel) end

return {
  format = 1,
  id = "be-the-hypervisor",
  title = "Be the hypervisor",
  summary = "Decide what a trap-and-emulate hypervisor does at each exit of real guests.",
  submission = { file = "policy.lua", language = "lua" },
  limits = { lua_instructions = 100000, lua_memory_mib = 16 },
  -- Which exits are asked about is drawn from the seed by each check.
  checks = {
    {
      id = "kernel-instructions",
      title = "Privileged instructions of the guest kernel",
      points = 2,
      visibility = "public",
      misconception = "every-instruction-emulated",
      run = function(c)
        return compare(c, sample(tinykernel(c), 4, function(e)
          return e.cpl == 0 and reason_of(e) == "general-protection" and not is_port_access(e)
        end))
      end,
    },
    {
      id = "ports",
      title = "Port accesses of the guest kernel",
      points = 1,
      visibility = "public",
      run = function(c)
        return compare(c, sample(tinykernel(c), 6, function(e)
          return e.cpl == 0 and is_port_access(e)
        end))
      end,
    },
    {
      id = "page-faults",
      title = "Page faults: hidden ones and true ones",
      points = 2,
      visibility = "public",
      misconception = "one-page-table",
      run = function(c)
        return compare(c, sample(tinykernel(c), 8, function(e) return e.reason == "page-fault" end))
      end,
    },
    {
      id = "system-calls",
      title = "System calls of the guest's processes",
      points = 1,
      visibility = "public",
      misconception = "one-event",
      run = function(c)
        return compare(c, sample(tinykernel(c), 6, function(e) return e.reason == "software-interrupt" end))
      end,
    },
    {
      id = "whole-kernel",
      title = "Every kind of exit of the teaching kernel",
      points = 1,
      visibility = "hidden",
      run = function(c)
        return compare(c, sample(tinykernel(c), 3, function() return true end))
      end,
    },
    {
      id = "process-instructions",
      title = "Privileged instructions of a guest process",
      points = 2,
      visibility = "hidden",
      misconception = "every-sensitive-instruction-traps",
      run = function(c)
        local run = c:reference("guests/user-traps.asm", { instructions = 100000, exits = 400, memory_mib = 2 })
        return compare(c, sample(run, 3, function(e) return e.cpl == 3 end))
      end,
    },
    {
      id = "other-guest",
      title = "A guest that was not shown",
      points = 1,
      visibility = "hidden",
      run = function(c)
        local run = c:reference("nanobench", { instructions = 3000000, exits = 1500, memory_mib = 16, command_line = "n=20" })
        return compare(c, sample(run, 3, function() return true end))
      end,
    },
  },
}
