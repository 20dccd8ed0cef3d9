-- fails: cli-and-sti
-- AND and OR change the flags; CLI and STI do not.
function rewrite(instruction)
  if instruction.name == "cli" then return { "and dword [vcpu.if], 0" } end
  if instruction.name == "sti" then return { "or dword [vcpu.if], 0x200" } end
  return { instruction.text }
end
