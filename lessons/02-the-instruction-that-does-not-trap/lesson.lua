-- SPDX-License-Identifier: MIT
--
-- The instruction that does not trap: POPF and its friends, and why x86 could not be virtualized
-- classically. Prose is in text.en.md; every number in it is measured here.

local guest = { image = "sensitive17", technique = "trap-and-emulate" }

-- The seventeen of Robin and Irvine (2000), in this program's names. Their list has CALL, JMP, RET,
-- INT and the moves of segment registers as one entry each.
local seventeen = {
  "sgdt", "sidt", "sldt", "smsw", "pushf", "popf", "lar", "lsl", "verr", "verw", "pop segment",
  "push segment", "far call", "far jmp", "int", "far ret", "str", "mov from segment",
}

-- Lines of the guest's report by instruction: "popf set=held clear=delivered" → popf.
local function report_of(machine)
  local lines = {}
  for name, rest in machine:console():gmatch("(%l+) ([^\n]*=[^\n]*)") do lines[name] = rest end
  return lines
end

-- Executes `count` instructions one by one, one sentence each.
local function walk(machine, count)
  for _ = 1, count do
    local line = machine:disassemble(1)[1]
    machine:step(1)
    lab.pause("step.done", { instruction = line.text, ring = machine:physical().cpl,
                             sensitivity = line.sensitivity })
  end
end

local function observe_popf(machine)
  -- The probe's first call: virtual interrupts are off, and POPF is asked to switch them on.
  machine:run{ until_address = "probe_popf" }
  local first, before = machine:position().events, machine:virtual_interrupts()
  lab.pause("popf.before", { virtual = before and 1 or 0,
                             real = machine:physical().interrupts and 1 or 0 })
  walk(machine, 2)  -- PUSH of the wanted flags, then POPFD
  local traps = machine:count{ kind = "exit", mnemonic = "popf", first = first }
  local after = machine:virtual_interrupts()
  local answer = "silent"
  if traps > 0 then answer = "traps" elseif after ~= before then answer = "changes" end
  return {
    answer = answer,
    phenomenon = (traps == 0 and after == before) and 1 or 0,
    traps = traps,
    virtual_before = before and 1 or 0,
    virtual_after = after and 1 or 0,
    real_after = machine:physical().interrupts and 1 or 0,
    ring = machine:physical().cpl,
    wanted = 0x202,
  }
end

local function observe_popf_bare(machine)
  machine:run{ until_address = "probe_popf" }
  local before = machine:physical().interrupts
  machine:step(2)
  return { before = before and 1 or 0, after = machine:physical().interrupts and 1 or 0,
           ring = machine:physical().cpl }
end

local function observe_pushf(machine)
  machine:run{ until_address = "probe_pushf" }
  walk(machine, 3)  -- CLI, PUSHFD, POP EAX
  local seen = machine:registers().eax >> 9 & 1
  return {
    answer = seen == 1 and "one" or "zero",
    phenomenon = 1 + machine:count{ kind = "exit", mnemonic = "cli" },
    seen = seen,
    virtual_if = machine:virtual_interrupts() and 1 or 0,
    real_if = machine:physical().interrupts and 1 or 0,
    eax = machine:registers().eax,
    cli_exits = machine:count{ kind = "exit", mnemonic = "cli" },
    pushf_exits = machine:count{ kind = "exit", mnemonic = "pushf" },
  }
end

local function observe_pushf_bare(machine)
  machine:run{ until_address = "probe_pushf" }
  machine:step(3)
  return { seen = machine:registers().eax >> 9 & 1 }
end

local function observe_reports(machine)
  machine:run{}
  local deprivileged = report_of(machine)
  local reference = lab.machine{ image = "sensitive17", technique = "bare-metal" }
  reference:run{}
  local bare = report_of(reference)
  local lines, different, names = 0, 0, {}
  for name, text in pairs(bare) do
    lines = lines + 1
    if deprivileged[name] ~= text then
      different = different + 1
      names[#names + 1] = name:upper()
      lab.pause("reports.line", { name = name:upper(), bare = text,
                                  deprivileged = deprivileged[name] or "nothing" })
    end
  end
  table.sort(names)
  local answer = "none"
  if different == 1 then answer = "one" elseif different > 1 and different < lines then answer = "many"
  elseif different == lines then answer = "all" end
  return {
    answer = answer,
    phenomenon = different,
    lines = lines, different = different, names = table.concat(names, ", "),
    popf_bare = bare.popf, popf_deprivileged = deprivileged.popf or "nothing",
  }
end

local function observe_theorem(machine)
  machine:run{}
  local unprivileged, trapped = 0, 0
  for _, name in ipairs(seventeen) do
    if lab.sensitivity(name) == "sensitive-unprivileged" then unprivileged = unprivileged + 1 end
  end
  for _, name in ipairs{ "sgdt", "sidt", "sldt", "smsw", "pushf", "popf", "str" } do
    trapped = trapped + machine:count{ kind = "exit", mnemonic = name }
  end
  local privileged = 0
  for _, row in pairs(machine:ledger().emulated) do privileged = privileged + row.count end
  lab.pause("theorem.privileged", { privileged = privileged })
  lab.pause("theorem.unprivileged", { trapped = trapped })
  return {
    answer = (unprivileged > 0 and trapped == 0) and "sensitive" or "none",
    phenomenon = unprivileged,
    unprivileged = unprivileged, trapped = trapped, privileged = privileged,
  }
end

-- Retrieval.
local function what_is_it(_)
  local cases = {
    { name = "`POPF`, which may change IF", answer = "sensitive" },
    { name = "`SGDT`, which reads where the descriptor table is", answer = "sensitive" },
    { name = "`SMSW`, which reads CR0", answer = "sensitive" },
    { name = "`LGDT`, which sets where the descriptor table is", answer = "both" },
    { name = "`HLT`, which stops the CPU", answer = "both" },
    { name = "`IMUL EAX, EBX`", answer = "neither" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "both", "sensitive", "neither" }, answer = case.answer,
           values = { name = case.name } }
end

local function may_be_virtualized(_)
  local sensitive, privileged = {}, {}
  local letters = { "A", "B", "C", "D", "E", "F" }
  local holds = math.random(2) == 1
  for i, letter in ipairs(letters) do
    if math.random(2) == 1 then privileged[#privileged + 1] = letter end
    if privileged[#privileged] == letter and (math.random(3) > 1 or i == 1) then
      sensitive[#sensitive + 1] = letter
    end
  end
  if #privileged == #letters then table.remove(privileged) ; sensitive = {} end
  if #sensitive == 0 and #privileged > 0 then sensitive[1] = privileged[1] end
  if not holds or #privileged == 0 then
    local is_privileged = {}
    for _, letter in ipairs(privileged) do is_privileged[letter] = true end
    for _, letter in ipairs(letters) do
      if not is_privileged[letter] then sensitive[#sensitive + 1] = letter break end
    end
    holds = false
  end
  table.sort(sensitive)
  local function set(list) return "{ " .. table.concat(list, ", ") .. " }" end
  return { kind = "choice", choices = { "yes", "no" }, answer = holds and "yes" or "no",
           values = { sensitive = set(sensitive), privileged = set(privileged) } }
end

-- The task: which instructions break the condition?
local function check_culprits()
  lab.check("task.culprits")
  local sensitive, privileged = {}, {}
  for _, name in ipairs(seventeen) do sensitive[#sensitive + 1] = name end
  for _, name in ipairs{ "cli", "sti", "hlt", "lgdt", "lidt", "invlpg", "clts" } do
    sensitive[#sensitive + 1] = name
    if lab.sensitivity(name) == "privileged" then privileged[#privileged + 1] = name end
  end
  local function ask(s, p, expected)
    local said, problem = lab.submission("culprits", s, p)
    local shown = problem or "nothing"
    if type(said) == "table" then
      local names = {}
      for i, name in ipairs(said) do names[i] = tostring(name) end
      table.sort(names)
      shown = table.concat(names, ", ")
    end
    table.sort(expected)
    lab.expect.equal(shown, table.concat(expected, ", "))
  end
  ask(sensitive, privileged, { table.unpack(seventeen) })
  ask({ "a", "b" }, { "b", "a", "c" }, {})
  ask({ "a", "b", "c" }, { "b" }, { "a", "c" })
  ask({}, { "x" }, {})
end

local by_hand = { "step", "step-back", "run-to-exit", "run-back-to-exit", "scrub" }

return {
  format_version = 1,
  uuid = "c2f4a8d7-33c9-4f0b-8a3e-91d27b5e6c02",
  slug = "the-instruction-that-does-not-trap",
  title = "The instruction that does not trap",
  minutes = 14,
  concepts = {
    teaches = { "sensitive-instruction", "privileged-instruction", "popek-goldberg" },
    requires = { "deprivileging", "trap-and-emulate", "virtual-interrupt-flag" },
  },
  objectives = {
    "Show on running code that POPF outside ring 0 neither changes IF nor traps.",
    "State Popek and Goldberg's condition precisely and apply it to a given instruction set.",
    "Say what a guest can observe through the seventeen instructions of Robin and Irvine.",
  },
  out_of_scope = { "Binary translation and hardware assistance, the two ways out." },
  misconceptions = { "4-everything-traps" },
  beats = {
    {
      id = "popf", machine = guest, controls = by_hand,
      panels = { open = { "trap-theatre", "disassembly", "registers" }, focus = "disassembly",
                 highlight = { "registers/eflags" } },
      predict = { kind = "choice",
                  choices = { { id = "traps", misconception = "4-everything-traps" }, "changes", "silent" } },
      observe = observe_popf,
      other = { technique = "bare-metal", observe = observe_popf_bare },
    },
    {
      id = "pushf", machine = guest, controls = by_hand,
      panels = { open = { "disassembly", "registers", "trap-theatre" }, focus = "registers",
                 highlight = { "registers/eax" } },
      predict = { kind = "choice",
                  choices = { { id = "zero", misconception = "4-everything-traps" }, "one" } },
      observe = observe_pushf,
      other = { technique = "bare-metal", observe = observe_pushf_bare },
    },
    {
      id = "reports", machine = guest, controls = { "scrub", "run-to-exit" },
      panels = { open = { "console", "timeline", "ledger" }, focus = "console",
                 highlight = { "console" } },
      predict = { kind = "choice",
                  choices = { { id = "none", misconception = "4-everything-traps" }, "one", "many", "all" } },
      observe = observe_reports,
      retrieve = { what_is_it },
    },
    {
      id = "theorem", machine = guest, controls = { "scrub", "run-to-exit" },
      panels = { open = { "ledger", "timeline", "disassembly" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "choice", choices = { "none", "privileged", "sensitive" } },
      observe = observe_theorem,
      retrieve = { may_be_virtualized, what_is_it },
    },
  },
  tasks = { { id = "culprits", check = check_culprits } },
}
