-- The virtual cycles of one turn of a loop.
function cost_of(technique, mix, costs)
  return nil
end
