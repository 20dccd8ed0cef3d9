-- The learner writes the translator's rules: what a sensitive instruction becomes in the cache.
--
-- Each rule is proved on random states. The grader builds two guests from the same states. One
-- executes the instruction itself, in ring 0, where the virtual CPU's state is the real one. The
-- other executes the rule's code in ring 3, where the virtual state is in memory. Both run on the
-- interpreter; then registers, flags, stack and virtual state are compared.

local STATES = 24
local STACK = 0x109000   -- ESP of each state; 16 bytes below and above are compared
local TABLE = 0x10a000   -- where SGDT and SIDT store
local IF = 0x200

-- What is printed of a state, in this order.
local fields = {
  "EAX", "EBX", "ECX", "EDX", "ESI", "EDI", "EBP", "ESP", "the flags", "the virtual IF",
  "vcpu.cr0", "the dword at ESP-16", "the dword at ESP-12", "the dword at ESP-8",
  "the dword at ESP-4", "the dword at ESP", "the dword at ESP+4", "the dword at ESP+8",
  "the dword at ESP+12", "the first dword that was stored", "the second dword that was stored",
}

local function dword() return math.random(0, 0xffffffff) end

-- CF, PF, AF, ZF, SF, DF, OF at random, IF as asked, and bit 1, which is always set.
local function flags(interrupts)
  local value = 2 | (interrupts and IF or 0)
  for _, bit in ipairs{ 0, 2, 4, 6, 7, 10, 11 } do
    if math.random(2) == 1 then value = value | 1 << bit end
  end
  return value
end

local function random_state(i)
  local state = {}
  for r = 1, 7 do state[r] = dword() end             -- EAX to EBP
  state[8] = flags(i % 2 == 0)
  state[9] = 0x11 | math.random(0, 7) << 1           -- CR0: PE, ET; MP, EM, TS at random
  state[10] = math.random(0x2f, 0xffff)              -- limit and base of GDTR, then of IDTR
  state[11] = dword()
  state[12] = math.random(0x7ff, 0xffff)
  state[13] = dword()
  for n = 14, 21 do state[n] = dword() end           -- the stack's eight dwords
  state[18] = flags(math.random(2) == 1)             -- at ESP: what POPF would pop
  return state
end

local harness = [[
bits 32
org 0x100000
%define at(label) ((label - start) + 0x100000)
KERNEL_CODE equ 0x08
KERNEL_DATA equ 0x10
USER_CODE   equ 0x1b
USER_DATA   equ 0x23
TASK        equ 0x28

start:
    lgdt [gdt_register]
    lidt [idt_register]
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    mov ss, eax
    mov esp, 0x108000
    mov eax, TASK
    ltr ax
    mov al, 0xff                    ; no interrupts from devices
    out 0x21, al
    out 0xa1, al
    mov dword [current], states
next_state:
    cmp dword [left], 0
    je done
    dec dword [left]
    cld
    mov esi, [current]
    mov edi, now
    mov ecx, 21
    rep movsd
    mov [current], esi
    mov esi, now.stack
    mov edi, STACK - 16
    mov ecx, 8
    rep movsd
    mov dword [TABLE], 0
    mov dword [TABLE + 4], 0
    mov eax, [now.cr0]
    mov [vcpu.cr0], eax
    mov eax, [now.flags]
    and eax, 0x200
    mov [vcpu.if], eax
    mov eax, [now.gdt_limit]
    mov [vcpu.gdtr], ax
    mov eax, [now.gdt_base]
    mov [vcpu.gdtr + 2], eax
    mov eax, [now.idt_limit]
    mov [vcpu.idtr], ax
    mov eax, [now.idt_base]
    mov [vcpu.idtr + 2], eax
%ifdef ITSELF
    lgdt [vcpu.gdtr]
    lidt [vcpu.idtr]
    mov eax, [now.cr0]
    mov cr0, eax
    push dword [now.flags]
    popfd
%else
    push dword USER_DATA
    push dword STACK
    mov eax, [now.flags]
    or eax, 0x200                   ; the real IF is the hypervisor's: always on
    push eax
    push dword USER_CODE
    push dword sequence
%endif
    mov eax, [now.eax]
    mov ebx, [now.ebx]
    mov ecx, [now.ecx]
    mov edx, [now.edx]
    mov esi, [now.esi]
    mov edi, [now.edi]
    mov ebp, [now.ebp]
%ifdef ITSELF
    mov esp, STACK
%else
    push eax
    mov eax, USER_DATA
    mov ds, eax
    mov es, eax
    pop eax
    iretd
%endif

sequence:
]]

local behind = [[
%ifndef ITSELF
    int 0x30
finish:
    push eax
    mov eax, KERNEL_DATA
    mov ds, eax
    mov es, eax
    pop eax
%endif
    mov [now.eax], eax
    mov [now.ebx], ebx
    mov [now.ecx], ecx
    mov [now.edx], edx
    mov [now.esi], esi
    mov [now.edi], edi
    mov [now.ebp], ebp
%ifdef ITSELF
    mov [now.esp], esp
    mov esp, 0x108000
    pushfd
    pop eax
    mov ecx, eax
    and ecx, 0x200
    mov [vcpu.if], ecx
    mov ecx, cr0
    mov [vcpu.cr0], ecx
    lgdt [gdt_register]
    lidt [idt_register]
%else
    mov eax, [esp + 12]
    mov [now.esp], eax
    mov eax, [esp + 8]
    mov esp, 0x108000
%endif
    cld
    and eax, 0xcd5                  ; IF is compared as the virtual one
    mov [now.flags], eax
    mov esi, now
    mov ecx, 7
    call print
    mov esi, now.esp
    mov ecx, 1
    call print
    mov esi, now.flags
    mov ecx, 1
    call print
    mov esi, vcpu.if
    mov ecx, 2
    call print
    mov esi, STACK - 16
    mov ecx, 8
    call print
    mov esi, TABLE
    mov ecx, 2
    call print
    mov al, 10
    call put
    jmp next_state
done:
    xor al, al
    out 0xf4, al
    hlt

print:                              ; ECX dwords from ESI on
    lodsd
    mov ebx, eax
    mov ebp, 8
.digit:
    rol ebx, 4
    mov eax, ebx
    and eax, 15
    mov al, [digits + eax]
    call put
    dec ebp
    jnz .digit
    mov al, ' '
    call put
    loop print
    ret
put:                                ; the character in AL, to the serial port
    mov edx, 0x3f8
    out dx, al
    ret

trapped:                            ; the vector is on the stack
    mov eax, KERNEL_DATA
    mov ds, eax
    mov al, 'T'
    call put
    pop eax
    add al, 'A'
    call put
    mov al, 10
    call put
    jmp done

%assign vector 0
%rep 32
trap_ %+ vector:
    push dword vector
    jmp trapped
%assign vector vector + 1
%endrep

digits: db "0123456789abcdef"

align 8
gdt:
    dq 0
    dq 0x00cf9b000000ffff
    dq 0x00cf93000000ffff
    dq 0x00cffb000000ffff
    dq 0x00cff3000000ffff
    dw 103, at(task) & 0xffff
    db (at(task) >> 16) & 0xff, 0x89, 0, at(task) >> 24
gdt_register:
    dw $ - gdt - 1
    dd gdt
idt:
%assign vector 0
%rep 32
    dw at(trap_ %+ vector) & 0xffff, KERNEL_CODE, 0x8e00, at(trap_ %+ vector) >> 16
%assign vector vector + 1
%endrep
    times 16 dq 0
%ifndef ITSELF
    dw at(finish) & 0xffff, KERNEL_CODE, 0xee00, at(finish) >> 16
%endif
idt_register:
    dw $ - idt - 1
    dd idt
align 4
task:
    dd 0, 0x108000, KERNEL_DATA
    times 23 dd 0

align 4
vcpu:
.if:      dd 0
.cr0:     dd 0
.gdtr:    dw 0
          dd 0
.idtr:    dw 0
          dd 0
.scratch: times 4 dd 0

now:
.eax:       dd 0
.ebx:       dd 0
.ecx:       dd 0
.edx:       dd 0
.esi:       dd 0
.edi:       dd 0
.ebp:       dd 0
.flags:     dd 0
.cr0:       dd 0
.gdt_limit: dd 0
.gdt_base:  dd 0
.idt_limit: dd 0
.idt_base:  dd 0
.stack:     times 8 dd 0
.esp:       dd 0
current:    dd 0
]]

-- The guest that executes `lines` on each of the states.
local function source_of(lines, states, itself)
  local text = { ("STACK equ 0x%x\nTABLE equ 0x%x\n"):format(STACK, TABLE) }
  if itself then text[#text + 1] = "%define ITSELF\n" end
  text[#text + 1] = harness
  for _, line in ipairs(lines) do text[#text + 1] = "    " .. line .. "\n" end
  text[#text + 1] = behind
  text[#text + 1] = ("left: dd %d\nstates:\n"):format(#states)
  for _, state in ipairs(states) do
    text[#text + 1] = "    dd " .. table.concat(state, ", ") .. "\n"
  end
  return table.concat(text)
end

local function run(c, lines, states, itself)
  return c:boot{ source = source_of(lines, states, itself), engine = "interpreter",
                 technique = "bare-metal", memory_mib = 4, instructions = 2000000,
                 console_bytes = 16384 }
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do lines[#lines + 1] = line end
  return lines
end

local exceptions = { [0] = "#DE", [3] = "#BP", [5] = "#BR", [6] = "#UD", [7] = "#NM", [11] = "#NP",
                     [12] = "#SS", [13] = "#GP", [14] = "#PF", [16] = "#MF" }

-- What the submission's rule gives for an instruction, or the sentence why that is no rule.
local function rule(c, instruction)
  local lines = c:call("rewrite", instruction)
  local name = instruction.text
  if type(lines) ~= "table" or #lines == 0 then
    return nil, "rewrite(" .. name .. "): expected a list of instructions, observed " .. type(lines)
  end
  if #lines > 32 then
    return nil, "rewrite(" .. name .. "): expected at most 32 instructions, observed " .. #lines
  end
  for i, line in ipairs(lines) do
    if type(line) ~= "string" or not line:match("^%a[%w ,%.%[%]%+%-%*_]*$") then
      return nil, ("rewrite(%s), line %d: expected one instruction without labels or directives, "
                   .. "observed %s"):format(name, i, tostring(line))
    end
  end
  return lines
end

-- True, or the first difference between the rule's code and the instruction itself.
local function prove(c, instruction)
  local lines, problem = rule(c, instruction)
  if not lines then return problem end
  local states = {}
  for i = 1, STATES do states[i] = random_state(i) end
  local truth = run(c, { instruction.text }, states, true)
  local expected = lines_of(truth.console)
  if #expected ~= STATES then
    error("the reference of " .. instruction.text .. " ended after " .. #expected .. " states: "
          .. truth.text .. " " .. truth.console:sub(-20))
  end
  local made, said = run(c, lines, states, false)
  if not made then return instruction.text .. ": it does not assemble: " .. said end
  local observed = lines_of(made.console)
  for i = 1, STATES do
    local where = ("%s with the virtual IF %d"):format(instruction.text, states[i][8] >> 9 & 1)
    local line = observed[i]
    if line == nil then
      return where .. ": expected the end of the rule's code, observed none: " .. made.text
    end
    if line:sub(1, 1) == "T" then
      local vector = line:byte(2) - 65
      return where .. ": expected no trap, observed " .. (exceptions[vector] or "vector " .. vector)
    end
    if line ~= expected[i] then
      local got = line:gmatch("%S+")
      local n = 0
      for value in expected[i]:gmatch("%S+") do
        n = n + 1
        local other = got()
        if other ~= value then
          return ("%s: %s: expected 0x%s, observed 0x%s"):format(where, fields[n], value,
                                                                 tostring(other))
        end
      end
    end
  end
  return true
end

-- All of them, or the first that is wrong.
local function prove_all(c, instructions)
  for _, instruction in ipairs(instructions) do
    local result = prove(c, instruction)
    if result ~= true then return result end
  end
  return true
end

local registers = { "ax", "bx", "cx", "dx", "si", "di", "bp" }
local plain = {
  "add eax, ebx", "sub ecx, 5", "xor edx, edx", "imul esi, edi", "mov eax, [esp]", "inc ebp",
  "lea ebx, [eax+4*ecx+7]", "cmp eax, edx", "push esi", "pop edi", "shl edx, 3", "neg ebx",
}

return {
  format = 1,
  id = "rewrite-rule",
  title = "Write the translator's rules",
  summary = "Say what CLI, PUSHF, POPF and their friends become in the translation cache.",
  submission = { file = "rule.lua", language = "lua" },
  limits = { lua_instructions = 100000, lua_memory_mib = 16, cpu_seconds = 5 },
  checks = {
    {
      id = "ordinary",
      title = "An ordinary instruction stays what it is",
      points = 1,
      visibility = "public",
      misconception = "everything-is-rewritten",
      run = function(c)
        for _ = 1, 3 do
          local instruction = { text = plain[math.random(#plain)] }
          instruction.name = instruction.text:match("%a+")
          local lines, problem = rule(c, instruction)
          if not lines then return problem end
          if #lines ~= 1 then
            return instruction.text .. ": expected itself alone, observed " .. #lines
              .. " instructions"
          end
          local result = prove(c, instruction)
          if result ~= true then return result end
        end
        return true
      end,
    },
    {
      id = "cli-and-sti",
      title = "CLI and STI set the virtual IF, and nothing else",
      points = 2,
      visibility = "public",
      run = function(c)
        return prove_all(c, { { name = "cli", text = "cli" }, { name = "sti", text = "sti" } })
      end,
    },
    {
      id = "pushf",
      title = "PUSHF shows the virtual IF",
      points = 3,
      visibility = "public",
      misconception = "every-sensitive-instruction-traps",
      run = function(c) return prove(c, { name = "pushf", text = "pushfd" }) end,
    },
    {
      id = "popf",
      title = "POPF changes the virtual IF",
      points = 3,
      visibility = "public",
      misconception = "every-sensitive-instruction-traps",
      run = function(c) return prove(c, { name = "popf", text = "popfd" }) end,
    },
    {
      id = "smsw",
      title = "SMSW shows the virtual CR0, in any register",
      points = 1,
      visibility = "public",
      run = function(c)
        local register = registers[math.random(#registers)]
        return prove(c, { name = "smsw", text = "smsw " .. register, register = register })
      end,
    },
    {
      id = "tables",
      title = "SGDT and SIDT store the guest's tables",
      points = 2,
      visibility = "hidden",
      run = function(c)
        local address = ("[0x%x]"):format(TABLE + math.random(0, 2))
        return prove_all(c, {
          { name = "sgdt", text = "sgdt " .. address, address = address },
          { name = "sidt", text = "sidt " .. address, address = address },
        })
      end,
    },
  },
}
