// SPDX-License-Identifier: MIT

#include "xen/xl/cpu_list.h"

#include "xen/xl/setting_reader.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv::xl {

namespace {

constexpr unsigned kLastCpu = 4095;

std::optional<CpuList::Term> parse_term(std::string_view word) {
  CpuList::Term term;
  if (!word.empty() && word[0] == '^') {
    term.excluded = true;
    word.remove_prefix(1);
  }
  bool nodes = false;
  for (const std::string_view prefix : {"nodes:", "node:"}) {
    if (word.substr(0, prefix.size()) == prefix) {
      nodes = true;
      word.remove_prefix(prefix.size());
      if (!word.empty() && word[0] == '^') {
        term.excluded = true;
        word.remove_prefix(1);
      }
      break;
    }
  }
  const CpuList::Term everything{0, kLastCpu, term.excluded};
  if (word == "all")
    return everything;
  const std::size_t dash = word.find('-');
  const auto first = parse_c_number(word.substr(0, dash));
  const auto last = dash == word.npos ? first : parse_c_number(word.substr(dash + 1));
  if (!first || !last || *first > *last || *last > kLastCpu)
    return std::nullopt;
  if (nodes)
    return *first == 0 ? std::optional(everything) : std::nullopt;
  term.first = static_cast<unsigned>(*first);
  term.last = static_cast<unsigned>(*last);
  return term;
}

}  // namespace

Result<CpuList> parse_cpu_list(std::string_view text) {
  std::vector<CpuList::Term> terms;
  for (std::string_view rest = text;;) {
    const std::size_t comma = rest.find(',');
    std::string_view word = rest.substr(0, comma);
    word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
    word = word.substr(0, word.find_last_not_of(' ') + 1);
    const auto term = parse_term(word);
    if (!term) {
      return Error{
          ErrorCode::InvalidInput,
          fmt::format("\"{}\" in \"{}\" names no pCPUs; write it as in 0-3,5,^1", word, text)};
    }
    terms.push_back(*term);
    if (comma == rest.npos)
      break;
    rest.remove_prefix(comma + 1);
  }
  if (std::all_of(terms.begin(), terms.end(), [](const auto& t) { return t.excluded; })) {
    return Error{ErrorCode::InvalidInput,
                 fmt::format("\"{}\" takes pCPUs away from none; write all,{}", text, text)};
  }
  return CpuList(std::move(terms));
}

}  // namespace gv::xl
