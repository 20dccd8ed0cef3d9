-- fails: smsw
-- The real CR0 shows whose machine this really is.
function rewrite(instruction)
  return { instruction.text }
end
