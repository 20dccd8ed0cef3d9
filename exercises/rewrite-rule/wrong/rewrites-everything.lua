-- fails: ordinary
-- "Translate" does not mean that each instruction needs another one.
function rewrite(instruction)
  return { "mov [vcpu.scratch], eax", "mov eax, [vcpu.scratch]", instruction.text }
end
