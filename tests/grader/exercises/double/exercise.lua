-- A small exercise for tests of the grader: nothing about machines.
return {
  format = 1,
  id = "double",
  title = "Twice a number",
  submission = { file = "answer.lua", language = "lua" },
  limits = { lua_instructions = 2000000, lua_memory_mib = 16, cpu_seconds = 3 },
  variant = function()
    return { offset = math.random(1, 1000000) }
  end,
  task = function(variant)
    return "Your offset is " .. variant.offset .. "."
  end,
  checks = {
    {
      id = "small",
      title = "Small numbers are doubled",
      points = 2,
      visibility = "public",
      run = function(c)
        for n = 0, 3 do
          local got = c:call("double", n)
          if got ~= 2 * n then
            return "double(" .. n .. "): expected " .. 2 * n .. ", observed " .. tostring(got)
          end
        end
        return true
      end,
    },
    {
      id = "negative",
      title = "Negative numbers are doubled",
      points = 1,
      visibility = "hidden",
      misconception = "numbers-are-positive",
      run = function(c)
        local answers = c:each("double", { { -1 }, { -20 } })
        local right = 0
        if answers[1].values and answers[1].values[1] == -2 then right = right + 1 end
        if answers[2].values and answers[2].values[1] == -40 then right = right + 1 end
        if right == 2 then return true end
        return { score = right / 2, message = "secret-of-the-hidden-check: " .. right .. " of 2" }
      end,
    },
  },
}
