-- fails: popf
-- Right for the registers, but it saves EAX below the guest's stack pointer.
function rewrite(instruction)
  if instruction.name == "popf" then
    return { "push eax", "mov eax, [esp+4]", "and eax, 0x200", "mov [vcpu.if], eax", "pop eax",
             "popfd" }
  end
  return { instruction.text }
end
