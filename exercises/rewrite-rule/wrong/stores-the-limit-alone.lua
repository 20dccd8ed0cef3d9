-- fails: tables
-- Two bytes of six, and EAX is lost.
function rewrite(instruction)
  if instruction.name == "sgdt" then
    return { "mov ax, [vcpu.gdtr]", "mov " .. instruction.address .. ", ax" }
  end
  if instruction.name == "sidt" then
    return { "mov ax, [vcpu.idtr]", "mov " .. instruction.address .. ", ax" }
  end
  return { instruction.text }
end
