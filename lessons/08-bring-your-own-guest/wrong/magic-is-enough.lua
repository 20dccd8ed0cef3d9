-- Believes a multiboot header by its first number.

function recognize(image)
  for at = 0, math.min(#image, 8192) - 12, 4 do
    local magic, flags, sum = string.unpack("<I4I4I4", image, at + 1)
    if magic == 0x1badb002 then return "multiboot" end
  end
  if image:sub(511, 512) ~= "\x55\xaa" then return "flat" end
  if image:sub(0x203, 0x206) == "HdrS" then return "bzimage" end
  return "boot-sector"
end

local function which_exit(question)
  if question.prompt:find("port", 1, true) then return "port" end
  if question.prompt:find("CLI", 1, true) or question.prompt:find("GDT", 1, true) then return "privileged" end
  return "none"
end

local function what_helps(question)
  return question.prompt:find("port", 1, true) and "nothing" or "assistance"
end

return {
  fails = "task.recognize",
  predictions = {
    game = { answer = "ports", confidence = "certain" },
    keyboard = { answer = "polls", confidence = "certain" },
    assisted = { answer = "same", confidence = "fairly-sure" },
    memtest = { answer = "refused", confidence = "certain" },
  },
  retrieval = {
    game = { which_exit },
    assisted = { what_helps },
  },
}
