-- fails: begins
-- Takes the port number for a byte: 0x5A3 becomes 0xA3.
return function(_, solution)
  return (string.gsub(solution, "mov dx, (%d+)", function(port) return "mov dx, " .. (tonumber(port) & 0xff) end))
end
