// SPDX-License-Identifier: MIT
//
// key_chord.h - a key with its modifiers, as a value with a name.
//
// One spelling serves the action table, the menus, the help page, UI scripts
// and tests: "space", "shift+f10", "ctrl+k", "?". A character that the keyboard
// types is named by itself, whatever keys a layout needs for it, so "1" works
// on a French keyboard. Plain value.

#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace gv {

struct KeyChord {
  std::string key;  // "space", "f10", "k", "1"; empty: no key
  bool ctrl = false, shift = false, alt = false;
  bool operator==(const KeyChord&) const = default;
};

// "ctrl+shift+s" → chord; nothing when a part is unknown or the key is missing.
std::optional<KeyChord> chord_from_text(std::string_view text);
// For people: "Ctrl+Shift+S", "Space", "Page Down".
std::string label_of(const KeyChord& chord);

}  // namespace gv
