-- fails: handled
-- Believes that a fault, like an INT, returns to the next instruction.
return function(_, solution)
  return (string.gsub(solution, "    add dword %[esp%], 2\n", ""))
end
