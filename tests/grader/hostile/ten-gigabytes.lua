function double(n)
  local t = {}
  for i = 1, 10 * 1024 do t[i] = string.rep(string.char(i % 256), 1 << 20) end
  return 2 * n
end
