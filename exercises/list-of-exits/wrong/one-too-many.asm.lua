-- fails: in-order
-- Reads CR0 in between, because reading surely does no harm. It traps all the same.
return function(_, solution)
  return (string.gsub(solution, "out dx, al\n", "out dx, al\n    mov eax, cr0\n", 1))
end
