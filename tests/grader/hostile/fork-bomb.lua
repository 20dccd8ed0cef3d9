local function bomb() while true do coroutine.wrap(bomb)() end end
bomb()
