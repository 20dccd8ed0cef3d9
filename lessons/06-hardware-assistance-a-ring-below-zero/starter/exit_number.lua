-- Intel's number of the exit, or nil for none.
function exit_number(doing, controls)
  return "?"
end
