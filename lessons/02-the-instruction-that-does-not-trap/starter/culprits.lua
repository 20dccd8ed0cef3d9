-- Which instructions break Popek and Goldberg's condition? Returns a list of names.
function culprits(sensitive, privileged)
  return nil
end
