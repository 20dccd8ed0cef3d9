-- Decide what the hypervisor does at an exit. Return an action and, to reflect, a vector.
function decide(exit)
  if exit.reason == "general-protection" then
    return "reflect", 13
  end
  return "emulate"
end
