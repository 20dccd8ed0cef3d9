#!/bin/bash
# SPDX-License-Identifier: MIT
#
# no_vector_code.sh - fails if an ELF kit contains an x87, MMX or SSE instruction.
#
# Engines without those registers have to run every kit.
set -euo pipefail

vector='^ *[0-9a-f]+:.*(%(st|mm|[xyz]mm)[(0-9]|[[:space:]](f[a-z0-9]+|emms|[a-z]*mxcsr)\b)'

for image in "$@"; do
  disassembly=$(objdump -d --no-show-raw-insn "$image")
  instructions=$(grep -c '^ *[0-9a-f]*:' <<<"$disassembly" || true)
  [ "$instructions" -gt 50 ] || { echo "$image: only $instructions instructions seen"; exit 1; }
  if found=$(grep -E "$vector" <<<"$disassembly"); then
    echo "$image: $(wc -l <<<"$found") instructions on vector or x87 registers, for example"
    head -n 5 <<<"$found"
    exit 1
  fi
done
