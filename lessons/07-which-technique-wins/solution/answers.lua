-- Lesson 7: answers that pass for every seed.

function winner(mix, prices)
  local best, least
  for technique, price in pairs(prices) do
    local sum = 0
    for row, turns in pairs(mix) do sum = sum + turns * price[row] end
    if not least or sum < least then best, least = technique, sum end
  end
  return best
end

-- What the lesson's tables showed: cycles for one turn.
local shown = {
  ["trap-and-emulate"] = { call = 4, cli = 1503, syscall = 3205, ["in"] = 1103, ["page-fault"] = 6300 },
  ["binary-translation"] = { call = 18, cli = 3, syscall = 2322, ["in"] = 220, ["page-fault"] = 3955 },
  ["hardware-2006"] = { call = 4, cli = 3, syscall = 5, ["in"] = 4543, ["page-fault"] = 5156 },
}

-- "1 500" in a text has narrow spaces between its groups of digits.
local function number_before(text, pattern)
  return tonumber((text:match("([%d\u{202f}]+) " .. pattern):gsub("[^%d]", "")))
end

local function which_wins(question)
  local text = question.prompt:gsub("\n", " "):gsub("this guest", ""):gsub("of 2006", "")
  return winner({ call = number_before(text, "calls"), cli = number_before(text, "times `CLI`"),
                  syscall = number_before(text, "system calls"),
                  ["in"] = number_before(text, "times `IN`"),
                  ["page-fault"] = number_before(text, "page") }, shown)
end

return {
  predictions = {
    port = { answer = "translation", confidence = "fairly-sure" },
    rows = { answer = 2, confidence = "fairly-sure" },
    paper = { answer = "translation", confidence = "fairly-sure" },
    fork = { answer = { "hardware-assisted", "interpretation", "binary-translation",
                        "trap-and-emulate" }, confidence = "fairly-sure" },
    mix = { answer = "hardware-2006", confidence = "fairly-sure" },
  },
  retrieval = {
    mix = { which_wins, which_wins },
  },
}
