// SPDX-License-Identifier: MIT

#include "cli/control_words.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <sstream>
#include <string_view>
#include <vector>

namespace gv {
namespace {

constexpr std::uint32_t kHighestPort = 0xffff, kHighestException = 31;

std::vector<std::string> parts_of(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);)
    parts.push_back(part);
  return parts;
}

std::optional<std::uint32_t> number_of(std::string_view text, std::uint32_t highest) {
  const bool hexadecimal = text.starts_with("0x");
  if (hexadecimal)
    text.remove_prefix(2);
  std::uint32_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value, hexadecimal ? 16 : 10);
  if (text.empty() || error != std::errc() || stopped != end || value > highest)
    return std::nullopt;
  return value;
}

std::optional<std::vector<std::uint32_t>> numbers_of(const std::string& text,
                                                     std::uint32_t highest) {
  std::vector<std::uint32_t> numbers;
  for (const std::string& part : parts_of(text, '+')) {
    const auto number = number_of(part, highest);
    if (!number)
      return std::nullopt;
    numbers.push_back(*number);
  }
  return numbers;
}

}  // namespace

Result<ExecutionControls> controls_from_words(const std::string& words) {
  ExecutionControls controls;
  const std::pair<std::string_view, bool*> switches[] = {
      {"external-interrupts", &controls.external_interrupts},
      {"hlt", &controls.hlt},
      {"rdtsc", &controls.rdtsc},
      {"invlpg", &controls.invlpg},
      {"mov-dr", &controls.mov_dr},
      {"control-registers", &controls.control_registers},
      {"msrs", &controls.msrs},
      {"nested-paging", &controls.nested_paging}};
  for (const std::string& word : parts_of(words, ',')) {
    const bool off = word.starts_with("no-");
    const std::string_view name = std::string_view(word).substr(off ? 3 : 0);
    const auto known = std::find_if(std::begin(switches), std::end(switches),
                                    [&](const auto& entry) { return entry.first == name; });
    if (known != std::end(switches)) {
      *known->second = !off;
      continue;
    }
    if (word.starts_with("ports=")) {
      if (const auto ports = numbers_of(word.substr(6), kHighestPort)) {
        controls.ports.emplace();
        for (const std::uint32_t port : *ports)
          controls.ports->push_back(static_cast<std::uint16_t>(port));
        continue;
      }
    } else if (word.starts_with("exceptions=")) {
      if (const auto vectors = numbers_of(word.substr(11), kHighestException)) {
        controls.exceptions = 0;
        for (const std::uint32_t vector : *vectors)
          controls.exceptions |= std::uint32_t{1} << vector;
        continue;
      }
    }
    return Error{ErrorCode::InvalidInput,
                 "--controls " + words + ": '" + word +
                     "' is none; there are external-interrupts, hlt, rdtsc, invlpg, mov-dr, "
                     "control-registers, msrs and nested-paging, each also with no- before it, "
                     "ports=0x3f8+0xe9 and exceptions=13+14 (CPUID exits always, as on VT-x)"};
  }
  return controls;
}

}  // namespace gv
