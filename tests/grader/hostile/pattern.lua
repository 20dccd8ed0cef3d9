function double(n)
  local s = string.rep("a", 40000)
  string.find(s, string.rep("a*", 30) .. "b")
  return 2 * n
end
