-- fails: ends
-- Ends with a code that is not its own.
return function(_, solution)
  return (string.gsub(solution, "mov al, (%d+)\n    out 0xf4", function(code)
    return "mov al, " .. (tonumber(code) + 1) .. "\n    out 0xf4"
  end))
end
