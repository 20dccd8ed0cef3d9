// SPDX-License-Identifier: MIT
//
// quantity.cpp - numbers for people.

#include "visualizers/meaning/quantity.h"

#include <cstdio>

namespace gv {
namespace {

template <class... Arguments>
std::string formatted(const char* format, Arguments... arguments) {
  char text[64];
  std::snprintf(text, sizeof text, format, arguments...);
  return text;
}

// Three significant digits with a unit.
std::string scaled(double value, const char* unit) {
  const int decimals = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return formatted("%.*f%s", decimals, value, unit);
}

}  // namespace

std::string count_text(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, 1, ',');
  }
  return digits;
}

std::string short_count_text(std::uint64_t value) {
  const double v = static_cast<double>(value);
  if (value < 1000)
    return std::to_string(value);
  if (v < 999.5e3)
    return scaled(v / 1e3, "k");
  if (v < 999.5e6)
    return scaled(v / 1e6, "M");
  return scaled(v / 1e9, "G");
}

std::string time_text(std::uint64_t cycles) {
  const double v = static_cast<double>(cycles);
  if (cycles < 1000)
    return std::to_string(cycles) + " ns";
  if (v < 999.5e3)
    return scaled(v / 1e3, " µs");
  if (v < 999.5e6)
    return scaled(v / 1e6, " ms");
  return scaled(v / 1e9, " s");
}

std::string hex_text(std::uint64_t value) {
  return formatted("0x%llx", static_cast<unsigned long long>(value));
}

std::string address_text(std::uint64_t value) {
  return formatted(value >> 32 ? "%016llx" : "%08llx", static_cast<unsigned long long>(value));
}

std::string share_text(double share) {
  if (share <= 0)
    return "0 %";
  if (share < 0.001)
    return "< 0.1 %";
  if (share > 0.999 && share < 1)
    return "> 99.9 %";
  return formatted(share < 0.9995 ? "%.1f %%" : "%.0f %%", share * 100);
}

}  // namespace gv
