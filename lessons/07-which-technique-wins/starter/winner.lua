-- The technique that needs the fewest cycles for a guest with this mix.
function winner(mix, prices)
  return nil
end
