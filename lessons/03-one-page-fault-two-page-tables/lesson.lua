-- SPDX-License-Identifier: MIT
--
-- One page fault, two page tables: true faults, hidden faults, and who hears of them.
-- Prose is in text.en.md; every number in it is measured here.

local tinykernel = { image = "tinykernel", technique = "trap-and-emulate" }
local faulter = { image = "nanobench", technique = "trap-and-emulate",
                  cmdline = "only=page-fault n=256" }

local function tell(machine, first, most)
  for _, sentence in ipairs(machine:narrate{ first = first, limit = most or 8 }) do
    lab.pause(sentence)
  end
end

local function tables(machine, address)
  local walk = machine:walk(address)
  return walk.guest or {}, walk.shadow or {}, walk.machine_address
end

-- Runs to page faults until `wanted` likes one; returns it and the stop.
local function run_to_fault(machine, wanted)
  for _ = 1, 5000 do
    local stop = machine:run{ until_event = "page-fault" }
    if stop.ended then return nil end
    local fault = machine:events{ kind = "page-fault", first = stop.exit.seq, limit = 1 }[1]
    if fault and wanted(fault) then return fault, stop end
  end
end

local function observe_hidden(machine)
  local fault, stop = run_to_fault(machine, function(f)
    return f.fault == "shadow-miss" and machine:registers().paging
  end)
  if not fault then return { phenomenon = 0 } end
  tell(machine, stop.exit.seq)
  local handlers = machine:count{ kind = "deliver-exception", first = stop.exit.seq }
  local fill = machine:events{ kind = "shadow-fill", first = stop.exit.seq, limit = 1 }[1]
  local guest = tables(machine, fault.address)
  local answer = "nobody"
  if handlers > 0 then answer = "guest" elseif fill then answer = "hypervisor" end
  return {
    answer = answer,
    phenomenon = machine:count{ kind = "page-fault", fault = "shadow-miss", first = stop.exit.seq },
    address = fault.address,
    handlers = handlers,
    guest_outcome = guest.outcome or "?",
    gfn = fill and fill.gfn or 0,
    mfn = fill and fill.mfn or 0,
  }
end

local function observe_true(machine)
  local fault, stop = run_to_fault(machine, function(f) return f.fault == "guest-fault" end)
  if not fault then return { phenomenon = 0 } end
  tell(machine, stop.exit.seq, 5)
  local page = fault.address // 4096
  -- On until the touch is done: the guest's handler maps the page and the access is repeated.
  local touches = { fault.fault }
  for _ = 1, 200 do
    local next_stop = machine:run{ until_event = "page-fault" }
    if next_stop.ended then break end
    local again = machine:events{ kind = "page-fault", first = next_stop.exit.seq, limit = 1 }[1]
    if again and again.address // 4096 == page then
      touches[#touches + 1] = again.fault
      tell(machine, next_stop.exit.seq, 5)
      break
    end
  end
  local answer = "once"
  if #touches == 2 then answer = "twice" elseif #touches == 0 then answer = "never" end
  return {
    answer = answer,
    phenomenon = machine:count{ kind = "deliver-exception", first = stop.exit.seq },
    address = fault.address,
    first_kind = touches[1] or "none",
    second_kind = touches[2] or "none",
    handler = machine:symbolize(machine:events{ kind = "deliver-exception", first = stop.exit.seq,
                                                limit = 1 }[1].handler),
  }
end

local function observe_addresses(machine)
  local fault = run_to_fault(machine, function(f)
    return f.fault == "shadow-miss" and machine:registers().cpl == 3
  end)
  if not fault then return { phenomenon = 0 } end
  local guest, shadow, machine_address = tables(machine, fault.address)
  if not shadow.physical or not guest.physical then return { phenomenon = 0 } end
  lab.pause("addresses.guest", { address = fault.address, physical = guest.physical })
  lab.pause("addresses.shadow", { address = fault.address, physical = shadow.physical })
  return {
    answer = guest.physical == shadow.physical and "same" or "different",
    phenomenon = guest.physical ~= shadow.physical and 1 or 0,
    virtual = fault.address,
    guest_physical = guest.physical,
    machine_physical = shadow.physical,
    p2m = machine_address or 0,
    guest_steps = #guest.steps,
    shadow_steps = #shadow.steps,
  }
end

local function observe_price(machine)
  machine:run{}
  local ledger = machine:ledger()
  lab.pause("price.true", { faults = ledger.guest_faults })
  lab.pause("price.hidden", { misses = ledger.shadow_misses })
  return {
    answer = ledger.exits["page-fault"].count,
    phenomenon = ledger.guest_faults,
    turns = 256,
    exits = ledger.exits["page-fault"].count,
    true_faults = ledger.guest_faults,
    hidden = ledger.shadow_misses,
    dirty = ledger.dirty_tracks,
    fills = ledger.shadow_fills,
    cycles = ledger.total_cycles,
  }
end

local function observe_price_bare(machine)
  machine:run{}
  local ledger = machine:ledger()
  return { faults = ledger.guest_faults, exits = ledger.total_exits, cycles = ledger.total_cycles }
end

local function observe_flush(machine)
  -- From one process to another: the first write of CR3 with paging on enters the first process.
  local flush, stop
  for _ = 1, 2 do
    repeat
      stop = machine:run{ until_event = "shadow-flush" }
      if stop.ended then return { phenomenon = 0 } end
      flush = machine:events{ kind = "shadow-flush", first = stop.exit.seq, limit = 1 }[1]
    until flush and flush.cause == "cr3-write" and machine:registers().paging
  end
  tell(machine, stop.exit.seq, 6)
  local first = machine:position().events
  machine:run{ instructions = 100000 }
  local misses = machine:count{ kind = "page-fault", fault = "shadow-miss", first = first }
  lab.pause("flush.after", { misses = misses })
  return {
    answer = flush.entries > 0 and "dropped" or "kept",
    phenomenon = flush.entries,
    entries = flush.entries,
    misses = misses,
  }
end

-- Retrieval.
local function who_hears(_)
  local cases = {
    { what = "The guest's table has a present, writable entry. The shadow has none.", answer = "hypervisor" },
    { what = "The guest's table has no entry for the page.", answer = "guest" },
    { what = "A process writes to a page that the guest's table marks read-only.", answer = "guest" },
    { what = "The guest's table allows the write. The shadow entry is read-only, to see it happen.",
      answer = "hypervisor" },
    { what = "Both tables allow the access.", answer = "nobody" },
  }
  local case = cases[math.random(#cases)]
  return { kind = "choice", choices = { "guest", "hypervisor", "nobody" }, answer = case.answer,
           values = { what = case.what } }
end

local function translate(_)
  local page, frame = math.random(16, 200), math.random(300, 900)
  local offset = math.random(0, 4095)
  return { kind = "number", answer = frame * 4096 + offset,
           values = { virtual = page * 4096 + offset, page = page, gfn = page + 7, mfn = frame,
                      offset = offset } }
end

-- The task: which kind of fault is it?
local function check_kind()
  lab.check("task.kind")
  local machine = lab.machine(tinykernel)
  machine:run{}
  local seen, first_wrong = {}, nil
  for _, fault in ipairs(machine:events{ kind = "page-fault" }) do
    local case = fault.fault .. ", error code " .. fault.error_code
    seen[case] = (seen[case] or 0) + 1
    if seen[case] <= 2 then
      local said, problem = lab.submission("kind_of_fault", {
        error_code = fault.error_code,
        guest_allows = fault.fault ~= "guest-fault",
      })
      local right = lab.expect.equal("error code " .. fault.error_code .. ": " .. tostring(said or problem),
                                     "error code " .. fault.error_code .. ": " .. fault.fault)
      if not right then first_wrong = first_wrong or fault end
    end
  end
  -- Leave the machine where the first wrong answer was asked for.
  if first_wrong then
    machine:seek(first_wrong.retired)
    repeat
      local stop = machine:run{ until_event = "page-fault" }
    until stop.events > first_wrong.seq or stop.ended
    lab.say("task.kind.stands", { code = first_wrong.error_code })
  end
end

local by_hand = { "step", "step-back", "run-to-exit", "run-back-to-exit", "scrub" }
local two_tables = { open = { "page-tables", "trap-theatre", "disassembly" }, focus = "page-tables",
                     highlight = { "page-tables" } }

return {
  format_version = 1,
  uuid = "e70d9b52-1f6a-4c83-b5c4-2a8f3d6e7b03",
  slug = "one-page-fault-two-page-tables",
  title = "One page fault, two page tables",
  minutes = 15,
  concepts = {
    teaches = { "shadow-page-table", "hidden-fault", "true-fault", "guest-physical", "machine-physical" },
    requires = { "deprivileging", "exit", "ledger" },
  },
  objectives = {
    "Tell a true page fault from a hidden one, and say who handles it.",
    "Follow an address from guest virtual through guest physical to machine physical.",
    "Explain what a guest's write to CR3 costs under shadow paging.",
  },
  out_of_scope = { "Nested paging in hardware.", "Large pages." },
  misconceptions = { "8-one-translation" },
  beats = {
    {
      id = "hidden", machine = tinykernel, controls = by_hand, panels = two_tables,
      predict = { kind = "choice", choices = { "guest", "hypervisor", "nobody" } },
      observe = observe_hidden,
      retrieve = { who_hears },
    },
    {
      id = "true", machine = tinykernel, controls = by_hand,
      panels = { open = { "trap-theatre", "page-tables", "timeline" }, focus = "trap-theatre",
                 highlight = { "timeline" } },
      predict = { kind = "choice", choices = { "never", "once", "twice" } },
      observe = observe_true,
    },
    {
      id = "addresses", machine = tinykernel, controls = by_hand, panels = two_tables,
      predict = { kind = "choice",
                  choices = { { id = "same", misconception = "8-one-translation" }, "different" } },
      observe = observe_addresses,
      retrieve = { translate },
    },
    {
      id = "flush", machine = tinykernel, controls = by_hand,
      panels = { open = { "timeline", "page-tables", "trap-theatre" }, focus = "timeline",
                 highlight = { "timeline" } },
      predict = { kind = "choice", choices = { "kept", "dropped" } },
      observe = observe_flush,
    },
    {
      id = "price", machine = faulter, controls = { "scrub", "run-to-exit" },
      panels = { open = { "ledger", "timeline", "console" }, focus = "ledger",
                 highlight = { "ledger" } },
      predict = { kind = "number", unit = "page-fault exits", tolerance = 0.15 },
      observe = observe_price,
      other = { technique = "bare-metal", observe = observe_price_bare },
      retrieve = { who_hears },
    },
  },
  tasks = { { id = "kind", check = check_kind } },
}
