-- Which kind of page fault is it? "guest-fault", "shadow-miss" or "dirty-track".
function kind_of_fault(fault)
  return nil
end
