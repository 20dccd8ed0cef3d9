-- What would a boot loader take these bytes for? "multiboot", "bzimage", "boot-sector" or "flat".
function recognize(image)
  return nil
end
