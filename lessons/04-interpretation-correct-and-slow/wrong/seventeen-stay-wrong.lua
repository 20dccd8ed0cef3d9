-- Believes that what does not trap cannot come out right.

function cost_of(technique, mix, costs)
  if technique == "interpretation" then
    return mix.instructions * (1 + costs.interpret)
  end
  return mix.instructions +
         mix.emulated * (costs.exit_and_entry + costs.decode_and_emulate) +
         mix.ports * (costs.exit_and_entry + costs.device_access)
end

local function executes() return "executes" end

-- "1 500" in a text has narrow spaces between its groups of digits.
local function number_in(text, pattern)
  return tonumber((text:match(pattern):gsub("[^%d]", "")))
end

local function which_is_cheaper(question)
  local turns = number_in(question.prompt, "one exit in (.-) instructions")
  local trap = number_in(question.prompt, "An exit costs (.-) cycles")
  local extra = number_in(question.prompt, "interpreting costs (.-) for")
  return turns * extra < trap and "interpretation" or "trap-and-emulate"
end

return {
  fails = "predict.seventeen",
  predictions = {
    cli = { answer = "decodes", confidence = "certain" },
    seventeen = { answer = "many", confidence = "certain" },
    price = { answer = "ten", confidence = "fairly-sure" },
    mix = { answer = "interpretation", confidence = "fairly-sure" },
    even = { answer = 125, confidence = "fairly-sure" },
  },
  retrieval = {
    cli = { executes },
    even = { which_is_cheaper },
  },
}
