-- SPDX-License-Identifier: MIT
--
-- Which technique wins? Nanobench's rows and a fork-and-wait guest under every technique, beside
-- what Adams and Agesen published in 2006. Prose is in text.en.md. Our numbers are measured here;
-- theirs are quoted, and the text says which is which.

local techniques = {
  { name = "interpretation", engine = "interpreter", technique = "interpretation" },
  { name = "trap-and-emulate", engine = "unicorn", technique = "trap-and-emulate" },
  { name = "binary-translation", engine = "unicorn", technique = "binary-translation" },
  { name = "hardware-assisted", engine = "unicorn", technique = "hardware-assisted" },
}
local bare = { name = "bare-metal", engine = "unicorn", technique = "bare-metal" }
local translating, assisted = techniques[3], techniques[4]

-- Adams and Agesen, ASPLOS 2006: nanobenchmarks on a Pentium 4 672 at 3.8 GHz, in its cycles; VM
-- entry and page-fault exit of the same CPU; forkwait with 40,000 children, in seconds.
local published = {
  { row = "call", theirs = "call/ret", native = 11, software = 51, hardware = 11 },
  { row = "in", theirs = "in", native = 3209, software = 216, hardware = 15826 },
  { row = "syscall", theirs = "syscall", native = 242, software = 2308, hardware = 246 },
  { row = "divide", theirs = "divzero", native = 889, software = 3223, hardware = 1014 },
  { row = "page-fault", theirs = "pgfault", native = 1093, software = 3927, hardware = 11242 },
  { row = "pte-change", theirs = "ptemod", native = 1, software = 391, hardware = 12733 },
}
local vm_entry, page_fault_exit = 2409, 1931
local forkwait = { native = 6.02, software = 36.95, hardware = 106.4 }

-- The hardware of 2006 had no nested paging: the hypervisor kept shadow page tables and needed to
-- hear of page faults and of what changes them. An exit and an entry took what they took there.
local early = {
  name = "hardware-2006", engine = "unicorn", technique = "hardware-assisted",
  controls = { control_registers = true, invlpg = true, exceptions = { 14 } },
  costs = { exit_and_entry = vm_entry + page_fault_exit },
}

local function guest(how, image, command_line, more)
  local options = { image = image, cmdline = command_line }
  for _, source in ipairs{ how, more or {} } do
    for name, value in pairs(source) do options[name] = value end
  end
  options.name = nil
  return options
end

local function whole(number) return math.floor(number + 0.5) end

-- What one turn took: the difference of two runs, so that starting up drops out.
local function difference(few, many, turns)
  return {
    instructions = whole((many.retired - few.retired) / turns),
    cycles = whole((many.cycles - few.cycles) / turns),
    exits = (many.exits - few.exits) / turns,
  }
end

local function exits_between(machine, first, last)
  return machine:count{ kind = "exit", first = first, last = last }
end

-- Nanobench runs all its loops; each lies between the marks "B name" and "E name" on the debug port.
local function cut_out_loops(machine)
  local text, loops, began = "", {}, nil
  for _, event in ipairs(machine:events{ kind = "console" }) do
    if event.debug_port then
      text = text .. string.char(event.byte)
      if event.byte == 10 then
        local which, name = text:match("^([BE]) ([^\n]+)")
        if which == "B" then began = event
        else
          loops[name] = { retired = event.retired - began.retired, cycles = event.cycles - began.cycles,
                          exits = exits_between(machine, began.seq, event.seq) }
        end
        text = ""
      end
    end
  end
  return loops
end

-- A technique is weighed once, for all beats.
local few, many = 200, 600
local weighed = {}
local function loop_turn(how, loop)
  if not weighed[how.name] then
    local cuts = {}
    for _, turns in ipairs{ few, many } do
      local machine = lab.machine(guest(how, "nanobench", "n=" .. turns))
      machine:run{}
      cuts[turns] = cut_out_loops(machine)
    end
    weighed[how.name] = {}
    for name in pairs(cuts[few]) do
      weighed[how.name][name] = difference(cuts[few][name], cuts[many][name], many - few)
    end
  end
  return weighed[how.name][loop]
end

local function fork_turn(how)
  local cuts = {}
  for i, turns in ipairs{ 20, 60 } do
    local machine = lab.machine(guest(how, "forkwait", "n=" .. turns))
    machine:run{}
    local ledger = machine:ledger()
    cuts[i] = { retired = ledger.retired, cycles = ledger.total_cycles, exits = ledger.total_exits }
  end
  return difference(cuts[1], cuts[2], 40)
end

-- The guest under all techniques at once, each on to the same count of the guest's instructions. In a
-- window the panel "race" shows it while it runs.
local function race(beat, image, command_line, step)
  for _, lane in ipairs(lab.race{ image = image, cmdline = command_line, lanes = techniques, step = step }) do
    local ledger = lane.ledger
    lab.pause(beat .. ".lane", { technique = lane.name, retired = lane.retired, exits = ledger.total_exits,
                                 cycles = ledger.total_cycles - ledger.idle_cycles })
  end
end

-- The techniques of 2006, of which the cheapest is looked for at the end.
local then_there_were = { techniques[2], translating, early }

local function winner_of(costs)
  local best
  for _, how in ipairs(then_there_were) do
    if not best or costs[how.name] < costs[best] then best = how.name end
  end
  return best
end

local function observe_port(machine)
  machine:run{}
  local outcome = { phenomenon = machine:ledger().port_accesses }
  race("port", "nanobench", "only=in n=600", 400)
  for _, how in ipairs{ translating, assisted } do
    local turn = loop_turn(how, "in")
    lab.pause("port.turn", { technique = how.name, cycles = turn.cycles, exits = turn.exits })
    outcome[how.technique:gsub("%-", "_")] = turn.cycles
  end
  local hardware, software = outcome.hardware_assisted, outcome.binary_translation
  outcome.answer = hardware < software and "hardware" or software < hardware and "translation" or "equal"
  outcome.times = ("%.1f"):format(hardware / software)
  outcome.their_software, outcome.their_hardware = published[2].software, published[2].hardware
  outcome.their_times = whole(published[2].hardware / published[2].software)
  return outcome
end

-- A lesson's pane is narrow.
local short = { ["mov-cr3"] = "cr3", ["page-fault"] = "fault", ["pte-change"] = "pte" }
local function titled(row) return short[row] or row end

local rows = { "call", "cli", "in", "out", "mov-cr3", "syscall", "divide", "page-fault", "pte-change" }

local function observe_rows(machine)
  machine:run{}
  local lines = { "| row | bare | int. | t+e | b.t. | hw |", "|---|---|---|---|---|---|" }
  local exits = { "| row | t+e | b.t. | hw |", "|---|---|---|---|" }
  local ahead, names = 0, {}
  for _, row in ipairs(rows) do
    local reference = loop_turn(bare, row)
    local cells, counted = { titled(row), reference.cycles }, { titled(row) }
    for _, how in ipairs(techniques) do
      local turn = loop_turn(how, row)
      cells[#cells + 1] = turn.cycles
      if how.name ~= "interpretation" then counted[#counted + 1] = ("%.2g"):format(turn.exits) end
    end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
    exits[#exits + 1] = "| " .. table.concat(counted, " | ") .. " |"
    if loop_turn(translating, row).cycles < loop_turn(assisted, row).cycles then
      ahead = ahead + 1
      names[#names + 1] = "`" .. row .. "`"
    end
  end
  lab.pause("rows.ahead", { ahead = ahead, rows = #rows })
  return {
    answer = ahead,
    phenomenon = #rows,
    ahead = ahead, rows = #rows, names = table.concat(names, " and "),
    cycles = table.concat(lines, "\n"), exits = table.concat(exits, "\n"),
  }
end

local function faster(software, hardware)
  if software < hardware then return "bin. tr." end
  return hardware < software and "hardware" or "equal"
end

local function marked(number, bold) return bold and "**" .. number .. "**" or tostring(number) end
local function row_of(...) return "| " .. table.concat({ ... }, " | ") .. " |" end

local function observe_paper(machine)
  machine:run{}
  local lines = { "| theirs | native | b.t. | hw |", "|---|---|---|---|" }
  local ours = { "| ours | bare | b.t. | hw 2006 | nested |", "|---|---|---|---|---|" }
  local agree_early, agree_nested, differ = 0, 0, {}
  for _, row in ipairs(published) do
    local software, nested = loop_turn(translating, row.row).cycles, loop_turn(assisted, row.row).cycles
    local old = loop_turn(early, row.row).cycles
    local theirs = faster(row.software, row.hardware)
    if faster(software, old) == theirs then agree_early = agree_early + 1 end
    if faster(software, nested) == theirs then agree_nested = agree_nested + 1
    else differ[#differ + 1] = "`" .. row.row .. "`" end
    lines[#lines + 1] = row_of(row.theirs, row.native, marked(row.software, theirs == "bin. tr."),
                               marked(row.hardware, theirs == "hardware"))
    ours[#ours + 1] = row_of(titled(row.row), loop_turn(bare, row.row).cycles, marked(software, software < old),
                             marked(old, old < software), marked(nested, nested < software))
  end
  local before, now = loop_turn(early, "page-fault"), loop_turn(assisted, "page-fault")
  lab.pause("paper.early", { exits = before.exits, cycles = before.cycles })
  lab.pause("paper.nested", { exits = now.exits, cycles = now.cycles })
  local software = loop_turn(translating, "page-fault").cycles
  return {
    answer = faster(software, before.cycles) == "bin. tr." and "translation" or "hardware",
    phenomenon = #published,
    theirs = table.concat(lines, "\n"), ours = table.concat(ours, "\n"),
    rows = #published, agree_early = agree_early, agree_nested = agree_nested,
    differ = table.concat(differ, " and "),
    early = before.cycles, early_exits = before.exits, nested = now.cycles, software = software,
    vm_entry = vm_entry, page_fault_exit = page_fault_exit, round_trip = vm_entry + page_fault_exit,
  }
end

local children = 60
local shadow_fill = 700  -- the cost model's

local function observe_fork(machine)
  machine:run{}
  race("fork", "forkwait", "n=" .. children, 4000)
  local reference = fork_turn(bare)
  local costs, lines = {}, { "| technique | exits | cycles | × bare |", "|---|---|---|---|" }
  local function add(how, title)
    local turn = fork_turn(how)
    title = title or how.name:gsub("%-", " ")
    lines[#lines + 1] = ("| %s | %.3g | %d | %.1f |"):format(title, turn.exits, turn.cycles,
                                                            turn.cycles / reference.cycles)
    return turn.cycles
  end
  add(bare)
  for _, how in ipairs(techniques) do
    costs[how.name] = add(how)
    lab.pause("fork.turn", { technique = how.name, cycles = costs[how.name] })
  end
  local old = add(early, "hardware of 2006")
  local order = {}
  for _, how in ipairs(techniques) do order[#order + 1] = how.name end
  table.sort(order, function(a, b) return costs[a] < costs[b] end)
  local ledger = machine:ledger()
  -- What the emulated hardware leaves out: an exit and a shadow entry for each hidden fault.
  local hidden_each = ledger.shadow_misses // children
  local hidden_price = vm_entry + page_fault_exit + shadow_fill
  return {
    answer = order,
    phenomenon = ledger.exits["page-fault"].count,
    table = table.concat(lines, "\n"),
    hidden = ledger.shadow_misses, faults = ledger.guest_faults, flushes = ledger.shadow_flushes,
    instructions = reference.instructions,
    old = old,
    their_native = forkwait.native, their_software = forkwait.software, their_hardware = forkwait.hardware,
    their_software_times = ("%.1f"):format(forkwait.software / forkwait.native),
    their_hardware_times = ("%.1f"):format(forkwait.hardware / forkwait.native),
    hidden_each = hidden_each, hidden_price = hidden_price,
    old_whole = old + hidden_each * hidden_price,
  }
end

-- A guest as a mix of rows: in the last beat, its questions, and the task.
local mixed = { "call", "cli", "syscall", "in", "page-fault" }

local function sums_of(counts, price_of)
  local sums = {}
  for _, how in ipairs(then_there_were) do
    sums[how.name] = 0
    for row, turns in pairs(counts) do
      sums[how.name] = sums[how.name] + turns * price_of(how.name, row)
    end
  end
  return sums
end

local function key_of(name, row) return (name .. "_" .. row):gsub("%-", "_") end

local function observe_mix(machine)
  machine:run{}
  local outcome = { phenomenon = machine:ledger().total_cycles }
  local lines = { "| row | t+e | b.t. | hw 2006 |", "|---|---|---|---|" }
  for _, row in ipairs(mixed) do
    local cells = { titled(row) }
    for _, how in ipairs(then_there_were) do
      local cycles = loop_turn(how, row).cycles
      cells[#cells + 1] = cycles
      outcome[key_of(how.name, row)] = cycles
    end
    lines[#lines + 1] = "| " .. table.concat(cells, " | ") .. " |"
  end
  local sums = sums_of({ call = 1000, syscall = 100, ["page-fault"] = 20 },
                       function(name, row) return outcome[key_of(name, row)] end)
  for _, how in ipairs(then_there_were) do
    lab.pause("mix.sum", { technique = how.name, cycles = sums[how.name] })
    outcome[key_of("sum", how.name)] = sums[how.name]
  end
  outcome.prices = table.concat(lines, "\n")
  outcome.answer = winner_of(sums)
  return outcome
end

local function which_wins(outcome)
  local counts, best
  repeat  -- until the winner is clear by a fifth
    counts = { call = 100 * math.random(0, 30), cli = 100 * math.random(0, 20),
               syscall = 10 * math.random(0, 20), ["in"] = 10 * math.random(0, 20),
               ["page-fault"] = 10 * math.random(0, 20) }
    local sums = sums_of(counts, function(name, row) return outcome[key_of(name, row)] end)
    best = winner_of(sums)
    local clear = sums[best] > 0
    for name, sum in pairs(sums) do
      if name ~= best and sum < 1.2 * sums[best] then clear = false end
    end
  until clear
  return { kind = "choice", answer = best,
           choices = { "trap-and-emulate", "binary-translation", "hardware-2006" },
           values = { calls = counts.call, clis = counts.cli, syscalls = counts.syscall,
                      ins = counts["in"], faults = counts["page-fault"] } }
end

local function check_winner()
  lab.check("task.winner")
  local prices = {}
  for _, how in ipairs(then_there_were) do
    prices[how.name] = {}
    for _, row in ipairs(mixed) do prices[how.name][row] = loop_turn(how, row).cycles end
  end
  -- The truth is run, not computed: each loop as often as the mix says.
  local function run_of(how, row, turns)
    local machine = lab.machine(guest(how, "nanobench", "only=" .. row .. " n=" .. turns))
    machine:run{}
    return machine:ledger().total_cycles
  end
  for _, mix in ipairs{
    { call = 500 + math.random(500), syscall = 50 + math.random(100) },
    { call = 100 + math.random(200), ["in"] = 40 + math.random(100) },
    { cli = 500 + math.random(500), ["page-fault"] = 20 + math.random(100) },
  } do
    local sums, words = {}, {}
    for _, how in ipairs(then_there_were) do
      sums[how.name] = 0
      for row, turns in pairs(mix) do
        sums[how.name] = sums[how.name] + run_of(how, row, turns + 1) - run_of(how, row, 1)
      end
    end
    for row, turns in pairs(mix) do words[#words + 1] = turns .. " " .. row end
    table.sort(words)
    local case = table.concat(words, ", ") .. ": "
    local said, problem = lab.submission("winner", mix, prices)
    lab.expect.equal(case .. tostring(said or problem), case .. winner_of(sums))
  end
end

local whole_run = { "scrub", "run-to-exit" }
local raced = { "scrub", "run-to-exit", "race" }
local race_first = { open = { "race", "ledger", "console" }, focus = "race", highlight = { "race" } }
local ledger_first = { open = { "ledger", "console", "timeline" }, focus = "ledger",
                       highlight = { "ledger" } }

return {
  format_version = 1,
  uuid = "b64d2c19-8e3f-4a75-9d06-f1a7c5208e07",
  slug = "which-technique-wins",
  title = "Which technique wins?",
  minutes = 18,
  concepts = {
    teaches = { "price-by-cause", "nanobenchmark", "fork-and-wait" },
    requires = { "instruction-mix", "binary-translation", "hardware-assistance", "nested-paging",
                 "shadow-page-table" },
  },
  objectives = {
    "Say for each row of a nanobenchmark which technique pays for it, and for what.",
    "Explain why binary translation beat the first hardware assistance, and what nested paging changed.",
    "Predict from an instruction mix which technique costs least.",
  },
  out_of_scope = { "Paravirtualization.", "Time on a wall clock: our cycles are a cost model's." },
  misconceptions = { "5-hardware-is-always-faster", "2-one-technique-is-best" },
  beats = {
    {
      id = "port", machine = guest(assisted, "nanobench", "only=in n=600"), controls = raced,
      panels = race_first,
      predict = { kind = "choice",
                  choices = { { id = "hardware", misconception = "5-hardware-is-always-faster" },
                              "translation", "equal" } },
      observe = observe_port,
    },
    {
      id = "rows", machine = guest(assisted, "nanobench", "n=200"), controls = whole_run,
      panels = ledger_first,
      predict = { kind = "number", unit = "rows", tolerance = 0 },
      observe = observe_rows,
    },
    {
      id = "paper", machine = guest(early, "nanobench", "only=page-fault n=600"), controls = whole_run,
      panels = ledger_first,
      predict = { kind = "choice",
                  choices = { { id = "hardware", misconception = "5-hardware-is-always-faster" },
                              "translation" } },
      observe = observe_paper,
    },
    {
      id = "fork", machine = guest(techniques[2], "forkwait", "n=" .. children), controls = raced,
      panels = race_first,
      predict = { kind = "ordering",
                  choices = { "trap-and-emulate", "hardware-assisted", "interpretation",
                              "binary-translation" } },
      observe = observe_fork,
    },
    {
      id = "mix", machine = guest(early, "nanobench", "only=syscall n=600"), controls = whole_run,
      panels = ledger_first,
      predict = { kind = "choice",
                  choices = { "trap-and-emulate", "binary-translation", "hardware-2006" } },
      observe = observe_mix,
      retrieve = { which_wins, which_wins },
    },
  },
  tasks = { { id = "winner", check = check_winner } },
}
