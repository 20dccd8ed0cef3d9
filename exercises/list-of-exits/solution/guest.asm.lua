-- The solution is a function of the list: one piece of code per step.
local code = {
  out = function(s) return string.format("    mov dx, %d\n    mov al, %d\n    out dx, al\n", s.port, s.value) end,
  ["in"] = function(s) return string.format("    mov dx, %d\n    in al, dx\n", s.port) end,
  cli = function() return "    cli\n" end,
  clts = function() return "    clts\n" end,
  cr3 = function() return "    xor eax, eax\n    mov cr3, eax\n" end,
  int = function(s) return string.format("    int %d\n", s.vector) end,
  divide = function() return "    xor ecx, ecx\n    div ecx\n" end,
  invalid = function() return "    ud2\n" end,
  stop = function(s) return string.format("    mov al, %d\n    out 0xf4, al\n", s.value) end,
}

return function(variant)
  local body = {}
  for _, step in ipairs(variant.list) do body[#body + 1] = code[step.kind](step) end
  return [[
bits 32
org 0x100000

start:
    lidt [idt_register]
]] .. table.concat(body) .. [[

halt:
    hlt
    jmp halt

return_from_int:
    iretd

; DIV ECX and UD2 are two bytes long: a fault saves the address of the instruction itself.
skip_two_bytes:
    add dword [esp], 2
    iretd

%macro gate 1
    dw ((%1 - start) + 0x100000) & 0xffff
    dw 0x08
    dw 0x8e00
    dw ((%1 - start) + 0x100000) >> 16
%endmacro

align 8
idt:
%assign vector 0
%rep 0x80
%if vector == 0 || vector == 6
    gate skip_two_bytes
%else
    gate return_from_int
%endif
%assign vector vector + 1
%endrep
idt_end:

idt_register:
    dw idt_end - idt - 1
    dd idt
]]
end
