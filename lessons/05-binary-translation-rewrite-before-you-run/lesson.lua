-- SPDX-License-Identifier: MIT
--
-- Binary translation: analyse, replace, cache. The guest kernel runs from a cache of translations of
-- itself, made when they are first needed. Prose is in text.en.md; its numbers are measured here.

local translating = { engine = "unicorn", technique = "binary-translation" }
local trapping = { engine = "unicorn", technique = "trap-and-emulate" }

local function guest(how, image, more)
  local options = { image = image }
  for name, value in pairs(how) do options[name] = value end
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

local function exits_of(machine) return machine:ledger().total_exits end
local function translation_of(machine) return machine:ledger().translation end

local function tell(machine, first, most)
  for _, sentence in ipairs(machine:narrate{ first = first, limit = most }) do lab.pause(sentence) end
end

-- The live unit that an address of the guest's is translated in, and the instruction there.
local function unit_at(machine, address)
  for _, unit in ipairs(machine:translation_cache().units) do
    if unit.live then
      for _, instruction in ipairs(unit.instructions) do
        if instruction.address == address then return unit, instruction end
      end
    end
  end
end

local function address_of(machine, name)
  for _, symbol in ipairs(machine:symbols(name)) do
    if symbol.name == name then return symbol.address end
  end
end

-- "cli", or "mov dword ptr [..], 0; pop ecx": what stands in the cache for one guest instruction.
local function emitted(instruction, between)
  local lines = {}
  for i, line in ipairs(instruction.cache) do lines[i] = line.text end
  return table.concat(lines, between or "; ")
end

local function report_of(machine)
  local lines = {}
  for name, rest in machine:console():gmatch("(%l+) ([^\n]*=[^\n]*)") do lines[name] = rest end
  return lines
end

local function observe_when(machine)
  local before = translation_of(machine).units
  lab.pause("when.before", { units = before })
  local stop = machine:run{ until_event = "translate" }
  local first = machine:events{ kind = "translate", limit = 1 }[1]
  tell(machine, first.seq, 1)
  machine:run{ instructions = 100000 }
  local early = translation_of(machine).units
  lab.pause("when.early", { retired = machine:position().retired, units = early })
  machine:run{}
  local translation = translation_of(machine)
  local panic = address_of(machine, "panic")
  local answer = "each"
  if before > 0 then answer = "before"
  elseif translation.units < machine:position().retired / 100 then answer = "reached" end
  return {
    answer = answer,
    phenomenon = translation.units,
    before = before, first = stop.retired, early = early, units = translation.units,
    instructions = translation.ident + translation.rewritten + translation.callouts,
    retired = machine:position().retired,
    panic = panic, panic_translated = unit_at(machine, panic) and "has one" or "has none",
  }
end

local function observe_analyse(machine)
  machine:run{}
  local translation = translation_of(machine)
  -- A unit with all three sorts, as an example.
  local shown
  for _, unit in ipairs(machine:translation_cache().units) do
    local sorts = {}
    for _, instruction in ipairs(unit.instructions) do sorts[instruction.treatment] = true end
    if unit.live and sorts.ident and sorts.rewritten and sorts.callout and
       (not shown or #unit.instructions < #shown.instructions) then
      shown = unit
    end
  end
  local rows = { "| guest | treatment | in the cache |", "|---|---|---|" }
  for _, instruction in ipairs(shown and shown.instructions or {}) do
    lab.pause("analyse.line", { instruction = instruction.text, treatment = instruction.treatment })
    rows[#rows + 1] = ("| `%s` | %s | `%s` |"):format(instruction.text, instruction.treatment,
                                                      emitted(instruction))
  end
  local all = translation.ident + translation.rewritten + translation.callouts
  local share = translation.ident / all
  local answer = "few"
  if share == 1 then answer = "all" elseif share > 0.5 then answer = "most" end
  return {
    answer = answer,
    phenomenon = shown and #shown.instructions or 0,
    ident = translation.ident, rewritten = translation.rewritten, callouts = translation.callouts,
    all = all, share = share, unit = table.concat(rows, "\n"),
    place = shown and machine:symbolize(shown.guest) or "",
  }
end

local function observe_replace(machine)
  machine:run{ until_address = "probe_pushf" }
  local cli = address_of(machine, "probe_pushf")
  local exits = exits_of(machine)
  machine:step(3)  -- CLI, PUSHFD, POP EAX
  local seen = machine:registers().eax >> 9 & 1
  local unit = unit_at(machine, cli)
  local parts, treatment = {}, {}
  for i = 1, 2 do
    local instruction = unit.instructions[i]
    parts[i], treatment[i] = emitted(instruction, "\n    "), instruction.treatment
    lab.pause("replace.line", { instruction = instruction.text, cache = emitted(instruction) })
  end
  exits = exits_of(machine) - exits
  local trapped = machine:count{ kind = "exit", reason = "privileged-instruction" }
  machine:run{}
  local reference = lab.machine{ image = "sensitive17", technique = "bare-metal" }
  reference:run{}
  local here, lines, different = report_of(machine), 0, 0
  for name, text in pairs(report_of(reference)) do
    lines = lines + 1
    if here[name] ~= text then different = different + 1 end
  end
  local answer = "same"
  if treatment[1] == "rewritten" then answer = "store"
  elseif treatment[1] == "callout" then answer = "call" end
  return {
    answer = answer,
    phenomenon = #unit.instructions,
    cli = parts[1], pushf = parts[2], seen = seen, trapped = trapped,
    exits = exits, lines = lines, different = different,
  }
end

local function observe_replace_trapping(machine)
  machine:run{ until_address = "probe_pushf" }
  local exits = exits_of(machine)
  machine:step(3)
  return { exits = exits_of(machine) - exits, seen = machine:registers().eax >> 9 & 1 }
end

local function loop_of(turns)
  local machine = lab.machine(guest(translating, "nanobench", { cmdline = "only=cli n=" .. turns }))
  machine:run{}
  return machine
end

local function observe_cache(machine)
  machine:run{}
  local short = loop_of(100)
  local more, few = translation_of(machine), translation_of(short)
  local calls = machine:ledger().exits["translator-called"].count
  local few_calls = short:ledger().exits["translator-called"].count
  lab.pause("cache.units", { few = few.units, more = more.units })
  lab.pause("cache.chains", { chains = more.chains })
  return {
    answer = more.units - few.units,
    phenomenon = more.chains,
    few = few.units, more = more.units, extra = more.units - few.units, chains = more.chains,
    calls = calls, few_calls = few_calls,
    extra_exits = exits_of(machine) - exits_of(short),
    slices = machine:ledger().exits["interrupt-window"].count - short:ledger().exits["interrupt-window"].count,
    hits = more.lookup_hits, misses = more.lookup_misses,
    per_turn = (machine:ledger().total_cycles - short:ledger().total_cycles) / 900,
    added = more.added_instructions,
  }
end

local function observe_cache_trapping(machine)
  machine:run{}
  local short = lab.machine(guest(trapping, "nanobench", { cmdline = "only=cli n=100" }))
  short:run{}
  return { extra_exits = exits_of(machine) - exits_of(short),
           per_turn = (machine:ledger().total_cycles - short:ledger().total_cycles) / 900 }
end

local function loop_address(machine)
  for _, symbol in ipairs(machine:symbols("loop_cli")) do
    if symbol.name == "loop_cli.turn" then return symbol.address end
  end
end

-- turn: cli; dec ecx; mov byte [turn], 0x90; jnz turn; ret. The guest's own code is overwritten
-- before it begins; from then on the guest does the rest.
local function plant(machine)
  local turn = loop_address(machine)
  machine:write_memory(turn, string.pack("<BBBBI4BBBB", 0xfa, 0x49, 0xc6, 0x05, turn, 0x90, 0x75, 0xf5, 0xc3))
  return turn
end

local function observe_void(machine)
  local turn = plant(machine)
  machine:run{ until_address = turn }
  for _, line in ipairs(machine:disassemble(4)) do lab.pause("void.code", { line = line.text }) end
  machine:step(1)
  local _, old = unit_at(machine, turn)
  lab.pause("void.old", { guest = old.text, cache = emitted(old) })
  local first = machine:position().events
  machine:run{ until_event = "invalidate" }
  local fault = machine:events{ kind = "page-fault", fault = "code-write", first = first, limit = 1 }[1]
  if fault then tell(machine, fault.seq, 1) end
  local event = machine:events{ kind = "invalidate", first = first, limit = 1 }[1]
  if event then tell(machine, event.seq, 1) end
  machine:step(20)  -- more than a turn, past the write
  local _, new = unit_at(machine, turn)
  lab.pause("void.new", { guest = new and new.text or "nothing", cache = new and emitted(new) or "nothing" })
  local answer = "crash"
  if new and new.text == "nop" then answer = "new" elseif new then answer = "old" end
  machine:run{}
  local translation = translation_of(machine)
  return {
    answer = answer,
    phenomenon = translation.units_invalidated,
    units = event and event.units or 0, invalidated = translation.units_invalidated,
    writes = translation.code_writes,
    old = old.text, new = new and new.text or "nothing",
    old_cache = emitted(old), new_cache = new and emitted(new) or "nothing",
  }
end

local function busy(ledger) return ledger.total_cycles - ledger.idle_cycles end

local function observe_user(machine)
  machine:run{}
  local kernel, user = 0, 0
  for _, unit in ipairs(machine:translation_cache().units) do
    if unit.guest >= 0x40000000 then user = user + 1 else kernel = kernel + 1 end
  end
  local ledger = machine:ledger()
  lab.pause("user.units", { kernel = kernel, user = user })
  lab.pause("user.added", { added = ledger.translation.added_instructions, retired = ledger.retired })
  local answer = "both"
  if user == 0 then answer = "kernel" elseif kernel == 0 then answer = "processes" end
  return {
    answer = answer,
    phenomenon = kernel,
    kernel = kernel, user = user, retired = ledger.retired, exits = ledger.total_exits,
    added = ledger.translation.added_instructions,
    callouts = ledger.exits["callout"].count, faults = ledger.exits["page-fault"].count,
    called = ledger.exits["translator-called"].count,
    busy = busy(ledger),
  }
end

local function observe_user_trapping(machine)
  machine:run{}
  return { exits = exits_of(machine), busy = busy(machine:ledger()) }
end

-- Retrieval.
local function which_step(_)
  local cases = {
    { what = "The translator decodes `POPF` and sees that it is sensitive.", answer = "analyse" },
    { what = "`POPF` becomes a few moves to and from the virtual flags.", answer = "replace" },
    { what = "A loop runs for the thousandth time, and the translator is not called.", answer = "cache" },
    { what = "A jump at the end of a unit is set to lead straight to the next unit.", answer = "cache" },
    { what = "`ADD EAX, EBX` is found harmless.", answer = "analyse" },
    { what = "`HLT` becomes a call of the hypervisor.", answer = "replace" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "analyse", "replace", "cache" }, answer = case.answer,
           values = { what = case.what } }
end

local function how_it_runs(_)
  local cases = {
    { what = "A process sorts a list.", answer = "direct" },
    { what = "The guest kernel's scheduler chooses a process.", answer = "cache" },
    { what = "A function of the guest kernel that has never been called.", answer = "never" },
    { what = "The guest kernel's timer handler.", answer = "cache" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "direct", "cache", "never" }, answer = case.answer,
           values = { what = case.what } }
end

-- Not an instruction's own translation: what returns from a callout in the middle of a sequence
-- stands at the next one's address, and a landing for indirect branches before the first.
local function is_passage(place, instruction)
  if instruction.treatment ~= "rewritten" then return false end
  if place == 1 then return true end
  for _, line in ipairs(instruction.cache) do
    if line.retires then return false end
  end
  return true
end

-- The task: the analysis. What does the translator do with each kind of instruction?
local function check_treatment()
  lab.check("task.treatment")
  local cases, order = {}, {}
  for _, image in ipairs{ "tinykernel", "sensitive17" } do
    local machine = lab.machine(guest(translating, image))
    machine:run{}
    for _, unit in ipairs(machine:translation_cache().units) do
      for place, instruction in ipairs(unit.instructions) do
        -- MOV to and from control and segment registers are instructions of their own.
        local mnemonic = instruction.text:match("^%l+")
        local key = mnemonic
        if instruction.text:find("[^%a]cr%d") then
          key = key .. (instruction.text:find(" cr%d") and " to cr" or " from cr")
        elseif mnemonic == "push" or mnemonic == "pop" or mnemonic == "mov" then
          key = key .. (instruction.text:match("[ ,]([cdefgs]s)%f[%A]") or "")
        end
        if not cases[key] and not is_passage(place, instruction) then
          cases[key] = { text = instruction.text, mnemonic = mnemonic, treatment = instruction.treatment }
          order[#order + 1] = key
        end
      end
    end
  end
  table.sort(order)
  for _, key in ipairs(order) do
    local case = cases[key]
    local said, problem = lab.submission("treatment", { text = case.text, mnemonic = case.mnemonic })
    lab.expect.equal(case.text .. ": " .. tostring(said or problem), case.text .. ": " .. case.treatment)
  end
end

local by_hand = { "step", "step-back", "run-to-exit", "run-back-to-exit", "scrub" }
local whole_run = { "scrub", "run-to-exit" }

return {
  format_version = 1,
  uuid = "3e9f1b84-6a27-4d0c-95e8-b2d7c4610f05",
  slug = "binary-translation-rewrite-before-you-run",
  title = "Binary translation: rewrite before you run",
  minutes = 17,
  concepts = {
    teaches = { "binary-translation", "translation-cache", "callout", "chaining" },
    requires = { "sensitive-instruction", "trap-and-emulate", "interpretation", "virtual-interrupt-flag" },
  },
  objectives = {
    "Name the three steps, analyse, replace and cache, and recognise each in a run.",
    "Say which instructions of a guest kernel are copied, rewritten or become callouts, and why.",
    "Explain what makes a translation void, and what happens then.",
  },
  out_of_scope = { "How VMware's translator adapts to what faults often.", "64-bit guests." },
  misconceptions = { "6-rewrites-the-whole-guest", "3-emulates-everything" },
  beats = {
    {
      id = "when", machine = guest(translating, "tinykernel"), controls = whole_run,
      panels = { open = { "translation-cache", "timeline", "ledger" }, focus = "translation-cache",
                 highlight = { "translation-cache" } },
      predict = { kind = "choice",
                  choices = { { id = "before", misconception = "6-rewrites-the-whole-guest" }, "reached",
                              "each" } },
      observe = observe_when,
    },
    {
      id = "analyse", machine = guest(translating, "tinykernel"), controls = whole_run,
      panels = { open = { "translation-cache", "ledger" }, focus = "translation-cache",
                 highlight = { "translation-cache" } },
      predict = { kind = "choice", choices = { "few", "most", "all" } },
      observe = observe_analyse,
    },
    {
      id = "replace", machine = guest(translating, "sensitive17"), controls = by_hand,
      panels = { open = { "translation-cache", "registers", "disassembly" }, focus = "translation-cache",
                 highlight = { "translation-cache" } },
      predict = { kind = "choice", choices = { "same", "call", "store" } },
      observe = observe_replace,
      other = { technique = "trap-and-emulate", observe = observe_replace_trapping },
    },
    {
      id = "cache", machine = guest(translating, "nanobench", { cmdline = "only=cli n=1000" }),
      controls = whole_run,
      panels = { open = { "translation-cache", "ledger", "timeline" }, focus = "translation-cache",
                 highlight = { "translation-cache" } },
      predict = { kind = "number", unit = "units", tolerance = 0 },
      observe = observe_cache,
      other = { technique = "trap-and-emulate", observe = observe_cache_trapping },
      retrieve = { which_step },
    },
    {
      id = "void", machine = guest(translating, "nanobench", { cmdline = "only=cli n=1000" }),
      controls = by_hand,
      panels = { open = { "translation-cache", "disassembly", "registers" }, focus = "translation-cache",
                 highlight = { "translation-cache" } },
      predict = { kind = "choice", choices = { "old", "new", "crash" } },
      observe = observe_void,
    },
    {
      id = "user", machine = guest(translating, "tinykernel"), controls = whole_run,
      panels = { open = { "ledger", "translation-cache", "console" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "choice",
                  choices = { { id = "both", misconception = "3-emulates-everything" }, "kernel",
                              "processes" } },
      observe = observe_user,
      other = { technique = "trap-and-emulate", observe = observe_user_trapping },
      retrieve = { how_it_runs },
    },
  },
  tasks = { { id = "treatment", check = check_treatment } },
}
