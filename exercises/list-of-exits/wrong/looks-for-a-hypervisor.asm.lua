-- fails: same-guest
-- Works only where SIDT shows another table than its own: under a hypervisor.
return function(_, solution)
  local text = string.gsub(solution, "    lidt %[idt_register%]\n", [[
    lidt [idt_register]
    sidt [seen]
    cmp dword [seen + 2], idt
    je halt
]])
  return text .. "seen:\n    dw 0\n    dd 0\n"
end
