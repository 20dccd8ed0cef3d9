-- Believes that processes are translated as well.

local function set_of(...)
  local set = {}
  for _, name in ipairs{ ... } do set[name] = true end
  return set
end

local rewritten = set_of("cli", "sti", "pushf", "pushfd", "popf", "popfd", "sgdt", "sidt", "sldt",
                         "str", "smsw", "call", "jmp", "ret", "invd", "wbinvd")
local callout = set_of("hlt", "in", "out", "lgdt", "lidt", "lldt", "ltr", "lmsw", "clts", "invlpg",
                       "iret", "iretd", "int", "lar", "lsl", "verr", "verw", "retf", "int3")

function treatment(instruction)
  local name, text = instruction.mnemonic, instruction.text
  if name == "mov" and text:find(" cr%d") then
    return text:find("^mov cr") and "callout" or "rewritten"
  end
  if name == "mov" or name == "push" or name == "pop" then
    if text:find("^%l+ ss") then return name == "push" and "rewritten" or "callout" end
    if text:find("^push cs") or text:find(", [cs]s$") then return "rewritten" end
    return "ident"
  end
  -- A far transfer names a selector, or a far pointer.
  if (name == "jmp" or name == "call" or name == "ret") and (text:find("far", 1, true) or text:find(":", 1, true)) then
    return "callout"
  end
  if callout[name] then return "callout" end
  if rewritten[name] or name:find("^j") or name:find("^loop") then return "rewritten" end
  return "ident"
end

local function which_step(question)
  local signs = { { "decodes", "analyse" }, { "harmless", "analyse" }, { "becomes", "replace" } }
  for _, sign in ipairs(signs) do
    if question.prompt:find(sign[1], 1, true) then return sign[2] end
  end
  return "cache"
end

local function how_it_runs(question)
  if question.prompt:find("process sorts", 1, true) then return "direct" end
  return question.prompt:find("never been called", 1, true) and "never" or "cache"
end

return {
  fails = "predict.user",
  predictions = {
    when = { answer = "reached", confidence = "certain" },
    analyse = { answer = "most", confidence = "fairly-sure" },
    replace = { answer = "store", confidence = "certain" },
    cache = { answer = 0, confidence = "certain" },
    void = { answer = "new", confidence = "certain" },
    user = { answer = "both", confidence = "certain" },
  },
  retrieval = {
    cache = { which_step },
    user = { how_it_runs },
  },
}
