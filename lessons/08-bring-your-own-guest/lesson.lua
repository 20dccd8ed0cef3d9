-- SPDX-License-Identifier: MIT
--
-- Bring your own guest: two programs that nobody here wrote, from Debian's packages grub-invaders
-- and memtest86+, unmodified. Prose is in text.en.md; every number in it is measured here.

local game = { image = "invaders", technique = "trap-and-emulate" }
local guest_mib = 8
local tester = { image = "memtest86+", technique = "trap-and-emulate", memory = guest_mib }
-- As much as the phenomena need: every access to a port is three events.
local piece = 300000

-- The exit reason that the ledger has most of, its count, and all exits.
local function commonest_exit(machine)
  local ledger, name, most = machine:ledger(), "", 0
  for reason, row in pairs(ledger.exits) do
    if row.count > most or (row.count == most and reason < name) then name, most = reason, row.count end
  end
  return name, most, ledger.total_exits
end

-- Rows of the screen that hold a plain substring.
local function shows(machine, text) return machine:screen():find(text, 1, true) ~= nil end

-- Runs in pieces until the screen shows a text; false where the guest stops before.
local function run_until_screen(machine, text, pieces)
  for _ = 1, pieces do
    if shows(machine, text) then return true end
    if machine:run{ instructions = piece }.cause ~= "instruction-limit" then return false end
  end
  return shows(machine, text)
end

local function observe_game(machine)
  machine:run{ instructions = 2 * piece }
  local name, most, exits = commonest_exit(machine)
  local ledger = machine:ledger()
  local own = lab.machine{ image = "tinykernel", technique = "trap-and-emulate" }
  own:run{ instructions = 2 * piece }
  local own_ledger = own:ledger()
  lab.pause("game.exits", { exits = exits, retired = ledger.retired })
  local answer = "none"
  if name == "port-read" or name == "port-write" then answer = "ports"
  elseif name == "page-fault" then answer = "pages"
  elseif name == "privileged-instruction" then answer = "privileged" end
  return {
    answer = answer,
    phenomenon = shows(machine, "-*-") and exits or 0,
    exits = exits, retired = ledger.retired, per_exit = ledger.retired // math.max(1, exits),
    own_per_exit = own_ledger.retired // math.max(1, own_ledger.total_exits),
    most = most, name = name, faults = ledger.exits["page-fault"].count,
    privileged = ledger.exits["privileged-instruction"].count,
  }
end

local function observe_game_bare(machine)
  machine:run{ instructions = 2 * piece }
  local ledger = machine:ledger()
  return { exits = ledger.total_exits, ports = ledger.port_accesses }
end

local function observe_keyboard(machine)
  machine:run{ instructions = piece }
  local first = machine:position().events
  lab.pause("keyboard.before", { interrupts = machine:ledger().interrupts })
  machine:press(" ")
  machine:run{ instructions = piece }
  local exits = machine:events{ reason = "port-read", port = 0x60, first = first, limit = 8 }
  for _, exit in ipairs(exits) do
    local read = machine:events{ kind = "port", first = exit.seq, limit = 1 }[1]
    lab.pause("keyboard.read", { code = read.value })
  end
  local reads = machine:count{ reason = "port-read", port = 0x60, first = first }
  local looks = machine:count{ reason = "port-read", port = 0x64, first = first }
  local interrupts = machine:ledger().interrupts
  local answer = "memory"
  if interrupts > 0 then answer = "interrupt" elseif reads > 0 then answer = "polls" end
  return { answer = answer, phenomenon = reads, reads = reads, looks = looks,
           interrupts = interrupts }
end

local function observe_assisted(machine)
  machine:run{ instructions = piece }
  local trapped = machine:ledger().total_exits
  lab.pause("assisted.trapped", { exits = trapped })
  local other = lab.machine{ image = "invaders", technique = "hardware-assisted" }
  other:run{ instructions = piece }
  local exits = other:ledger().total_exits
  lab.pause("assisted.exits", { exits = exits })
  local answer = "some"
  if exits * 10 < trapped then answer = "few" elseif exits * 10 >= trapped * 8 then answer = "same" end
  return { answer = answer, phenomenon = exits, trapped = trapped, exits = exits,
           share = exits / trapped }
end

-- The same with the timer's ports passed through.
local function observe_passed_through(machine)
  machine:run{ instructions = piece }
  return { exits = machine:ledger().total_exits }
end

local function observe_memtest(machine)
  local stop = machine:run{ instructions = 2 * piece }
  lab.pause("memtest.stopped", { why = stop.text })
  local answer = "runs"
  if stop.cause == "engine-refused" then answer = "refused"
  elseif stop.cause == "guest-crashed" then answer = "crashes" end
  return { answer = answer, phenomenon = stop.retired, retired = stop.retired,
           instruction = machine:disassemble(1)[1].text, why = stop.text }
end

local function line_with(machine, text)
  for line in machine:screen():gmatch("[^\n]+") do
    if line:find(text, 1, true) then return (line:gsub("^%s+", ""):gsub("%s+$", ""):gsub("%s+", " ")) end
  end
  return ""
end

local function observe_memtest_assisted(machine)
  local waited = run_until_screen(machine, "<Enter> to start testing", 200)
  machine:press("\n")
  local testing = waited and run_until_screen(machine, "Status: Testing", 200)
  if not testing then error("memtest86+ did not reach its tests") end
  return { memory = line_with(machine, "Memory"):match("Memory : %w+") or "nothing",
           size = guest_mib, exits = machine:ledger().total_exits }
end

-- Retrieval.
local function which_exit(_)
  local cases = {
    { name = "reads the keyboard's data port in a loop", answer = "port" },
    { name = "writes to the timer's control port", answer = "port" },
    { name = "adds two registers", answer = "none" },
    { name = "stores a character into video memory that its tables map", answer = "none" },
    { name = "switches interrupts off with CLI", answer = "privileged" },
    { name = "loads its own GDT", answer = "privileged" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "port", "privileged", "none" }, answer = case.answer,
           values = { name = case.name } }
end

local function what_helps(_)
  local cases = {
    { name = "a kernel that switches address spaces all the time, under shadow page tables", answer = "assistance" },
    { name = "a game that reads a timer port all the time", answer = "nothing" },
    { name = "a driver that polls a status port that must be emulated", answer = "nothing" },
    { name = "a kernel that switches interrupts off and on all the time", answer = "assistance" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "assistance", "nothing" }, answer = case.answer,
           values = { name = case.name } }
end

-- The task: what kind of image is this? Images are made here, byte by byte.
local function zeros(count) return ("\0"):rep(count) end

local function with(image, at, bytes)
  return image:sub(1, at) .. bytes .. image:sub(at + #bytes + 1)
end

local function multiboot_header(flags, error)
  local sum = (-(0x1badb002 + flags) + error) & 0xffffffff
  return string.pack("<I4I4I4", 0x1badb002, flags, sum)
end

local function check_recognize()
  lab.check("task.recognize")
  local function ask(image, expected)
    local said, problem = lab.submission("recognize", image)
    lab.expect.equal(problem or tostring(said), expected)
  end
  local boot_sector = with(zeros(1024), 510, "\x55\xaa")
  local bzimage = with(boot_sector, 0x202, "HdrS")
  local at = 4 * math.random(10, 1000)
  ask(with(zeros(8192), at, multiboot_header(3, 0)), "multiboot")
  ask(with(zeros(8192), 0, multiboot_header(0, 0)), "multiboot")
  ask(bzimage, "bzimage")
  ask(boot_sector, "boot-sector")
  ask(zeros(600), "flat")
  ask("\xf4", "flat")
  -- Not aligned, the wrong sum, too late: no header.
  ask(with(zeros(8192), at + 2, multiboot_header(3, 0)), "flat")
  ask(with(zeros(8192), at, multiboot_header(3, 1)), "flat")
  ask(with(zeros(12000), 8192, multiboot_header(3, 0)), "flat")
  ask(with(zeros(600), 0x202, "HdrS"), "flat")
end

local by_hand = { "step", "step-back", "run-to-exit", "run-back-to-exit", "scrub" }

return {
  format_version = 1,
  uuid = "5d0c9f12-6a3e-4b7d-9c58-2f7e1b86aa08",
  slug = "bring-your-own-guest",
  title = "Bring your own guest",
  minutes = 15,
  concepts = {
    teaches = { "port-exit", "io-bitmap", "boot-protocol", "segment-limit" },
    requires = { "trap-and-emulate", "exit", "ledger", "hardware-assistance" },
  },
  objectives = {
    "Predict from what a guest does which exits it will cause.",
    "Say why hardware assistance saves no exit on a port that has to be emulated, and what does.",
    "Say why trap and emulate could not follow x86 into long mode.",
    "Tell multiboot kernels, bzImages and boot sectors apart by their bytes.",
  },
  out_of_scope = { "Writing a guest; guest-kits/README.md tells how." },
  misconceptions = { "3-emulates-everything", "5-hardware-is-faster" },
  beats = {
    {
      id = "game", machine = game, controls = by_hand,
      panels = { open = { "screen", "ledger", "trap-theatre" }, focus = "screen",
                 highlight = { "ledger" } },
      predict = { kind = "choice",
                  choices = { { id = "none", misconception = "3-emulates-everything" },
                              "pages", "privileged", "ports" } },
      observe = observe_game,
      other = { technique = "bare-metal", observe = observe_game_bare },
      retrieve = { which_exit },
    },
    {
      id = "keyboard", machine = game, controls = by_hand,
      panels = { open = { "screen", "devices", "timeline" }, focus = "devices",
                 highlight = { "devices" } },
      predict = { kind = "choice", choices = { "interrupt", "polls", "memory" } },
      observe = observe_keyboard,
    },
    {
      id = "assisted", machine = game, controls = { "scrub", "run-to-exit" },
      panels = { open = { "ledger", "screen", "timeline" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "choice",
                  choices = { { id = "few", misconception = "5-hardware-is-faster" },
                              "some", "same" } },
      observe = observe_assisted,
      -- An I/O bitmap that names the keyboard's ports alone.
      other = { technique = "hardware-assisted", controls = { ports = { 0x60, 0x64 } },
                observe = observe_passed_through },
      retrieve = { what_helps },
    },
    {
      id = "memtest", machine = tester,
      controls = { "scrub", "run-to-exit" },
      panels = { open = { "screen", "disassembly", "registers" }, focus = "disassembly",
                 highlight = { "disassembly" } },
      predict = { kind = "choice", choices = { "runs", "crashes", "refused" } },
      observe = observe_memtest,
      other = { technique = "hardware-assisted", observe = observe_memtest_assisted },
    },
  },
  tasks = { { id = "recognize", check = check_recognize } },
}
