function double(n)
  local s = "x"
  for i = 1, 1000 do s = string.rep("x", 1 << 40) .. s end
  return 2 * n
end
