function double(n)
  local t = {}
  t.t = t
  return t
end
