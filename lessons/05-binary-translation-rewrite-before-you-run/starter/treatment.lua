-- What the translator does with a guest instruction: "ident", "rewritten" or "callout".
function treatment(instruction)
  return nil
end
