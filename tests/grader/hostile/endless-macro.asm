%rep 100000000
%rep 100000000
nop
%endrep
%endrep
