// SPDX-License-Identifier: MIT

#include "lesson/text_template.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace gv {
namespace {

std::string trimmed(const std::string& text) {
  const std::size_t first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos)
    return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

// 1234567 → "1 234 567", with narrow no-break spaces, as the SI has it.
std::string grouped(std::int64_t number) {
  std::string digits = std::to_string(number < 0 ? -number : number);
  if (digits.size() > 4) {
    for (std::size_t at = digits.size(); at > 3;) {
      at -= 3;
      digits.insert(at, "\u202f");
    }
  }
  return number < 0 ? "-" + digits : digits;
}

std::string shown(const LuaValue& value, const std::string& form) {
  if (value.is_number_integer()) {
    if (form == "hex")
      return fmt::format("{:#010x}", value.get<std::uint64_t>());
    return grouped(value.get<std::int64_t>());
  }
  if (value.is_number()) {
    const double number = value.get<double>();
    if (form == "percent")
      return fmt::format("{:.3g}\u202f%", number * 100);
    return fmt::format("{:.4g}", number);
  }
  if (value.is_string())
    return value.get<std::string>();
  if (value.is_boolean())
    return value.get<bool>() ? "yes" : "no";
  return value.dump();
}

// Calls visit(name, form) for each {{name:form}} and copies the rest through `plain`.
template <class Plain, class Visit>
void scan(const std::string& text, Plain plain, Visit visit) {
  std::size_t at = 0;
  while (true) {
    const std::size_t open = text.find("{{", at);
    const std::size_t close = open == std::string::npos ? open : text.find("}}", open);
    if (close == std::string::npos)
      break;
    plain(text.substr(at, open - at));
    const std::string inside = trimmed(text.substr(open + 2, close - open - 2));
    const std::size_t colon = inside.find(':');
    visit(trimmed(inside.substr(0, colon)),
          colon == std::string::npos ? std::string() : trimmed(inside.substr(colon + 1)));
    at = close + 2;
  }
  plain(text.substr(at));
}

}  // namespace

Result<std::map<std::string, std::string>> parse_texts(const std::string& file,
                                                       const std::string& source) {
  std::map<std::string, std::string> texts;
  std::istringstream lines(source);
  std::string line, key;
  int number = 0;
  while (std::getline(lines, line)) {
    ++number;
    if (line.rfind("## ", 0) == 0) {
      key = trimmed(line.substr(3));
      if (!texts.emplace(key, std::string()).second) {
        return Error{ErrorCode::InvalidInput,
                     fmt::format("{}:{}: the key '{}' is there twice", file, number, key)};
      }
      continue;
    }
    if (key.empty()) {
      // A title and a comment for translators may come first.
      if (line.empty() || line[0] == '#' || line[0] == '>')
        continue;
      return Error{ErrorCode::InvalidInput,
                   fmt::format("{}:{}: text before the first '## key'", file, number)};
    }
    texts[key] += line + "\n";
  }
  for (auto& [name, text] : texts)
    text = trimmed(text);
  return texts;
}

Result<std::string> fill_template(const std::string& text, const LuaValue& values) {
  std::string out, missing;
  scan(
      text, [&](const std::string& plain) { out += plain; },
      [&](const std::string& name, const std::string& form) {
        if (values.is_object() && values.contains(name) && !values[name].is_null()) {
          out += shown(values[name], form);
        } else {
          missing = name;
        }
      });
  if (!missing.empty()) {
    return Error{ErrorCode::InvalidInput,
                 "the text needs a value named '" + missing + "', and no run measured it"};
  }
  return out;
}

std::vector<std::string> placeholders_of(const std::string& text) {
  std::vector<std::string> names;
  scan(
      text, [](const std::string&) {},
      [&](const std::string& name, const std::string&) {
        if (std::find(names.begin(), names.end(), name) == names.end())
          names.push_back(name);
      });
  return names;
}

}  // namespace gv
