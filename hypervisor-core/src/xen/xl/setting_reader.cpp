// SPDX-License-Identifier: MIT

#include "xen/xl/setting_reader.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace gv::xl {

const Setting* SettingReader::find(std::string_view key) const {
  const auto found = std::find_if(settings_.begin(), settings_.end(),
                                  [&](const Setting& s) { return s.key == key; });
  return found == settings_.end() ? nullptr : &*found;
}

void SettingReader::refuse(unsigned line, const std::string& what) {
  if (!error_)
    error_ = complaint(file_, line, what);
}

void SettingReader::text(std::string_view key, std::string& into) {
  const Setting* const setting = find(key);
  if (setting == nullptr || error_)
    return;
  if (setting->value.kind == ValueKind::List)
    refuse(setting->line,
           fmt::format("{} wants one text, not a list; write {} = \"...\"", key, key));
  else
    into = setting->value.text;
}

std::optional<std::uint64_t> SettingReader::number(std::string_view key, std::uint64_t least,
                                                   std::uint64_t most) {
  const Setting* const setting = find(key);
  if (setting == nullptr || error_)
    return std::nullopt;
  const Value& value = setting->value;
  const auto number = value.kind == ValueKind::List ? std::nullopt : parse_c_number(value.text);
  if (!number || setting->added_to) {
    refuse(setting->line, fmt::format("{} wants a number; write {} = {}", key, key, least));
    return std::nullopt;
  }
  if (*number < least || *number > most) {
    refuse(setting->line,
           fmt::format("{} is {} and may be {} to {}; change it", key, *number, least, most));
    return std::nullopt;
  }
  return number;
}

void SettingReader::flag(std::string_view key, bool& into) {
  if (const auto value = number(key, 0, UINT64_MAX))
    into = *value != 0;
}

std::vector<Value> SettingReader::texts(std::string_view key, bool one_too) {
  const Setting* const setting = find(key);
  if (setting == nullptr || error_)
    return {};
  if (setting->value.kind != ValueKind::List) {
    if (one_too)
      return {setting->value};
    refuse(setting->line, fmt::format("{} wants a list; write {} = [ \"...\" ]", key, key));
    return {};
  }
  for (const Value& item : setting->value.items) {
    if (item.kind == ValueKind::List)
      refuse(item.line, fmt::format("{} wants a list of texts; take the inner brackets out", key));
  }
  return setting->value.items;
}

std::optional<std::uint64_t> parse_c_number(std::string_view text) {
  int base = 10;
  if (text.substr(0, 2) == "0x" || text.substr(0, 2) == "0X") {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
    text.remove_prefix(1);
  }
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, trouble] = std::from_chars(text.data(), end, number, base);
  if (text.empty() || trouble != std::errc() || stop != end)
    return std::nullopt;
  return number;
}

}  // namespace gv::xl
