// SPDX-License-Identifier: MIT
//
// key_chord.cpp - spelling of keys.

#include "workbench/key_chord.h"

#include <array>
#include <cctype>
#include <utility>

namespace gv {
namespace {

// Keys whose label is not their name with a capital.
constexpr std::array<std::pair<std::string_view, std::string_view>, 11> kLabels = {{
    {"pageup", "Page Up"},
    {"pagedown", "Page Down"},
    {"escape", "Esc"},
    {"left", "←"},
    {"right", "→"},
    {"up", "↑"},
    {"down", "↓"},
    {"backspace", "Backspace"},
    {"=", "+"},
    {"-", "−"},
    {"`", "`"},
}};

}  // namespace

std::optional<KeyChord> chord_from_text(std::string_view text) {
  KeyChord chord;
  while (true) {
    const auto plus = text.find('+', 1);  // a first '+' is the key itself
    const std::string_view part = text.substr(0, plus);
    if (plus == std::string_view::npos) {
      if (part.empty())
        return std::nullopt;
      chord.key = std::string(part);
      return chord;
    }
    if (part == "ctrl")
      chord.ctrl = true;
    else if (part == "shift")
      chord.shift = true;
    else if (part == "alt")
      chord.alt = true;
    else
      return std::nullopt;
    text.remove_prefix(plus + 1);
  }
}

std::string label_of(const KeyChord& chord) {
  if (chord.key.empty())
    return "";
  std::string out;
  if (chord.ctrl)
    out += "Ctrl+";
  if (chord.alt)
    out += "Alt+";
  if (chord.shift)
    out += "Shift+";
  for (const auto& [name, label] : kLabels) {
    if (name == chord.key)
      return out + std::string(label);
  }
  std::string key = chord.key;
  key[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(key[0])));
  return out + key;
}

}  // namespace gv
