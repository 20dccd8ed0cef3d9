setmetatable({}, { __gc = function() while true do end end })
function double(n) return 2 * n + 1 end
