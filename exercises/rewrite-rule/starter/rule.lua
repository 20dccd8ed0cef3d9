-- What an instruction of the guest kernel becomes in the translation cache.
function rewrite(instruction)
  return { instruction.text }
end
