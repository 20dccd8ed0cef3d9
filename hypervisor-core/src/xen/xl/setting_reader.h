// SPDX-License-Identifier: MIT
//
// setting_reader.h - a setting's value as the type that its key wants.
//
// Numbers may stand in quotes and texts may be bare numbers, as xl allows.
// Source: xl.cfg(5), "Syntax". Threads: pure functions.

#pragma once

#include "xen/xl/config_syntax.h"

#include <optional>

namespace gv::xl {

class SettingReader {
 public:
  SettingReader(const std::vector<Setting>& settings, const std::string& file)
      : settings_(settings), file_(file) {}

  // Null: not set.
  const Setting* find(std::string_view key) const;
  // The first setting that is not of its kind or out of its bounds; the calls after it do nothing.
  const std::optional<Error>& error() const { return error_; }

  void text(std::string_view key, std::string& into);
  template <class Unsigned>
  void number(std::string_view key, std::uint64_t least, std::uint64_t most, Unsigned& into) {
    if (const auto value = number(key, least, most))
      into = static_cast<Unsigned>(*value);
  }
  std::optional<std::uint64_t> number(std::string_view key, std::uint64_t least,
                                      std::uint64_t most);
  void flag(std::string_view key, bool& into);
  // The texts of a list; with `one_too` a bare text is a list of one. Each with its line.
  std::vector<Value> texts(std::string_view key, bool one_too = false);

  void refuse(unsigned line, const std::string& what);

 private:
  const std::vector<Setting>& settings_;
  const std::string& file_;
  std::optional<Error> error_;
};

// As strtol with base 0 reads it: decimal, 0x hexadecimal, 0 octal; all of it.
std::optional<std::uint64_t> parse_c_number(std::string_view text);

}  // namespace gv::xl
