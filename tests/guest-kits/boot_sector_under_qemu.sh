#!/bin/bash
# SPDX-License-Identifier: MIT
#
# boot_sector_under_qemu.sh - boots a disk image under qemu-system-i386 with its own BIOS.
#
# usage: boot_sector_under_qemu.sh IMAGE EXPECTED-TEXT
# The text is compared where the guest sends it besides the screen: on the debug console.
set -euo pipefail

image=$1 expected=$2
command -v qemu-system-i386 >/dev/null || { echo "qemu-system-i386 is not installed"; exit 77; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

size=$(stat -c %s "$image")
[ $((size % 512)) -eq 0 ] || { echo "$image is $size bytes: not whole sectors"; exit 1; }

status=0
timeout 60 qemu-system-i386 -drive "format=raw,snapshot=on,file=$image" -m 32 -display none \
  -no-reboot -monitor none -debugcon "file:$work/debug" \
  -device isa-debug-exit,iobase=0xf4,iosize=0x04 </dev/null || status=$?

diff -u "$expected" "$work/debug" || { echo "the text differs"; exit 1; }
[ "$status" -eq 33 ] || { echo "QEMU ended with status $status instead of 33"; exit 1; }
