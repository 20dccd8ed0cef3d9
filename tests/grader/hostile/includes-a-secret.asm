bits 32
incbin "/etc/passwd"
