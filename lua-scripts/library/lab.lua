---@meta
-- SPDX-License-Identifier: MIT
--
-- lab.lua - what lessons, exercises and the Lua console may call, for the Lua language server.
-- Nothing here runs. A test keeps these names equal to the program's.

---What stopped a run.
---@class Stop
---@field cause string "breakpoint-hit", "console-matched", "instruction-limit", "guest-exited", …
---@field text string one sentence about it
---@field retired integer instructions completed so far
---@field cycles integer virtual time
---@field events integer sequence number of the next event
---@field ended boolean the guest has come to its end
---@field exit_code integer what the guest wrote to the debug-exit port
---@field exit Event|nil the newest exit

---A fact about the run. Which further fields there are depends on `kind`.
---@class Event
---@field seq integer place in the event log, from 0
---@field kind string "exit", "resume", "emulate", "port", "page-fault", "shadow-fill", "console", …
---@field retired integer instructions completed before it
---@field cycles integer virtual time
---@field rip integer the instruction it belongs to
---@field reason string|nil of exit and resume: "privileged-instruction", "page-fault", …
---@field from string|nil of exit: "guest-user", "guest-kernel"
---@field mnemonic string|nil of exit and emulate: "cli", "mov cr", …
---@field qualification integer|nil of exit: port, vector, error code or register number
---@field bytes string|nil of exit: the instruction's, in hexadecimal
---@field vmx_number integer|nil of exit: VT-x's basic exit reason; nil where VT-x has no such exit
---@field vmx_name string|nil of exit: Intel's name of that number
---@field handling string|nil of resume: "emulated", "reflected", "shadow-filled", …
---@field cost integer|nil of resume: cycles
---@field address integer|nil of page-fault and shadow-fill
---@field fault string|nil of page-fault: "guest-fault", "shadow-miss", "dirty-track"
---@field error_code integer|nil of page-fault and deliver-exception
---@field number integer|nil of cr-write
---@field before integer|nil of cr-write
---@field after integer|nil of cr-write
---@field vector integer|nil of deliver-exception and deliver-interrupt
---@field byte integer|nil of console and input
---@field cause string|nil of invalidate: "code-written", "mapping-changed"; of evict: "no-room", "stack-segment", "outside-write"
---@field units integer|nil of invalidate and evict

---Which events; every field may be absent.
---@class EventFilter
---@field kind string|nil
---@field reason string|nil of exits
---@field mnemonic string|nil
---@field storey string|nil where an exit came from
---@field port integer|nil
---@field vector integer|nil
---@field fault string|nil
---@field first integer|nil from this sequence number on
---@field last integer|nil up to this one
---@field from integer|nil from this many completed instructions on
---@field to integer|nil up to this many
---@field limit integer|nil at most so many events

---Where to stop; every field may be absent.
---@class RunOptions
---@field instructions integer|nil at most so many
---@field until_console string|nil a regular expression on the console's text
---@field until_exit string|nil an exit reason, or "any"
---@field until_event string|nil a kind of event
---@field until_address integer|string|nil an address or a symbol
---@field mnemonic string|nil only this instruction
---@field port integer|nil
---@field vector integer|nil
---@field when string|nil a condition, such as "eax == 4 and cpl == 0"

---@class BreakpointOptions
---@field address integer|string|nil
---@field exit string|nil
---@field event string|nil
---@field mnemonic string|nil
---@field port integer|nil
---@field vector integer|nil
---@field when string|nil

---@class MachineOptions
---@field image string a file, or the name of a guest kit: "tinykernel"
---@field technique string|nil "bare-metal", "interpretation", "trap-and-emulate", "binary-translation", "hardware-assisted"
---@field engine string|nil "unicorn", "interpreter", "kvm"
---@field memory integer|nil MiB
---@field cmdline string|nil
---@field disk string|nil
---@field seed integer|nil
---@field costs table<string, integer>|nil changes to the cost model
---@field controls ExecutionControls|nil what exits under hardware assistance on unicorn

---@class ExecutionControls
---@field external_interrupts boolean|nil the host's timer, true
---@field hlt boolean|nil true
---@field rdtsc boolean|nil
---@field invlpg boolean|nil
---@field mov_dr boolean|nil
---@field control_registers boolean|nil MOV CR but CR2, CLTS, LMSW
---@field msrs boolean|nil RDMSR, WRMSR
---@field nested_paging boolean|nil true; without it CR3, INVLPG and page faults exit
---@field ports integer[]|nil the ports that exit; all of them without it
---@field exceptions integer[]|nil the vectors that exit; none without it

---@class LedgerRow
---@field count integer
---@field cycles integer

---@class Ledger
---@field retired integer
---@field direct integer executed by the CPU itself
---@field measured integer nanoseconds in the guest, on kvm
---@field translation Translation what a binary translator did
---@field interpreted integer executed by the hypervisor, one by one
---@field interpreted_cycles integer what that cost besides the retired ones
---@field idle_cycles integer
---@field total_exits integer
---@field exit_cycles integer
---@field total_cycles integer
---@field exits table<string, LedgerRow> by exit reason
---@field emulated table<string, LedgerRow> by instruction
---@field shadow_misses integer
---@field dirty_tracks integer
---@field guest_faults integer
---@field shadow_fills integer
---@field shadow_flushes integer
---@field reflections integer
---@field interrupts integer
---@field port_accesses integer
---@field unclaimed_ports integer

---@class Translation
---@field added_instructions integer executed because of translation; the guest has none of them
---@field units integer made, those made again included
---@field ident integer guest instructions that were copied
---@field rewritten integer guest instructions that were replaced by others, in the cache
---@field callouts integer guest instructions that became calls of the hypervisor
---@field chains integer branches that lead straight to another translation
---@field lookup_hits integer indirect branches that found their target in the cache
---@field lookup_misses integer indirect branches that had to ask the translator
---@field code_writes integer writes to pages whose code is translated
---@field units_invalidated integer
---@field evictions integer

---@class CacheInstruction
---@field address integer in the cache
---@field text string
---@field retires boolean it completes the guest's instruction

---@class TranslatedInstruction
---@field address integer the guest's
---@field text string the guest's instruction
---@field treatment string "ident", "rewritten", "callout"
---@field cache CacheInstruction[] what stands for it in the cache

---@class TranslationUnit
---@field guest integer address of its guest code
---@field entry integer its address in the cache
---@field cache_bytes integer
---@field live boolean false: invalidated
---@field checked boolean compares the guest's bytes at each entry
---@field instructions TranslatedInstruction[]
---@field exits { target: integer, chained: boolean, leads_to: integer }[]

---@class TranslationCache
---@field size integer bytes
---@field used integer bytes
---@field executing integer where the CPU stands in it; 0 elsewhere
---@field units TranslationUnit[] in the order of their addresses in the cache

---@class PageWalk
---@field outcome string "mapped", "not-present", …
---@field physical integer guest-physical in the guest's tables, machine-physical in the shadow
---@field writable boolean
---@field user boolean
---@field accessed boolean
---@field dirty boolean
---@field steps table[]

---A running guest.
---@class Machine
local Machine = {}

---Stops before the instruction at an address, after an exit, or where a condition holds. Returns its id.
---@param options BreakpointOptions
---@return integer
function Machine:breakpoint(options) end

---Forgets every breakpoint.
function Machine:clear_breakpoints() end

---The guest's console text up to now.
---@return string
function Machine:console() end

---How many events there are.
---@param filter EventFilter|nil
---@return integer
function Machine:count(filter) end

---The next instructions: address, length, text, symbol, sensitivity.
---@param lines integer|nil
---@return table[]
function Machine:disassemble(lines) end

---Whether the guest has come to its end.
---@return boolean
function Machine:ended() end

---@return string
function Machine:engine() end

---Hash of everything recorded up to now, as 16 digits.
---@return string
function Machine:event_log_hash() end

---The events up to now.
---@param filter EventFilter|nil
---@return Event[]
function Machine:events(filter) end

---What the run did, and what that cost.
---@return Ledger
function Machine:ledger() end

---Bytes at a virtual address or symbol; fewer where nothing is mapped.
---@param address integer|string
---@param bytes integer
---@return string
function Machine:memory(address, bytes) end

---Events as sentences.
---@param filter EventFilter|nil
---@return string[]
function Machine:narrate(filter) end

---What the physical CPU holds: cpl, cr3, eflags, interrupts, cs, ss, gdt_base.
---@return table<string, any>
function Machine:physical() end

---Where the run is: retired, cycles, events.
---@return table<string, integer>
function Machine:position() end

---Presses and releases keys of the guest's keyboard.
---@param text string
function Machine:press(text) end

---The virtual CPU: eax … edi, eip, eflags, cs …, cpl, cr0, cr2, cr3, cr4, paging, interrupts.
---@return table<string, any>
function Machine:registers() end

---Runs until a limit, a place, or the guest's end.
---@param options RunOptions|nil
---@return Stop
function Machine:run(options) end

---Runs backwards to the previous such place.
---@param options RunOptions
---@return Stop
function Machine:run_back(options) end

---The VGA text screen, 25 lines.
---@return string
function Machine:screen() end

---Goes to the instant after so many instructions, forwards or backwards.
---@param retired integer
---@return Stop
function Machine:seek(retired) end

---Hash of the machine's state, as 16 digits.
---@return string
function Machine:state_hash() end

---@param instructions integer|nil
---@return Stop
function Machine:step(instructions) end

---@param instructions integer|nil
---@return Stop
function Machine:step_back(instructions) end

---"timer_interrupt+0x1c", or "".
---@param address integer
---@return string
function Machine:symbolize(address) end

---Symbols whose names contain this: name, address, size.
---@param part string|nil
---@return table[]
function Machine:symbols(part) end

---@return string
function Machine:technique() end

---What a binary translator holds; nil under another technique.
---@return TranslationCache|nil
function Machine:translation_cache() end

---Sends text to the guest's serial line.
---@param text string
function Machine:type(text) end

---The IF that the guest believes in.
---@return boolean
function Machine:virtual_interrupts() end

---Walks the page tables: guest, shadow and machine_address.
---@param address integer|string
---@return { guest: PageWalk|nil, shadow: PageWalk|nil, machine_address: integer|nil }
function Machine:walk(address) end

---Four bytes as a number, or nil where nothing is mapped.
---@param address integer|string
---@return integer|nil
function Machine:word(address) end

---@param address integer|string
---@param bytes string
function Machine:write_memory(address, bytes) end

---@param register string "eax", …
---@param value integer
function Machine:write_register(register, value) end

lab = {}

---Names the check that the expectations from here on belong to.
---@param id string
function lab.check(id) end

---Makes a machine; it stands before its first instruction.
---@param options MachineOptions
---@return Machine
function lab.machine(options) end

---Says one sentence and waits until the reader goes on. Takes a text's key or the text itself.
---@param text string
---@param values table<string, any>|nil for {{name}} in the text
function lab.pause(text, values) end

---One lane of a race: what the hypervisor is.
---@class RaceLane
---@field technique string|nil as of a machine
---@field engine string|nil as of a machine
---@field name string|nil the technique's without it; each lane needs its own
---@field controls ExecutionControls|nil
---@field costs table<string, integer>|nil changes to the cost model

---@class RaceOptions
---@field image string a file, or the name of a guest kit
---@field cmdline string|nil
---@field memory integer|nil MiB
---@field seed integer|nil
---@field disk string|nil
---@field lanes RaceLane[] 1 to 6
---@field ruler string|nil what progress is measured by: "instructions" of the guest, or "console-lines"
---@field step integer|nil from mark to mark: 10000 instructions, or 1 line
---@field limit integer|nil the mark where the race is over, though a guest could go on

---What a lane has come to.
---@class RaceResult
---@field name string
---@field technique string
---@field engine string
---@field retired integer the guest's instructions
---@field lines integer that the guest has printed
---@field ended boolean the guest has come to its end
---@field text string why it runs no further; "" if it could
---@field ledger Ledger

---Runs one guest under several techniques, all to the same marks of its progress, and waits until the
---race is over. A window shows it in the panel "race". Returns the lanes in their order.
---@param options RaceOptions
---@return RaceResult[]
function lab.race(options) end

---Says one sentence.
---@param text string
---@param values table<string, any>|nil
function lab.say(text, values) end

---@return integer
function lab.seed() end

---"privileged", "sensitive-unprivileged" or "innocuous"; nil for a name that is not known.
---@param mnemonic string
---@return string|nil
function lab.sensitivity(mnemonic) end

---Calls a function of the learner's script. Returns its values, or nil and a sentence.
---@param name string
---@param ... any
---@return any
function lab.submission(name, ...) end

---The text of a key.
---@param key string
---@param values table<string, any>|nil
---@return string
function lab.text(key, values) end

---Expectations. Each returns whether it held; one that did not is a finding, and the script goes on.
lab.expect = {}

---@param observed number
---@param least number
---@param hint string|nil
---@return boolean
function lab.expect.at_least(observed, least, hint) end

---@param observed number
---@param most number
---@param hint string|nil
---@return boolean
function lab.expect.at_most(observed, most, hint) end

---@param text string
---@param part string
---@param hint string|nil
---@return boolean
function lab.expect.contains(text, part, hint) end

---@param observed any
---@param other any
---@param hint string|nil
---@return boolean
function lab.expect.different(observed, other, hint) end

---@param observed any
---@param expected any
---@param hint string|nil
---@return boolean
function lab.expect.equal(observed, expected, hint) end

---@param condition any
---@param expected string what should hold, in words
---@param hint string|nil
---@return boolean
function lab.expect.holds(condition, expected, hint) end
