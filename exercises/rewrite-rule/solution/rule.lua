local save, restore = "mov [vcpu.scratch], eax", "mov eax, [vcpu.scratch]"

-- A table register's six bytes, by way of EAX.
local function store(from, address)
  local to = address:match("%[(.*)%]")
  return {
    save,
    "mov eax, [" .. from .. "]", "mov [" .. to .. "], eax",
    "mov ax, [" .. from .. "+4]", "mov [" .. to .. "+4], ax",
    restore,
  }
end

function rewrite(instruction)
  local name = instruction.name
  if name == "cli" then return { "mov dword [vcpu.if], 0" } end
  if name == "sti" then return { "mov dword [vcpu.if], 0x200" } end
  if name == "pushf" then
    return {
      "pushfd",
      save,
      "mov eax, [esp]",
      "and eax, 0xfffffdff",       -- the real IF is the hypervisor's
      "or eax, [vcpu.if]",
      "mov [esp], eax",
      restore,
      "popfd",                     -- AND and OR changed the flags
      "lea esp, [esp-4]",          -- what POPF took is still there
    }
  end
  if name == "popf" then
    return {
      save,
      "mov eax, [esp]",
      "and eax, 0x200",
      "mov [vcpu.if], eax",
      restore,
      "popfd",                     -- in this ring it leaves the real IF alone
    }
  end
  if name == "smsw" then return { "mov " .. instruction.register .. ", [vcpu.cr0]" } end
  if name == "sgdt" then return store("vcpu.gdtr", instruction.address) end
  if name == "sidt" then return store("vcpu.idtr", instruction.address) end
  return { instruction.text }
end
