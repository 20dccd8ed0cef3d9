-- SPDX-License-Identifier: MIT
--
-- Interpretation: the hypervisor executes every instruction itself. Right without any trap, and
-- what that costs. Prose is in text.en.md; every number in it is measured here.

local interpreted = { engine = "interpreter", technique = "interpretation" }
local trapping = { engine = "unicorn", technique = "trap-and-emulate" }

-- A machine's options: how it is run, and what runs.
local function guest(how, image, more)
  local options = { image = image }
  for name, value in pairs(how) do options[name] = value end
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

-- Lines of the guest's report by instruction: "popf set=held clear=delivered" → popf.
local function report_of(machine)
  local lines = {}
  for name, rest in machine:console():gmatch("(%l+) ([^\n]*=[^\n]*)") do lines[name] = rest end
  return lines
end

local function bytes_at(machine, address, length)
  local hex = {}
  for i, byte in ipairs{ machine:memory(address, length):byte(1, -1) } do
    hex[i] = ("%02x"):format(byte)
  end
  return table.concat(hex, " ")
end

local function exits_of(machine) return machine:ledger().total_exits end

-- What one turn of a nanobench loop took: the difference of two runs, so that starting up drops out.
local few, many = 300, 800
local function turn_of(how, loop, more)
  local ledger = {}
  for _, turns in ipairs{ few, many } do
    local options = guest(how, "nanobench", more)
    options.cmdline = "only=" .. loop .. " n=" .. turns
    local machine = lab.machine(options)
    machine:run{}
    ledger[turns] = machine:ledger()
  end
  local function per_turn(what)
    return (what(ledger[many]) - what(ledger[few])) / (many - few)
  end
  return {
    instructions = per_turn(function(l) return l.retired end),
    cycles = per_turn(function(l) return l.total_cycles end),
    emulated = per_turn(function(l) return l.exits["privileged-instruction"].count end),
    ports = per_turn(function(l) return l.exits["port-read"].count + l.exits["port-write"].count end),
  }
end

local function whole(number) return math.floor(number + 0.5) end

local function observe_cli(machine)
  machine:run{ until_address = "probe_pushf" }
  -- CLI, slowly: what the hypervisor does with one instruction.
  local line = machine:disassemble(1)[1]
  lab.pause("cli.fetch", { address = line.address, bytes = bytes_at(machine, line.address, line.length) })
  lab.pause("cli.decode", { instruction = line.text })
  machine:step(1)
  local virtual = machine:virtual_interrupts()
  lab.pause("cli.execute", { virtual = virtual and 1 or 0, exits = exits_of(machine) })
  for _ = 1, 2 do  -- PUSHFD, POP EAX
    local text = machine:disassemble(1)[1].text
    machine:step(1)
    lab.pause("cli.step", { instruction = text, exits = exits_of(machine) })
  end
  local seen = machine:registers().eax >> 9 & 1
  local answer = "misses"
  if exits_of(machine) > 0 then answer = "trap" elseif not virtual then answer = "decodes" end
  return {
    answer = answer,
    phenomenon = machine:ledger().interpreted,
    interpreted = machine:ledger().interpreted,
    retired = machine:position().retired,
    exits = exits_of(machine),
    virtual_if = virtual and 1 or 0,
    seen = seen,
  }
end

local function observe_cli_trapping(machine)
  machine:run{ until_address = "probe_pushf" }
  local first = machine:position().events
  machine:step(3)
  return { exits = machine:count{ kind = "exit", first = first },
           seen = machine:registers().eax >> 9 & 1 }
end

-- How many lines differ from the bare machine's, and their names. The bare machine runs once.
local bare_report
local function compare_reports(machine)
  if not bare_report then
    local reference = lab.machine{ image = "sensitive17", technique = "bare-metal" }
    reference:run{}
    bare_report = report_of(reference)
  end
  local here = report_of(machine)
  local lines, names = 0, {}
  for name, text in pairs(bare_report) do
    lines = lines + 1
    if here[name] ~= text then names[#names + 1] = name:upper() end
  end
  table.sort(names)
  return lines, names, here, bare_report
end

local function observe_seventeen(machine)
  machine:run{}
  local lines, names, here, bare = compare_reports(machine)
  for _, name in ipairs{ "sgdt", "pushf", "popf", "push" } do
    lab.pause("seventeen.line", { name = name:upper(), bare = bare[name] or "nothing",
                                  here = here[name] or "nothing" })
  end
  local answer = "all"
  if #names == 0 then answer = "none" elseif #names == 1 then answer = "one"
  elseif #names < lines then answer = "many" end
  return {
    answer = answer,
    phenomenon = lines,
    lines = lines, different = #names, exits = exits_of(machine),
    interpreted = machine:ledger().interpreted,
  }
end

local function observe_seventeen_trapping(machine)
  machine:run{}
  local lines, names = compare_reports(machine)
  return { different = #names, lines = lines, names = table.concat(names, ", "),
           exits = exits_of(machine) }
end

-- Without the time that passed in HLT: nobody computes then.
local function busy(ledger) return ledger.total_cycles - ledger.idle_cycles end

-- What interpreting Tinykernel took; a run of it is shared by two beats.
local interpreted_busy

local function observe_price(machine)
  machine:run{}
  local ledger = machine:ledger()
  interpreted_busy = busy(ledger)
  lab.pause("price.work", { interpreted = ledger.interpreted, cycles = ledger.interpreted_cycles })
  local reference = lab.machine{ image = "tinykernel", technique = "bare-metal" }
  reference:run{}
  local bare = reference:ledger()
  lab.pause("price.ticks", { ticks = ledger.interrupts, bare_ticks = bare.interrupts })
  local times = busy(ledger) / busy(bare)
  local answer = "little"
  if times > 100 then answer = "thousand" elseif times > 3 then answer = "ten" end
  return {
    answer = answer,
    phenomenon = ledger.interpreted,
    interpreted = ledger.interpreted,
    direct = ledger.direct,
    exits = ledger.total_exits,
    price = ledger.interpreted_cycles // ledger.interpreted,
    times = times,
    busy = busy(ledger), bare_busy = busy(bare),
    ticks = ledger.interrupts, bare_ticks = bare.interrupts,
  }
end

local function observe_price_trapping(machine)
  machine:run{}
  local ledger = machine:ledger()
  return { busy = busy(ledger), direct = ledger.direct, exits = ledger.total_exits,
           emulated = ledger.retired - ledger.direct }
end

local loops = { "call", "cli", "out", "syscall", "page-fault" }

local function observe_mix(machine)
  machine:run{}
  local outcome = { phenomenon = machine:ledger().interpreted }
  for _, loop in ipairs(loops) do
    local one, other = turn_of(interpreted, loop), turn_of(trapping, loop)
    local name = loop:gsub("%-", "_")
    outcome[name .. "_instructions"] = whole(other.instructions)
    outcome[name .. "_interpreted"] = whole(one.cycles)
    outcome[name .. "_trapping"] = whole(other.cycles)
    if loop == "call" or loop == "cli" then
      lab.pause("mix.turn", { loop = loop, interpreted = whole(one.cycles),
                              trapping = whole(other.cycles) })
    end
  end
  outcome.per_instruction = outcome.cli_interpreted / outcome.cli_instructions
  outcome.answer = "equal"
  if outcome.cli_interpreted < outcome.cli_trapping then outcome.answer = "interpretation"
  elseif outcome.cli_interpreted > outcome.cli_trapping then outcome.answer = "trap-and-emulate" end
  return outcome
end

local function observe_even(machine)
  machine:run{}
  local trapped, one = turn_of(trapping, "cli"), turn_of(interpreted, "cli")
  local trap = whole(trapped.cycles - trapped.instructions)
  local extra = whole((one.cycles - one.instructions) / one.instructions)
  lab.pause("even.prices", { trap = trap, extra = extra })
  local ledger = machine:ledger()
  if not interpreted_busy then
    local slow = lab.machine(guest(interpreted, "tinykernel"))
    slow:run{}
    interpreted_busy = busy(slow:ledger())
  end
  return {
    answer = trap / extra,
    phenomenon = ledger.total_exits,
    trap = trap, extra = extra, even = whole(trap / extra),
    per_exit = ledger.retired // ledger.total_exits,
    busy = busy(ledger), interpreted_busy = interpreted_busy,
  }
end

-- Retrieval.
local function which_is_cheaper(outcome)
  local seldom = math.random(2) == 1
  local turns = seldom and outcome.even * math.random(3, 60) or math.max(2, outcome.even // math.random(3, 30))
  return { kind = "choice", choices = { "interpretation", "trap-and-emulate" },
           answer = seldom and "trap-and-emulate" or "interpretation",
           values = { turns = turns } }
end

local function told_of(_)
  local cases = { "`CLI` in the guest kernel", "`ADD EAX, EBX` in a process",
                  "`SGDT` in a process", "`POPF` in the guest kernel" }
  return { kind = "choice", choices = { "executes", "trap", "nothing" }, answer = "executes",
           values = { what = cases[math.random(#cases)] } }
end

-- The task: what does a turn of a loop cost? Other prices for each seed.
local function check_cost()
  lab.check("task.cost")
  local costs = {
    exit_and_entry = 100 * math.random(5, 20), decode_and_emulate = 100 * math.random(2, 9),
    device_access = 50 * math.random(1, 9), interpret = math.random(5, 40),
  }
  for _, loop in ipairs{ "call", "cli", "out" } do
    local runs = { interpretation = turn_of(interpreted, loop, { costs = costs }),
                   ["trap-and-emulate"] = turn_of(trapping, loop, { costs = costs }) }
    local trapped = runs["trap-and-emulate"]
    local mix = { instructions = whole(trapped.instructions), emulated = whole(trapped.emulated),
                  ports = whole(trapped.ports) }
    for _, technique in ipairs{ "interpretation", "trap-and-emulate" } do
      local said, problem = lab.submission("cost_of", technique, mix, costs)
      if math.type(said) == "float" then said = whole(said) end
      local case = "loop " .. loop .. ", " .. technique .. ": "
      lab.expect.equal(case .. tostring(said or problem) .. " cycles",
                       case .. whole(runs[technique].cycles) .. " cycles")
    end
  end
end

local by_hand = { "step", "step-back", "scrub" }
local whole_run = { "scrub" }

return {
  format_version = 1,
  uuid = "7d0a6e52-9b1c-4f7e-a4d3-58c1e2f09b04",
  slug = "interpretation-correct-and-slow",
  title = "Interpretation: correct and slow",
  minutes = 14,
  concepts = {
    teaches = { "interpretation", "instruction-mix", "break-even" },
    requires = { "trap-and-emulate", "exit", "ledger", "sensitive-instruction" },
  },
  objectives = {
    "Say why an interpreter needs no trap, and why Robin and Irvine's seventeen come out right in it.",
    "Explain what interpretation costs for each instruction, and where that number comes from.",
    "Predict from an instruction mix whether interpretation or trap and emulate costs less.",
  },
  out_of_scope = { "How an interpreter is made fast.", "Compiling guest code: lesson 5." },
  misconceptions = { "4-everything-traps", "2-one-technique-is-best" },
  beats = {
    {
      id = "cli", machine = guest(interpreted, "sensitive17"), controls = by_hand,
      panels = { open = { "microscope", "disassembly", "registers" }, focus = "microscope",
                 highlight = { "microscope/execute", "registers/eflags" } },
      predict = { kind = "choice",
                  choices = { { id = "trap", misconception = "4-everything-traps" }, "decodes", "misses" } },
      observe = observe_cli,
      other = { engine = "unicorn", technique = "trap-and-emulate", observe = observe_cli_trapping },
      retrieve = { told_of },
    },
    {
      id = "seventeen", machine = guest(interpreted, "sensitive17"), controls = whole_run,
      panels = { open = { "console", "ledger", "timeline" }, focus = "console",
                 highlight = { "console" } },
      predict = { kind = "choice",
                  choices = { "none", "one", { id = "many", misconception = "4-everything-traps" }, "all" } },
      observe = observe_seventeen,
      other = { engine = "unicorn", technique = "trap-and-emulate",
                observe = observe_seventeen_trapping },
    },
    {
      id = "price", machine = guest(interpreted, "tinykernel"), controls = whole_run,
      panels = { open = { "ledger", "console", "timeline" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "choice", choices = { "little", "ten", "thousand" } },
      observe = observe_price,
      other = { engine = "unicorn", technique = "trap-and-emulate", observe = observe_price_trapping },
    },
    {
      id = "mix", machine = guest(interpreted, "nanobench", { cmdline = "only=cli n=800" }),
      controls = whole_run,
      panels = { open = { "ledger", "disassembly", "console" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "choice",
                  choices = { { id = "trap-and-emulate", misconception = "2-one-technique-is-best" },
                              "interpretation", "equal" } },
      observe = observe_mix,
    },
    {
      id = "even", machine = guest(trapping, "tinykernel"), controls = whole_run,
      panels = { open = { "ledger", "timeline", "console" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "number", unit = "instructions", tolerance = 0.25 },
      observe = observe_even,
      retrieve = { which_is_cheaper },
    },
  },
  tasks = { { id = "cost", check = check_cost } },
}
