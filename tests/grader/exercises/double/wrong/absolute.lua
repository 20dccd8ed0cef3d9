-- fails: negative
function double(n) return math.abs(2 * n) end
