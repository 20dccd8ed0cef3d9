-- fails: pushf
-- Trusts the CPU to trap. It does not.
function rewrite(instruction)
  if instruction.name == "cli" then return { "mov dword [vcpu.if], 0" } end
  if instruction.name == "sti" then return { "mov dword [vcpu.if], 0x200" } end
  return { instruction.text }
end
