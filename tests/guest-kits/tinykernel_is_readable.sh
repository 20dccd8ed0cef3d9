#!/bin/bash
# SPDX-License-Identifier: MIT
#
# tinykernel_is_readable.sh - the promises of tinykernel that a compiler cannot check.
#
# usage: tinykernel_is_readable.sh SOURCE-FOLDER MODE-FOLDER IMAGE
# Under 2,000 lines in one mode, no file over 250; and none of the instructions whose result depends on
# the ring in which the kernel happens to run, so that the same binary runs deprivileged.
set -euo pipefail

folder=$1 mode=$2 image=$3
mapfile -t files < <(find "$folder" -type f \( -name '*.c' -o -name '*.h' -o -name '*.asm' -o -name '*.ld' \) \
  -not -path '*_mode/*' -o -path "*/$mode/*" -type f)
[ "${#files[@]}" -ge 20 ] || { echo "only ${#files[@]} source files in $folder"; exit 1; }
lines=$(cat "${files[@]}" | wc -l)
echo "tinykernel, $mode: ${#files[@]} files, $lines lines"
[ "$lines" -lt 2000 ] || { echo "2,000 lines or more: no longer a kernel to be read"; exit 1; }
for file in "${files[@]}"; do
  length=$(wc -l <"$file")
  [ "$length" -le 250 ] || { echo "$file has $length lines; 250 is the limit"; exit 1; }
done

disassembly=$(objdump -d --no-show-raw-insn "$image")
grep -q '<kernel_main>:' <<<"$disassembly" || { echo "no kernel_main in $image: no symbols?"; exit 1; }
sensitive='(pushf|popf|sgdt|sidt|sldt|smsw|lar|lsl|verr|verw|str|sysenter|sysexit)[lwdq]?'
if found=$(grep -E "^ *[0-9a-f]+:[[:space:]]+$sensitive\b" <<<"$disassembly"); then
  echo "an instruction that depends on the ring:"
  echo "$found"
  exit 1
fi
