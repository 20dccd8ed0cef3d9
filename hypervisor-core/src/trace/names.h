// SPDX-License-Identifier: MIT
//
// names.h - from a stable name back to its enumerator, for the readers of files.

#pragma once

#include "gv/result.h"

#include <array>
#include <string>
#include <string_view>

namespace gv {

// "a, b or c".
template <std::size_t N>
std::string any_of(const std::array<std::string_view, N>& names) {
  std::string row;
  for (std::size_t i = 0; i < N; ++i) {
    row += i == 0 ? "" : i + 1 == N ? " or " : ", ";
    row += names[i];
  }
  return row;
}

// The enumerator that has this name; `what` goes into the error: "engine".
template <class Enum, std::size_t N>
Result<Enum> enumerator_from_name(std::string_view name,
                                  const std::array<std::string_view, N>& names,
                                  std::string_view what) {
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name)
      return static_cast<Enum>(i);
  }
  return Error{ErrorCode::InvalidInput, "unknown " + std::string(what) + " '" + std::string(name) +
                                            "': use " + any_of(names)};
}

template <class Enum, std::size_t N>
constexpr std::string_view name_in(const std::array<std::string_view, N>& names, Enum value) {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? names[i] : std::string_view("unknown");
}

}  // namespace gv
