-- SPDX-License-Identifier: MIT
--
-- Hardware assistance: the guest kernel in ring 0, and exits by configuration. VT-x is emulated on
-- Unicorn; Intel's numbers are its own. Prose is in text.en.md; every number in it is measured here.

local assisted = { engine = "unicorn", technique = "hardware-assisted" }
local trapping = { engine = "unicorn", technique = "trap-and-emulate" }

local function guest(how, image, more)
  local options = { image = image }
  for name, value in pairs(how) do options[name] = value end
  for name, value in pairs(more or {}) do options[name] = value end
  return options
end

-- Exits by Intel's number: { [30] = { name = "I/O instruction", count = 1871 }, … }, and the numbers
-- in order. Exits that VT-x does not have are left out.
local function by_number(machine)
  local rows, numbers, next = {}, {}, 0
  repeat
    local part = machine:events{ kind = "exit", first = next, limit = 5000 }
    for _, exit in ipairs(part) do
      if exit.vmx_number then
        local row = rows[exit.vmx_number]
        if not row then
          row = { name = exit.vmx_name, count = 0, first = exit }
          rows[exit.vmx_number] = row
          numbers[#numbers + 1] = exit.vmx_number
        end
        row.count = row.count + 1
      end
      next = exit.seq + 1
    end
  until #part == 0
  table.sort(numbers)
  return rows, numbers
end

local function count_of(machine, number)
  local rows = by_number(machine)
  return rows[number] and rows[number].count or 0
end

local function report_of(machine)
  local lines = {}
  for name, rest in machine:console():gmatch("(%l+) ([^\n]*=[^\n]*)") do lines[name] = rest end
  return lines
end

local function observe_ring(machine)
  machine:run{ until_address = "probe_pushf" }
  local ring = machine:physical().cpl
  local first = machine:position().events
  lab.pause("ring.before", { ring = ring, instruction = machine:disassemble(1)[1].text })
  machine:step(1)
  local exits = machine:count{ kind = "exit", first = first }
  lab.pause("ring.after", { exits = exits, virtual = machine:virtual_interrupts() and 1 or 0 })
  local answer = "ring1"
  if ring == 0 then answer = exits > 0 and "exits" or "executes" end
  return {
    answer = answer,
    phenomenon = machine:position().retired,
    ring = ring, exits = exits,
    virtual_if = machine:virtual_interrupts() and 1 or 0,
  }
end

local function observe_ring_trapping(machine)
  machine:run{ until_address = "probe_pushf" }
  local ring, first = machine:physical().cpl, machine:position().events
  machine:step(1)
  return { ring = ring, exits = machine:count{ kind = "exit", first = first } }
end

local function observe_seventeen(machine)
  machine:run{}
  local here = report_of(machine)
  for _, name in ipairs{ "sgdt", "popf", "push" } do
    lab.pause("seventeen.line", { name = name:upper(), here = here[name] or "nothing" })
  end
  local reference = lab.machine{ image = "sensitive17", technique = "bare-metal" }
  reference:run{}
  local lines, different = 0, 0
  for name, text in pairs(report_of(reference)) do
    lines = lines + 1
    if here[name] ~= text then different = different + 1 end
  end
  local answer = "all"
  if different == 0 then answer = "none" elseif different < lines then answer = "many" end
  return { answer = answer, phenomenon = lines, lines = lines, different = different,
           exits = machine:ledger().total_exits }
end

local function observe_reasons(machine)
  machine:run{}
  local rows, numbers = by_number(machine)
  local lines = { "| number | Intel's name | exits |", "|---|---|---|" }
  local by_time = { table.unpack(numbers) }
  table.sort(by_time, function(a, b) return rows[a].first.seq < rows[b].first.seq end)
  for _, number in ipairs(by_time) do
    local row = rows[number]
    lab.pause("reasons.first", { number = number, name = row.name, retired = row.first.retired })
  end
  for _, number in ipairs(numbers) do
    local row = rows[number]
    lines[#lines + 1] = ("| %d | %s | %d |"):format(number, row.name, row.count)
  end
  local exits, retired = machine:ledger().total_exits, machine:position().retired
  local reference = lab.machine(guest(trapping, "tinykernel"))
  reference:run{}
  local trapped = reference:ledger().total_exits
  local answer = "none"
  if exits >= trapped then answer = "more" elseif exits > 0 then answer = "fewer" end
  return {
    answer = answer,
    phenomenon = exits,
    exits = exits, trapped = trapped, per_exit = retired // math.max(1, exits),
    exit_table = table.concat(lines, "\n"),
    ports = rows[30] and rows[30].count or 0,
  }
end

local turns = 200

local function observe_controls(machine)
  machine:run{}
  local exits = count_of(machine, 28)
  local row = by_number(machine)[28]
  lab.pause("controls.first", { number = 28, name = row and row.name or "?", exits = exits })
  local quiet = lab.machine(guest(assisted, "nanobench", { cmdline = "only=mov-cr3 n=" .. turns }))
  quiet:run{}
  return {
    answer = exits,
    phenomenon = exits,
    exits = exits, turns = turns, name = row and row.name or "?",
    without = count_of(quiet, 28),
    cycles = machine:ledger().total_cycles, quiet_cycles = quiet:ledger().total_cycles,
  }
end

local function observe_bitmap(machine)
  machine:run{}
  local reference = lab.machine(guest(assisted, "tinykernel"))
  reference:run{}
  local printed = machine:console() == reference:console()
  local exits, accesses = count_of(machine, 30), machine:ledger().port_accesses
  lab.pause("bitmap.counts", { exits = exits, accesses = accesses })
  local answer = "lost"
  if printed then answer = exits > 0 and "exits" or "printed" end
  return {
    answer = answer,
    phenomenon = accesses,
    exits = exits, accesses = accesses, before = count_of(reference, 30),
    characters = #machine:console(),
  }
end

local pages = 256
local fault_guest = { cmdline = "only=page-fault n=" .. pages }

local function observe_paging(machine)
  machine:run{}
  local ledger = machine:ledger()
  lab.pause("paging.handled", { faults = ledger.guest_faults })
  lab.pause("paging.exits", { exits = ledger.exits["page-fault"].count })
  local asked = lab.machine(guest(assisted, "nanobench",
    { cmdline = fault_guest.cmdline, controls = { exceptions = { 14 } } }))
  asked:run{}
  local without = lab.machine(guest(assisted, "nanobench",
    { cmdline = fault_guest.cmdline, controls = { nested_paging = false } }))
  without:run{}
  local exits = ledger.exits["page-fault"].count
  local answer = "two"
  if exits == 0 then answer = "none" elseif exits < 1.5 * ledger.guest_faults then answer = "one" end
  return {
    answer = answer,
    phenomenon = ledger.guest_faults,
    pages = pages, faults = ledger.guest_faults, exits = exits, cycles = ledger.total_cycles,
    shadow_fills = ledger.shadow_fills,
    asked_exits = asked:ledger().exits["page-fault"].count,
    without_exits = without:ledger().exits["page-fault"].count,
    without_fills = without:ledger().shadow_fills,
    without_cycles = without:ledger().total_cycles,
  }
end

local function observe_paging_trapping(machine)
  machine:run{}
  local ledger = machine:ledger()
  return { exits = ledger.exits["page-fault"].count, shadow_fills = ledger.shadow_fills,
           cycles = ledger.total_cycles, faults = ledger.guest_faults }
end

-- Retrieval.
local function who_decides(_)
  local cases = {
    { what = "`CLI` in the guest kernel; every control is off", answer = "executes" },
    { what = "`CPUID` in a process; every control is off", answer = "exits" },
    { what = "`HLT` in the guest kernel; the control for HLT is on", answer = "exits" },
    { what = "`HLT` in the guest kernel; the control for HLT is off", answer = "executes" },
    { what = "`POPF` in the guest kernel; every control is on", answer = "executes" },
    { what = "`OUT` to port 0x80, whose bit in the I/O bitmap is 1", answer = "exits" },
    { what = "`OUT` to port 0x80, whose bit in the I/O bitmap is 0", answer = "executes" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "executes", "exits" }, answer = case.answer,
           values = { what = case.what } }
end

local function which_number(_)
  local cases = {
    { what = "The guest writes a letter to its serial port.", answer = 30 },
    { what = "The guest's idle loop executes `HLT`.", answer = 12 },
    { what = "The network card interrupts the host while the guest computes.", answer = 1 },
    { what = "The guest asks with `CPUID` what kind of CPU this is.", answer = 10 },
    { what = "The guest writes CR3, and the control for it is on.", answer = 28 },
  }
  local case = cases[math.random(#cases)]
  local choices = { { id = "1" }, { id = "10" }, { id = "12" }, { id = "28" }, { id = "30" } }
  return { kind = "choice", choices = choices, answer = tostring(case.answer),
           values = { what = case.what } }
end

-- The task: the learner is the CPU. Which exit, under these controls?
local function check_exit_number()
  lab.check("task.exit_number")
  local function coin() return math.random(2) == 1 end
  local first = { control_registers = coin(), invlpg = coin(), scratch = coin(), divide = coin() }
  local cases = {
    { loop = "cli", doing = { instruction = "cli" }, words = "CLI" },
    { loop = "in", doing = { instruction = "in", port = 0x3ff }, words = "IN from port 0x3ff" },
    { loop = "out", doing = { instruction = "out", port = 0x3ff }, words = "OUT to port 0x3ff" },
    { loop = "mov-cr3", doing = { instruction = "mov cr" }, words = "MOV CR3" },
    { loop = "pte-change", doing = { instruction = "invlpg" }, words = "INVLPG" },
    { loop = "divide", doing = { exception = 0 }, words = "a divide error" },
    { loop = "page-fault", doing = { exception = 14 }, words = "a page fault" },
    { loop = "syscall", doing = { instruction = "int", vector = 0x80 }, words = "INT 0x80" },
  }
  for round = 1, 2 do
    -- The second round has every control the other way round.
    local function is(name) return (round == 1) == first[name] end
    local controls = {
      control_registers = is("control_registers"), invlpg = is("invlpg"),
      ports = is("scratch") and { 0x3ff, 0xf4 } or { 0xf4 },
      exceptions = is("divide") and { 0 } or { 14 },
    }
    for _, case in ipairs(cases) do
      local machine = lab.machine(guest(assisted, "nanobench",
        { cmdline = "only=" .. case.loop .. " n=4", controls = controls }))
      machine:run{}
      -- What the loop's own instructions made; interrupts of the host are not theirs.
      local number
      for _, exit in ipairs(machine:events{ kind = "exit" }) do
        local place = machine:symbolize(exit.rip)
        if place:find("loop_", 1, true) and exit.vmx_number ~= 1 and exit.vmx_number ~= 7 then
          number = exit.vmx_number
        end
      end
      local said, problem = lab.submission("exit_number", case.doing, controls)
      if said == nil and problem then said = problem end
      local words = ("%s, round %d: "):format(case.words, round)
      lab.expect.equal(words .. (said == nil and "no exit" or tostring(said)),
                       words .. (number == nil and "no exit" or tostring(number)))
    end
  end
end

local by_hand = { "step", "step-back", "run-to-exit", "run-back-to-exit", "scrub" }
local whole_run = { "scrub", "run-to-exit", "run-back-to-exit" }
local set_by_hand = { "scrub", "run", "run-to-exit", "run-back-to-exit", "execution-controls" }

return {
  format_version = 1,
  uuid = "a18b3c70-2d64-4e95-b7f1-6c0e9d4a3b06",
  slug = "hardware-assistance-a-ring-below-zero",
  title = "Hardware assistance: a ring below zero",
  minutes = 16,
  concepts = {
    teaches = { "hardware-assistance", "root-mode", "exit-reason", "execution-controls", "nested-paging" },
    requires = { "deprivileging", "exit", "sensitive-instruction", "shadow-page-table", "hidden-fault" },
  },
  objectives = {
    "Say in which mode and ring the guest kernel runs under VT-x, and why the seventeen come out right.",
    "Read an exit reason by Intel's number, and say which execution control brought it about.",
    "Explain why a guest's page fault needs no exit under nested paging.",
  },
  out_of_scope = { "VM entry and its checks, MSR areas, nested virtualization.", "AMD-V's control block." },
  misconceptions = { "guest-kernel-in-ring-1", "hardware-means-no-exits", "8-one-translation" },
  beats = {
    {
      id = "ring", machine = guest(assisted, "sensitive17"), controls = by_hand,
      panels = { open = { "trap-theatre", "registers", "disassembly" }, focus = "trap-theatre",
                 highlight = { "registers" } },
      predict = { kind = "choice",
                  choices = { { id = "ring1", misconception = "guest-kernel-in-ring-1" }, "exits", "executes" } },
      observe = observe_ring,
      other = { technique = "trap-and-emulate", observe = observe_ring_trapping },
    },
    {
      id = "seventeen", machine = guest(assisted, "sensitive17"), controls = whole_run,
      panels = { open = { "console", "ledger", "timeline" }, focus = "console",
                 highlight = { "console" } },
      predict = { kind = "choice", choices = { "none", "many", "all" } },
      observe = observe_seventeen,
    },
    {
      id = "reasons", machine = guest(assisted, "tinykernel"), controls = whole_run,
      panels = { open = { "vmcs", "timeline", "ledger" }, focus = "vmcs",
                 highlight = { "vmcs/reasons", "vmcs/exit-information" } },
      predict = { kind = "choice",
                  choices = { { id = "none", misconception = "hardware-means-no-exits" }, "fewer", "more" } },
      observe = observe_reasons,
      retrieve = { which_number },
    },
    {
      id = "controls", controls = set_by_hand,
      machine = guest(assisted, "nanobench",
                      { cmdline = "only=mov-cr3 n=" .. turns, controls = { control_registers = true } }),
      panels = { open = { "vmcs", "timeline", "ledger" }, focus = "vmcs",
                 highlight = { "vmcs/controls" } },
      predict = { kind = "number", unit = "exits", tolerance = 0.1 },
      observe = observe_controls,
      retrieve = { who_decides },
    },
    {
      id = "bitmap", controls = whole_run,
      machine = guest(assisted, "tinykernel", { controls = { ports = {} } }),
      panels = { open = { "console", "vmcs", "devices" }, focus = "console",
                 highlight = { "console", "vmcs/controls" } },
      predict = { kind = "choice", choices = { "lost", "exits", "printed" } },
      observe = observe_bitmap,
    },
    {
      id = "paging", machine = guest(assisted, "nanobench", fault_guest), controls = whole_run,
      panels = { open = { "ledger", "page-tables", "timeline" }, focus = "ledger",
                 highlight = { "page-tables" } },
      predict = { kind = "choice",
                  choices = { "none", "one", { id = "two", misconception = "8-one-translation" } } },
      observe = observe_paging,
      other = { technique = "trap-and-emulate", observe = observe_paging_trapping },
    },
  },
  tasks = { { id = "exit_number", check = check_exit_number } },
}
