-- How does the hypervisor answer this exit?
-- "emulated", "reflected", "shadow-filled" or "device-accessed".
function decide(exit)
  return nil
end
