// SPDX-License-Identifier: MIT
//
// event_text.h - an event's fields as short texts for exports.
//
// No field's text holds a comma, a quote or a backslash, so that rows and JSON
// strings need no escaping; a test checks it for every event kind.

#pragma once

#include "gv/event.h"
#include "gv/instruction.h"
#include "trace/event_fields.h"

#include <fmt/format.h>

#include <string>
#include <string_view>

namespace gv {

struct FieldText {
  std::string text;
  bool number = false;  // a decimal number or true/false: needs no quotes in JSON
};

// Addresses, frames, ports, error codes and byte strings are hexadecimal; counts are decimal.
template <class T>
FieldText field_text(std::string_view name, const T& field) {
  if constexpr (std::is_same_v<T, bool>) {
    return {field ? "true" : "false", true};
  } else if constexpr (std::is_same_v<T, Direction>) {
    return {field == Direction::Read ? "read" : "write", false};
  } else if constexpr (std::is_enum_v<T>) {
    return {std::string(name_of(field)), false};
  } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
    return {std::to_string(field), true};
  } else if constexpr (std::is_integral_v<T>) {
    const bool count = name == "cost" || name == "cycles" || name == "count" || name == "entries" ||
                       name == "length" || name == "size" || name == "line" || name == "code" ||
                       name == "number" || name == "domain" || name == "level" ||
                       name == "from_domain" || name == "to_domain" || name == "from_port" ||
                       name == "to_port" || name == "granter" || name == "user" ||
                       name == "owner" || name == "reference";
    const auto value = static_cast<std::uint64_t>(field);
    return count ? FieldText{std::to_string(value), true}
                 : FieldText{fmt::format("{:#x}", value), false};
  } else if constexpr (requires { field.value; }) {
    return {fmt::format("{:#x}", field.value), false};
  } else if constexpr (requires { field.number; }) {
    return {fmt::format("{:#x}", field.number), false};
  } else {
    std::string hex;
    for (const std::uint8_t byte : field)
      hex += fmt::format("{:02x}", byte);
    return {hex, false};
  }
}

template <class Visit>
void for_each_field_text(const Event& event, Visit&& visit) {
  std::visit(
      [&](const auto& body) {
        for_each_field(
            [&](std::string_view name, const auto& field) { visit(name, field_text(name, field)); },
            body);
      },
      event.body);
}

}  // namespace gv
