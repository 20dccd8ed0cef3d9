#!/bin/bash
# SPDX-License-Identifier: MIT
#
# build_out_of_tree.sh - the command of guest-kits/README.md, in a folder that has nothing to do
# with the project: a C guest, a guest of C and NASM, a flat image, and what it says to wrong input.
#
# usage: build_out_of_tree.sh BUILD-GUEST
set -euo pipefail

build_guest=$1
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

cat >my.c <<'TEXT'
#include "kit.h"
#ifdef WITH_ASSEMBLY
uint32_t twice(uint32_t);
#else
static uint32_t twice(uint32_t n) { return n + n; }
#endif
void kit_main(void) {
  kit_say("hello from %s, %u, %h\n", "outside", twice(21), 0xbeef);
  kit_check(twice(2) == 4, "arithmetic");
}
TEXT
cat >twice.asm <<'TEXT'
bits 32
global twice
twice: mov eax, [esp + 4]
       add eax, eax
       ret
section .note.GNU-stack noalloc noexec nowrite progbits
TEXT
printf 'bits 16\nhlt\n' >flat.asm
printf 'hello from outside, 42, beef\ncheck ok: arithmetic\n' >expected

"$build_guest" my.c -o my.elf
"$build_guest" -D WITH_ASSEMBLY my.c twice.asm -o mixed.elf
"$build_guest" --flat flat.asm -o flat.bin
[ "$(od -An -tx1 flat.bin)" = " f4" ] || { echo "flat.bin is not one HLT"; exit 1; }

refuse() { # MESSAGE command...
  local message=$1 status=0 said
  shift
  said=$("$@" 2>&1) || status=$?
  [ "$status" -eq 2 ] || { echo "status $status, not 2, from: $*"; exit 1; }
  grep -qF -- "$message" <<<"$said" || { echo "said '$said' instead of '$message'"; exit 1; }
}
refuse "no sources named" "$build_guest" -o x.elf
refuse "no output named" "$build_guest" my.c
refuse "cannot read missing.c" "$build_guest" missing.c -o x.elf
refuse "unknown option --bogus" "$build_guest" --bogus

"$here/boot_under_qemu.sh" my.elf expected
"$here/boot_under_qemu.sh" mixed.elf expected
sed -i 's/== 4/== 5/' my.c # a failed check must end the guest with failure
"$build_guest" my.c -o failing.elf
printf 'hello from outside, 42, beef\ncheck failed: arithmetic\n' >expected
if said=$("$here/boot_under_qemu.sh" failing.elf expected); then
  echo "a guest with a failed check ended with success"
  exit 1
fi
grep -q "status 35" <<<"$said" || { echo "$said"; exit 1; }
