// SPDX-License-Identifier: MIT
//
// lua_pattern.h - Lua patterns, matched with a budget.
//
// Lua's own matcher backtracks inside one C call, where no instruction hook can
// stop it: thirty characters of pattern are enough to run for years. This one
// takes the same patterns and pays for every step. Lua 5.4 manual, "Patterns".

#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>

namespace gv {

struct PatternCapture {
  std::size_t start = 0;
  std::ptrdiff_t length = 0;  // or one of the two below
  static constexpr std::ptrdiff_t kOpen = -1;
  static constexpr std::ptrdiff_t kPosition = -2;
};

class PatternMatcher {
 public:
  static constexpr std::size_t kMaximumCaptures = 32;
  static constexpr int kMaximumDepth = 180;

  // What the matcher calls when it has to give up; neither returns.
  struct Outlet {
    std::function<void(std::size_t steps)> pay;          // every few steps; may throw
    std::function<void(const char* problem)> malformed;  // must throw
  };

  PatternMatcher(std::string_view subject, std::string_view pattern, const Outlet& outlet)
      : subject_(subject), pattern_(pattern), outlet_(outlet) {}

  // The end of the match that begins exactly at `start`, if there is one.
  std::optional<std::size_t> match_at(std::size_t start);

  std::size_t captures() const { return count_; }
  const PatternCapture& capture(std::size_t index) const { return captures_[index]; }
  std::string_view subject() const { return subject_; }

 private:
  using End = std::optional<std::size_t>;
  End match(std::size_t s, std::size_t p);
  End match_balance(std::size_t s, std::size_t p);
  End match_repeated(std::size_t s, std::size_t item, std::size_t item_end, std::size_t least);
  End match_fewest(std::size_t s, std::size_t item, std::size_t item_end);
  End open_capture(std::size_t s, std::size_t p, std::ptrdiff_t kind);
  End close_capture(std::size_t s, std::size_t p);
  End match_back_reference(std::size_t s, char digit);
  bool matches_one(std::size_t s, std::size_t item, std::size_t item_end);
  bool in_set(unsigned char c, std::size_t set, std::size_t closing) const;
  std::size_t end_of_item(std::size_t p);
  void step();

  std::string_view subject_, pattern_;
  const Outlet& outlet_;
  std::array<PatternCapture, kMaximumCaptures> captures_{};
  std::size_t count_ = 0;
  std::size_t unpaid_ = 0;
  int depth_ = 0;
};

}  // namespace gv
