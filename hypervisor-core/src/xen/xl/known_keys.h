// SPDX-License-Identifier: MIT
//
// known_keys.h - every key that xl 4.17 knows, and what this lab says to it.
//
// What cannot be given is named with its reason: a configuration that asks for
// it means it. Threads: constants.

#pragma once

#include <string>
#include <string_view>

namespace gv::xl {

struct KnownKey {
  std::string_view key;
  // Empty: given. Otherwise why it is not, as the rest of a sentence.
  std::string_view why_not;
};

// Null: xl does not know it either.
const KnownKey* find_key(std::string_view key);
// The known key that is most like it; empty if none is.
std::string_view nearest_key(std::string_view key);

}  // namespace gv::xl
