-- fails: popf
-- In ring 3 POPF leaves IF alone. So does this rule, with the virtual one.
function rewrite(instruction)
  return { instruction.text }
end
