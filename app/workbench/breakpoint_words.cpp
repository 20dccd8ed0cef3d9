// SPDX-License-Identifier: MIT
//
// breakpoint_words.cpp - places to stop at, from text and to text.

#include "workbench/breakpoint_words.h"

#include "lesson/machine_values.h"

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <optional>

namespace gv {
namespace {

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos)
    return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

// Hexadecimal, with or without 0x: addresses are written so everywhere here.
std::optional<std::uint64_t> hexadecimal_number(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X"))
    text.remove_prefix(2);
  std::uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

std::optional<Gva> symbol_address(std::string_view text, const std::vector<Symbol>& symbols) {
  const std::size_t plus = text.find('+');
  const std::string name = trimmed(text.substr(0, plus));
  std::uint64_t offset = 0;
  if (plus != std::string_view::npos) {
    const auto given = hexadecimal_number(trimmed(text.substr(plus + 1)));
    if (!given)
      return std::nullopt;
    offset = *given;
  }
  const auto symbol =
      std::find_if(symbols.begin(), symbols.end(), [&](const Symbol& s) { return s.name == name; });
  if (symbol == symbols.end())
    return std::nullopt;
  return Gva(symbol->address.value + offset);
}

}  // namespace

Result<decltype(Breakpoint::where)> breakpoint_place_from(std::string_view given,
                                                          const std::vector<Symbol>& symbols) {
  using Place = decltype(Breakpoint::where);
  const std::string text = trimmed(given);
  // A symbol first: the guest's author may have named a function "add".
  if (const auto address = symbol_address(text, symbols))
    return Place(AtAddress{*address});
  if (text == "any" || text == "any exit" || text == "exit")
    return Place(OnAnyExit{});
  if (const auto reason = exit_reason_from_name(text))
    return Place(OnExit{*reason, std::nullopt, std::nullopt});
  if (const auto mnemonic = mnemonic_from_name(text))
    return Place(OnExit{ExitReason::PrivilegedInstruction, *mnemonic, std::nullopt});
  if (const auto address = hexadecimal_number(text))
    return Place(AtAddress{Gva(*address)});
  return Error{ErrorCode::InvalidInput,
               "'" + text +
                   "' is no address, symbol, exit reason or instruction; write 0x100010, "
                   "page-fault, cli or any"};
}

std::string words_of_place(const Breakpoint& breakpoint,
                           const std::function<std::string(Gva)>& symbolize) {
  if (const auto* at = std::get_if<AtAddress>(&breakpoint.where)) {
    char address[24];
    std::snprintf(address, sizeof address, "%08llx",
                  static_cast<unsigned long long>(at->address.value));
    const std::string symbol = symbolize ? symbolize(at->address) : std::string();
    return symbol.empty() ? address : symbol + "  " + address;
  }
  if (const auto* exit = std::get_if<OnExit>(&breakpoint.where)) {
    return exit->mnemonic ? std::string(name_of(*exit->mnemonic)) + " traps"
                          : "exit: " + std::string(name_of(exit->reason));
  }
  return std::holds_alternative<OnAnyExit>(breakpoint.where) ? "every exit" : "an event";
}

}  // namespace gv
