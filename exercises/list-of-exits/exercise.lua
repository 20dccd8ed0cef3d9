-- A guest that makes the hypervisor take a stated list of exits.
--
-- The list comes from the student's seed. It begins with an OUT and ends with the
-- OUT to the debug-exit port, so whatever a guest does to prepare itself comes
-- before the list and is not counted. Exits that are the hypervisor's own
-- business, not the guest's doing, are not counted either: see counted().

local DEBUG_EXIT = 0xf4

local function hex(value, digits)
  return string.format("0x%0" .. digits .. "X", value)
end

-- One kind of step: how it is asked for, and which exit is right.
local kinds = {
  out = {
    draw = function() return { port = math.random(0x500, 0x5ff), value = math.random(0, 255) } end,
    words = function(s) return "an OUT of the byte " .. hex(s.value, 2) .. " to port " .. hex(s.port, 3) end,
    met = function(s, e) return e.mnemonic == "out" and e.port == s.port and e.value == s.value end,
  },
  ["in"] = {
    draw = function() return { port = math.random(0x500, 0x5ff) } end,
    words = function(s) return "an IN of a byte from port " .. hex(s.port, 3) end,
    met = function(s, e) return e.mnemonic == "in" and e.port == s.port end,
  },
  cli = {
    words = function() return "a CLI" end,
    met = function(_, e) return e.mnemonic == "cli" end,
  },
  clts = {
    words = function() return "a CLTS" end,
    met = function(_, e) return e.mnemonic == "clts" end,
  },
  cr3 = {
    words = function() return "a MOV to CR3" end,
    met = function(_, e) return e.mnemonic == "mov cr" and e.register_number == 3 end,
  },
  int = {
    draw = function() return { vector = math.random(0x30, 0x7f) } end,
    words = function(s) return "an INT " .. hex(s.vector, 2) .. ", handled by your own handler" end,
    met = function(s, e) return e.reason == "software-interrupt" and e.vector == s.vector end,
  },
  divide = {
    words = function() return "a divide error (#DE), handled by your own handler" end,
    met = function(_, e) return e.reason == "divide-error" end,
  },
  invalid = {
    words = function() return "an invalid opcode (#UD), handled by your own handler" end,
    met = function(_, e) return e.reason == "invalid-opcode" end,
  },
  stop = {
    words = function(s) return "an OUT of the byte " .. hex(s.value, 2) .. " to the debug-exit port 0xF4, which ends the run" end,
    met = function(s, e) return e.mnemonic == "out" and e.port == DEBUG_EXIT and e.value == s.value end,
  },
}

local function words(step) return kinds[step.kind].words(step) end

local function step_of(kind)
  local draw = kinds[kind].draw
  local step = draw and draw() or {}
  step.kind = kind
  return step
end

-- An OUT to begin, five steps, the end. One exception and one INT are always among them.
local function draw_list()
  local middle = { math.random(2) == 1 and "divide" or "invalid", "int" }
  local others = { "out", "in", "cli", "clts", "cr3" }
  for _ = 1, 3 do
    middle[#middle + 1] = table.remove(others, math.random(#others))
  end
  for i = #middle, 2, -1 do
    local j = math.random(i)
    middle[i], middle[j] = middle[j], middle[i]
  end
  local list = { step_of("out") }
  for _, kind in ipairs(middle) do list[#list + 1] = step_of(kind) end
  list[#list + 1] = { kind = "stop", value = math.random(0, 99) }
  return list
end

-- Whether an exit is the guest's doing. A hidden page fault and the end of a time slice are the
-- hypervisor's business; how IRET and segment loads are virtualized is its choice.
local uncounted = {
  iret = true, ["load segment"] = true, ["far transfer"] = true, ["far jmp"] = true,
  ["far ret"] = true, ["pop segment"] = true,
}
local function counted(exit)
  if exit.reason == "page-fault" then return not exit.allowed end
  if exit.reason == "interrupt-window" or exit.reason == "machine-memory" then return false end
  return not uncounted[exit.mnemonic]
end

local function describe(exit)
  if exit == nil then return "the end of the run" end
  local text = exit.reason
  if exit.mnemonic ~= "other" then text = text .. " by " .. exit.mnemonic end
  if exit.port then text = text .. " at port " .. hex(exit.port, 3) end
  if exit.value and exit.mnemonic == "out" then text = text .. " with " .. hex(exit.value, 2) end
  if exit.vector then text = text .. " " .. hex(exit.vector, 2) end
  return text .. ", instruction at " .. hex(exit.at, 8)
end

local budget = { instructions = 200000, exits = 400, memory_mib = 2 }

local function run_of(c, technique)
  return c:boot({
    technique = technique or "trap-and-emulate",
    instructions = budget.instructions,
    exits = budget.exits,
    memory_mib = budget.memory_mib,
  })
end

-- The counted exits from the list's first OUT on; nothing when it never came.
local function listed(c, run)
  local exits
  for _, exit in ipairs(run.exits) do
    if not exits and kinds.out.met(c.variant.list[1], exit) then exits = {} end
    if exits and counted(exit) then exits[#exits + 1] = exit end
  end
  return exits
end

local function how_it_ended(run)
  return run.ended .. " after " .. run.retired .. " instructions and " .. #run.exits .. " exits"
end

return {
  format = 1,
  id = "list-of-exits",
  title = "A list of exits",
  summary = "Write a guest that makes the hypervisor take exactly these exits.",
  submission = { file = "guest.asm", language = "nasm" },
  limits = { cpu_seconds = 5 },
  variant = function() return { list = draw_list() } end,
  task = function(variant)
    local lines = { "## Your list", "" }
    for i, step in ipairs(variant.list) do lines[#lines + 1] = i .. ". " .. words(step) end
    return table.concat(lines, "\n") .. "\n"
  end,
  checks = {
    {
      id = "begins",
      title = "The guest takes the first exit of its list",
      points = 1,
      visibility = "public",
      run = function(c)
        local run = run_of(c)
        if listed(c, run) then return true end
        return "expected " .. words(c.variant.list[1]) .. ", observed none: " .. how_it_ended(run)
      end,
    },
    {
      id = "in-order",
      title = "The exits of the list come in their order",
      points = 5,
      visibility = "public",
      misconception = "one-event",
      run = function(c)
        local run = run_of(c)
        local exits, list = listed(c, run) or {}, c.variant.list
        for i, step in ipairs(list) do
          if exits[i] == nil or not kinds[step.kind].met(step, exits[i]) then
            return {
              score = (i - 1) / #list,
              message = "exit " .. i .. ": expected " .. words(step) .. ", observed "
                .. (exits[i] and describe(exits[i]) or describe(nil) .. " (" .. how_it_ended(run) .. ")"),
            }
          end
        end
        return true
      end,
    },
    {
      id = "ends",
      title = "The guest ends the run with its own code",
      points = 1,
      visibility = "public",
      run = function(c)
        local run = run_of(c)
        local code = c.variant.list[#c.variant.list].value
        if run.ended == "guest-exited" and run.code == code then return true end
        return "expected an end by the debug-exit port with " .. code .. ", observed " .. how_it_ended(run)
      end,
    },
    {
      id = "handled",
      title = "Exceptions and INT go through the guest's own handlers",
      points = 1,
      visibility = "hidden",
      misconception = "one-event",
      run = function(c)
        local wanted, seen = 0, 0
        for _, step in ipairs(c.variant.list) do
          if step.kind == "int" or step.kind == "divide" or step.kind == "invalid" then wanted = wanted + 1 end
        end
        local run = run_of(c)
        for _, exit in ipairs(listed(c, run) or {}) do
          if exit.did == "reflect" and exit.to == "guest-kernel" then seen = seen + 1 end
        end
        if run.ended == "guest-exited" and seen == wanted then return true end
        return "expected " .. wanted .. " reflections to its handlers and an ordinary end, observed "
          .. seen .. " and " .. how_it_ended(run)
      end,
    },
    {
      id = "same-guest",
      title = "The same guest runs to the same end without a hypervisor",
      points = 1,
      visibility = "hidden",
      misconception = "every-sensitive-instruction-traps",
      run = function(c)
        local code = c.variant.list[#c.variant.list].value
        local run = run_of(c, "bare-metal")
        if run.ended == "guest-exited" and run.code == code then return true end
        return "bare-metal: expected an end with " .. code .. ", observed " .. how_it_ended(run)
      end,
    },
  },
}
