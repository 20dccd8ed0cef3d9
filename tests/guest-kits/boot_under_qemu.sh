#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot_under_qemu.sh - boots a multiboot kit under QEMU's CPU emulation and compares its console.
#
# usage: boot_under_qemu.sh IMAGE EXPECTED-CONSOLE [COMMAND-LINE [EXPECTED-DEBUG-CONSOLE]]
# Passes if the guest reports success through the debug exit port and its console text is the
# expected one, byte for byte. QEMU names the program, qemu-system-i386 if it is not set, and
# EXPECTED_STATUS its exit status if success is not what is expected. Exit status 77: no QEMU here.
set -euo pipefail

image=$1 expected=$2 command_line=${3:-} expected_debug=${4:-}
qemu=${QEMU:-qemu-system-i386}
command -v "$qemu" >/dev/null || { echo "$qemu is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

status=0
timeout 60 "$qemu" -accel tcg -kernel "$image" -append "$command_line" -m 32 -display none \
  -no-reboot -monitor none -serial "file:$work/console" -debugcon "file:$work/debug" \
  -device isa-debug-exit,iobase=0xf4,iosize=0x04 </dev/null || status=$?

diff -u "$expected" "$work/console" || { echo "the console text differs"; exit 1; }
if [ -n "$expected_debug" ]; then
  diff -u "$expected_debug" "$work/debug" || { echo "the debug console differs"; exit 1; }
fi
if [ "$status" -ne "${EXPECTED_STATUS:-33}" ]; then # (0x10 << 1) | 1: GUEST_EXIT_SUCCESS
  echo "QEMU ended with status $status; 33 is the guest's success, 37 its panic"
  exit 1
fi
