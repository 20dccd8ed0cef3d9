local file = io.open("/tmp/glassvisor-was-here", "w")
file:write("owned")
file:close()
function double(n) return 2 * n end
