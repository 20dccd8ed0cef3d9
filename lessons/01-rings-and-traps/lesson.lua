-- SPDX-License-Identifier: MIT
--
-- Rings and traps: what becomes of CLI, OUT, HLT and MOV CR3 in a deprivileged kernel.
-- Prose is in text.en.md. Whatever a text shows as a number, a function here measured.

local tinykernel = { image = "tinykernel", technique = "trap-and-emulate" }

-- One sentence for each event from `first` on, each waiting for the reader.
local function tell(machine, first, most)
  for _, sentence in ipairs(machine:narrate{ first = first, limit = most or 8 }) do
    lab.pause(sentence)
  end
end

-- Runs to exits of this instruction until `wanted` likes one, or gives up.
local function run_to(machine, mnemonic, wanted, tries)
  for _ = 1, tries or 2000 do
    local stop = machine:run{ until_exit = "privileged-instruction", mnemonic = mnemonic }
    if stop.ended then return nil end
    if not wanted or wanted(stop) then return stop end
  end
end

local function observe_cli(machine)
  -- A CLI that changes something: interrupts were on for the guest before it.
  local stop = run_to(machine, "cli", function(s)
    return machine:count{ kind = "if", first = s.exit.seq } > 0
  end)
  if not stop then return { phenomenon = 0 } end
  tell(machine, stop.exit.seq)
  local real, virtual = machine:physical().interrupts, machine:virtual_interrupts()
  local answer = "nothing"
  if not real then answer = "real" elseif not virtual then answer = "virtual" end
  return {
    answer = answer,
    phenomenon = machine:count{ kind = "exit", reason = "privileged-instruction", mnemonic = "cli" },
    ring = machine:physical().cpl,
    believed_ring = machine:registers().cpl,
    real_if = real and 1 or 0,
    virtual_if = virtual and 1 or 0,
    retired = stop.retired,
  }
end

local function observe_out(machine)
  -- The first byte for the serial line's data register.
  local stop
  for _ = 1, 2000 do
    stop = machine:run{ until_event = "console" }
    if stop.ended then return { phenomenon = 0 } end
    if stop.exit and machine:count{ kind = "console", first = stop.exit.seq } > 0 then break end
  end
  tell(machine, stop.exit.seq)
  local step_of = { exit = "trap", port = "device", console = "console", resume = "resume" }
  local order, letter = {}, nil
  for _, event in ipairs(machine:events{ first = stop.exit.seq }) do
    if step_of[event.kind] then
      order[#order + 1] = step_of[event.kind]
      if event.kind == "console" then letter = event.byte end
      step_of[event.kind] = nil
    end
  end
  return {
    answer = order,
    phenomenon = machine:count{ kind = "port" },
    letter = letter and string.char(letter) or "",
    from = stop.exit.from,
    reason = stop.exit.reason,
    bytes = stop.exit.bytes,
  }
end

local function observe_hlt(machine)
  local stop = run_to(machine, "hlt")
  if not stop then return { phenomenon = 0 } end
  tell(machine, stop.exit.seq)
  -- The hypervisor has the CPU now. What does it do with it?
  local idle_before = machine:ledger().idle_cycles
  local first = machine:position().events
  local ran = machine:run{ until_event = "deliver-interrupt" }
  tell(machine, first, 4)
  local idle = machine:ledger().idle_cycles - idle_before
  local delivered = machine:events{ kind = "deliver-interrupt", first = first, limit = 1 }
  local answer = "stops"
  if idle > 0 and #delivered > 0 then answer = "virtual" elseif #delivered > 0 then answer = "ignored" end
  return {
    answer = answer,
    phenomenon = #delivered,
    idle_us = idle // 1000,
    vector = delivered[1] and delivered[1].vector or 0,
    handler = delivered[1] and machine:symbolize(delivered[1].handler) or "",
    retired = ran.retired,
  }
end

local function observe_cr3(machine)
  local stop = run_to(machine, "mov cr", function(s)
    local writes = machine:events{ kind = "cr-write", first = s.exit.seq, limit = 1 }
    -- With paging on, so that the register is in use.
    return #writes > 0 and writes[1].number == 3 and machine:registers().paging
  end)
  if not stop then return { phenomenon = 0 } end
  tell(machine, stop.exit.seq)
  local write = machine:events{ kind = "cr-write", first = stop.exit.seq, limit = 1 }[1]
  local real = machine:physical().cr3
  local answer = real == write.after and "same" or "other"
  return {
    answer = answer,
    phenomenon = machine:count{ kind = "shadow-flush", first = stop.exit.seq },
    guest_cr3 = write.after,
    real_cr3 = real,
    retired = stop.retired,
  }
end

local function observe_share(machine)
  local stop = machine:run{}
  lab.pause("share.said", { text = stop.text })
  local ledger = machine:ledger()
  local share = ledger.total_exits / ledger.retired
  local answer = "all"
  if share < 0.01 then answer = "hundredth" elseif share < 0.1 then answer = "tenth"
  elseif share < 0.9 then answer = "half" end
  return {
    answer = answer,
    phenomenon = ledger.direct,
    retired = ledger.retired,
    direct = ledger.direct,
    emulated = ledger.retired - ledger.direct,
    exits = ledger.total_exits,
    share = share,
    per_exit = ledger.retired // math.max(1, ledger.total_exits),
    exit_share = ledger.exit_cycles / ledger.total_cycles,
    cycles = ledger.total_cycles,
  }
end

local function observe_share_bare(machine)
  machine:run{}
  local ledger = machine:ledger()
  return { exits = ledger.total_exits, cycles = ledger.total_cycles, retired = ledger.retired }
end

local function observe_four(machine)
  machine:run{}
  local ledger = machine:ledger()
  local switches = 0
  for _, write in ipairs(machine:events{ kind = "cr-write" }) do
    if write.number == 3 then switches = switches + 1 end
  end
  local calls = ledger.exits["software-interrupt"].count
  local interrupts, traps = ledger.interrupts, ledger.exits["privileged-instruction"].count
  lab.pause("four.traps", { traps = traps })
  lab.pause("four.calls", { calls = calls })
  lab.pause("four.interrupts", { interrupts = interrupts })
  lab.pause("four.switches", { switches = switches })
  local answer = "different"
  if calls == switches then answer = "calls-switch"
  elseif interrupts == switches then answer = "interrupts-switch" end
  return {
    answer = answer,
    phenomenon = math.min(calls, interrupts, switches, traps),
    calls = calls, interrupts = interrupts, switches = switches, traps = traps,
  }
end

-- Retrieval: a new case each time, answered by the same rule.
local function who_sees(_)
  local cases = {
    { what = "`CLI` in the guest kernel", answer = "hypervisor" },
    { what = "`ADD EAX, EBX` in the guest kernel", answer = "nobody" },
    { what = "`HLT` in the guest kernel", answer = "hypervisor" },
    { what = "`MOV CR3, EAX` in the guest kernel", answer = "hypervisor" },
    { what = "`PUSH EBP` in a guest process", answer = "nobody" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "hypervisor", "nobody" }, answer = case.answer,
           values = { what = case.what } }
end

local function exits_of_loop(outcome)
  local turns = 10 * math.random(2, 99)
  return { kind = "number", unit = "exits", answer = turns, values = { turns = turns } }
end

local function which_event(_)
  local cases = { "interrupt", "trap", "call", "switch" }
  local answer = cases[math.random(#cases)]
  return { kind = "choice", choices = cases, answer = answer,
           values = { case = lab.text("four.case." .. answer) } }
end

local theatre = { open = { "trap-theatre", "disassembly", "registers" }, focus = "trap-theatre",
                  highlight = { "registers/eflags" } }
local by_hand = { "step", "step-back", "run-to-exit", "run-back-to-exit", "scrub" }

-- The task: say how the hypervisor must answer an exit.
local function check_decide()
  lab.check("task.decide")
  local machine = lab.machine(tinykernel)
  machine:run{ instructions = 3000000 }
  local faults, seen, first_wrong = {}, {}, nil
  for _, fault in ipairs(machine:events{ kind = "page-fault" }) do faults[fault.seq] = fault.fault end
  for _, exit in ipairs(machine:events{ kind = "exit" }) do
    local resume = machine:events{ kind = "resume", first = exit.seq, limit = 1 }[1]
    local key = exit.reason .. "/" .. exit.from .. "/" .. (faults[exit.seq + 1] or "")
    seen[key] = (seen[key] or 0) + 1
    -- A few of each sort are enough.
    if resume and seen[key] <= 3 and resume.handling ~= "clock-advanced" then
      local said, problem = lab.submission("decide", {
        reason = exit.reason, from = exit.from, mnemonic = exit.mnemonic,
        fault = faults[exit.seq + 1],
      })
      local case = exit.reason .. " from " .. exit.from
      if faults[exit.seq + 1] then case = case .. " (" .. faults[exit.seq + 1] .. ")" end
      local right =
        lab.expect.equal(case .. ": " .. tostring(said or problem), case .. ": " .. resume.handling)
      if not right and not first_wrong then first_wrong = { exit = exit, case = case } end
    end
  end
  -- Leave the machine where the first wrong answer was asked for.
  if first_wrong then
    machine:seek(first_wrong.exit.retired)
    repeat
      local stop = machine:run{ until_exit = first_wrong.exit.reason }
    until stop.events > first_wrong.exit.seq or stop.ended
    lab.say("task.decide.stands", { case = first_wrong.case })
  end
end

return {
  format_version = 1,
  uuid = "5b1c6f0e-7a58-4d54-9c11-0d6f2a4b8e01",
  slug = "rings-and-traps",
  title = "Rings and traps",
  minutes = 15,
  concepts = {
    teaches = { "deprivileging", "trap-and-emulate", "exit", "virtual-interrupt-flag", "ledger" },
    requires = {},
  },
  objectives = {
    "Say what the CPU, the hypervisor and the guest each do when a deprivileged kernel executes CLI, OUT, HLT or MOV CR3.",
    "Tell a privileged instruction's trap, a system call, an interrupt and a context switch apart.",
    "Estimate which share of a guest's instructions a hypervisor has to handle.",
  },
  out_of_scope = { "How shadow page tables are filled: lesson 3.", "Hardware-assisted virtualization." },
  misconceptions = { "1-one-event", "3-emulates-everything" },
  beats = {
    {
      id = "cli", machine = tinykernel, panels = theatre, controls = by_hand,
      predict = { kind = "choice", choices = { "real", "virtual", "nothing" } },
      observe = observe_cli,
      retrieve = { who_sees },
    },
    {
      id = "out", machine = tinykernel, controls = by_hand,
      panels = { open = { "trap-theatre", "console", "timeline" }, focus = "trap-theatre",
                 highlight = { "console" } },
      predict = { kind = "ordering", choices = { "resume", "console", "trap", "device" } },
      observe = observe_out,
    },
    {
      id = "hlt", machine = tinykernel, controls = by_hand,
      panels = { open = { "trap-theatre", "timeline", "devices" }, focus = "trap-theatre",
                 highlight = { "timeline" } },
      predict = { kind = "choice", choices = { "stops", "ignored", "virtual" } },
      observe = observe_hlt,
    },
    {
      id = "cr3", machine = tinykernel, controls = by_hand,
      panels = { open = { "trap-theatre", "registers", "page-tables" }, focus = "registers",
                 highlight = { "registers/cr3" } },
      predict = { kind = "choice", choices = { { id = "same", misconception = "8-one-table" }, "other" } },
      observe = observe_cr3,
    },
    {
      id = "share", machine = tinykernel, controls = { "run", "scrub", "run-to-exit" },
      panels = { open = { "ledger", "timeline", "console" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "choice",
                  choices = { { id = "all", misconception = "3-emulates-everything" }, "half", "tenth",
                              "hundredth" } },
      observe = observe_share,
      other = { technique = "bare-metal", observe = observe_share_bare },
      retrieve = { exits_of_loop },
    },
    {
      id = "four", machine = tinykernel, controls = by_hand,
      panels = { open = { "timeline", "ledger", "trap-theatre" }, focus = "timeline",
                 highlight = { "timeline" } },
      predict = { kind = "choice",
                  choices = { { id = "calls-switch", misconception = "1-one-event" },
                              { id = "interrupts-switch", misconception = "1-one-event" }, "different" } },
      observe = observe_four,
      retrieve = { which_event },
    },
  },
  tasks = { { id = "decide", check = check_decide } },
}
