function double(n) return nil end
