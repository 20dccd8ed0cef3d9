// SPDX-License-Identifier: MIT
//
// bios_keyboard.cpp - INT 16h and the ring buffer that INT 09h fills.

#include "devices/bios.h"
#include "devices/bios_memory.h"
#include "devices/keyboard_layout.h"

namespace gv {
namespace {

// Bits of the shift flags at 40:17.
constexpr std::uint8_t kRightShift = 1, kLeftShift = 2, kControl = 4, kAlt = 8, kScrollLock = 0x10,
                       kNumLock = 0x20, kCapsLock = 0x40, kInsert = 0x80;

std::uint8_t modifier_of(std::uint8_t key) {
  switch (key) {
    case 0x36:
      return kRightShift;
    case 0x2a:
      return kLeftShift;
    case 0x1d:
      return kControl;
    case 0x38:
      return kAlt;
    default:
      return 0;
  }
}

std::uint8_t lock_of(std::uint8_t key) {
  switch (key) {
    case 0x46:
      return kScrollLock;
    case 0x45:
      return kNumLock;
    case 0x3a:
      return kCapsLock;
    case 0x52:
      return kInsert;
    default:
      return 0;
  }
}

// The keypad block while Num Lock is on; without it these keys type nothing.
char keypad_character(std::uint8_t key) {
  static constexpr char kKeys[] = "789-456+1230.";
  return key >= 0x47 && key <= 0x53 ? kKeys[key - 0x47] : '\0';
}

}  // namespace

bool Bios::buffer_key(std::uint16_t key) {
  const std::uint16_t tail = peek16(bios::kKeyTail);
  std::uint16_t next = static_cast<std::uint16_t>(tail + 2);
  if (next >= peek16(bios::kKeyBufferStart + 2))
    next = peek16(bios::kKeyBufferStart);
  if (next == peek16(bios::kKeyHead))
    return false;  // full
  poke16(0x400u + tail, key);
  poke16(bios::kKeyTail, next);
  return true;
}

std::optional<std::uint16_t> Bios::peek_key() {
  const std::uint16_t head = peek16(bios::kKeyHead);
  if (head == peek16(bios::kKeyTail))
    return std::nullopt;
  return peek16(0x400u + head);
}

void Bios::drop_key() {
  std::uint16_t next = static_cast<std::uint16_t>(peek16(bios::kKeyHead) + 2);
  if (next >= peek16(bios::kKeyBufferStart + 2))
    next = peek16(bios::kKeyBufferStart);
  poke16(bios::kKeyHead, next);
}

void Bios::take_scan_code(std::uint8_t code) {
  const std::uint8_t mode = peek8(bios::kKeyboardMode);
  if (code == 0xe0) {
    poke8(bios::kKeyboardMode, mode | 2u);
    return;
  }
  const bool extended = (mode & 2) != 0;
  poke8(bios::kKeyboardMode, mode & ~2u);
  const bool released = (code & 0x80) != 0;
  const std::uint8_t key = code & 0x7f;
  std::uint8_t flags = peek8(bios::kShiftFlags);
  const bool shift_of_extended = extended && (key == 0x2a || key == 0x36);  // not a real shift
  if (const std::uint8_t modifier = modifier_of(key); modifier != 0) {
    if (shift_of_extended)
      return;
    poke8(bios::kShiftFlags, released ? flags & ~modifier : flags | modifier);
    return;
  }
  if (released)
    return;
  if (const std::uint8_t lock = lock_of(key); lock != 0) {
    flags ^= lock;
    poke8(bios::kShiftFlags, flags);
    if (lock != kInsert)
      return;
  }
  const bool shift = (flags & (kLeftShift | kRightShift)) != 0;
  std::uint8_t ascii = 0;
  if (extended) {
    if (key == 0x1c)
      ascii = '\r';  // the keypad's Enter and slash
    if (key == 0x35)
      ascii = '/';
  } else if ((flags & kAlt) != 0) {
    ascii = 0;
  } else if (const auto typed =
                 ascii_of_key(key, {shift, (flags & kControl) != 0, (flags & kCapsLock) != 0})) {
    ascii = *typed;
  } else if (((flags & kNumLock) != 0) != shift || key == 0x4a || key == 0x4e) {
    ascii = static_cast<std::uint8_t>(keypad_character(key));
  }
  buffer_key(static_cast<std::uint16_t>(key << 8 | ascii));
}

BiosOutcome Bios::keyboard(Call& call) {
  switch (call.ah()) {
    case 0x00:
    case 0x10: {
      const auto key = peek_key();
      if (!key)
        return BiosOutcome::Waiting;
      drop_key();
      call.set16(Gpr::Ax, *key);
      return BiosOutcome::Served;
    }
    case 0x01:
    case 0x11: {
      const auto key = peek_key();
      call.set_zero(!key);
      if (key)
        call.set16(Gpr::Ax, *key);
      return BiosOutcome::Served;
    }
    case 0x02:
      call.set_al(peek8(bios::kShiftFlags));
      return BiosOutcome::Served;
    case 0x12:
      call.set16(Gpr::Ax, peek8(bios::kShiftFlags));
      return BiosOutcome::Served;
    case 0x03:
      return BiosOutcome::Served;  // repeat rate: keys do not repeat by themselves
    case 0x05:
      call.set_al(buffer_key(call.cx()) ? 0 : 1);
      return BiosOutcome::Served;
    default:
      return BiosOutcome::Unknown;
  }
}

}  // namespace gv
