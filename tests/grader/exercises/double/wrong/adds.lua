-- fails: small
function double(n) if n < 0 then return 2 * n end return n + 2 end
