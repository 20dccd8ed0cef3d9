local f = load("\27Lua" .. string.rep("\0", 100), "x", "b")
f()
