// SPDX-License-Identifier: MIT
//
// names.h - from a stable name back to its enumerator, for the readers of files.

#pragma once

#include "gv/result.h"

#include <array>
#include <string>
#include <string_view>

namespace gv {

// The enumerator that has this name; `what` goes into the error: "engine".
template <class Enum, std::size_t N>
Result<Enum> enumerator_from_name(std::string_view name,
                                  const std::array<std::string_view, N>& names,
                                  std::string_view what) {
  std::string known;
  for (std::size_t i = 0; i < N; ++i) {
    if (names[i] == name)
      return static_cast<Enum>(i);
    if (i != 0)
      known += i + 1 == N ? " or " : ", ";
    known += names[i];
  }
  return Error{ErrorCode::InvalidInput,
               "unknown " + std::string(what) + " '" + std::string(name) + "': use " + known};
}

template <class Enum, std::size_t N>
constexpr std::string_view name_in(const std::array<std::string_view, N>& names, Enum value) {
  const auto i = static_cast<std::size_t>(value);
  return i < N ? names[i] : std::string_view("unknown");
}

}  // namespace gv
