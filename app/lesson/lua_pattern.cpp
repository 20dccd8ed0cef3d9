// SPDX-License-Identifier: MIT

#include "lesson/lua_pattern.h"

#include <cctype>

namespace gv {
namespace {

constexpr char kEscape = '%';
constexpr std::size_t kStepsPerPayment = 64;

bool in_class(unsigned char c, char letter) {
  bool inside = false;
  switch (std::tolower(static_cast<unsigned char>(letter))) {
    case 'a':
      inside = std::isalpha(c) != 0;
      break;
    case 'c':
      inside = std::iscntrl(c) != 0;
      break;
    case 'd':
      inside = std::isdigit(c) != 0;
      break;
    case 'g':
      inside = std::isgraph(c) != 0;
      break;
    case 'l':
      inside = std::islower(c) != 0;
      break;
    case 'p':
      inside = std::ispunct(c) != 0;
      break;
    case 's':
      inside = std::isspace(c) != 0;
      break;
    case 'u':
      inside = std::isupper(c) != 0;
      break;
    case 'w':
      inside = std::isalnum(c) != 0;
      break;
    case 'x':
      inside = std::isxdigit(c) != 0;
      break;
    default:
      return static_cast<unsigned char>(letter) == c;
  }
  return std::isupper(static_cast<unsigned char>(letter)) ? !inside : inside;
}

}  // namespace

void PatternMatcher::step() {
  if (++unpaid_ < kStepsPerPayment)
    return;
  outlet_.pay(unpaid_);
  unpaid_ = 0;
}

std::optional<std::size_t> PatternMatcher::match_at(std::size_t start) {
  count_ = 0;
  depth_ = 0;
  return match(start, 0);
}

// One past the single-character item that begins at p: a character, a class or a set.
std::size_t PatternMatcher::end_of_item(std::size_t p) {
  const char first = pattern_[p++];
  if (first == kEscape) {
    if (p == pattern_.size())
      outlet_.malformed("malformed pattern (ends with '%')");
    return p + 1;
  }
  if (first != '[')
    return p;
  if (p < pattern_.size() && pattern_[p] == '^')
    ++p;
  // A ']' in the first place is a member, not the end.
  do {
    if (p == pattern_.size())
      outlet_.malformed("malformed pattern (missing ']')");
    if (pattern_[p++] == kEscape)
      ++p;
    if (p > pattern_.size())
      outlet_.malformed("malformed pattern (missing ']')");
  } while (p == pattern_.size() || pattern_[p] != ']');
  return p + 1;
}

bool PatternMatcher::in_set(unsigned char c, std::size_t set, std::size_t closing) const {
  std::size_t p = set + 1;
  bool found = true;
  if (pattern_[p] == '^') {
    found = false;
    ++p;
  }
  while (p < closing) {
    if (pattern_[p] == kEscape) {
      if (in_class(c, pattern_[p + 1]))
        return found;
      p += 2;
    } else if (p + 2 < closing && pattern_[p + 1] == '-') {
      if (static_cast<unsigned char>(pattern_[p]) <= c &&
          c <= static_cast<unsigned char>(pattern_[p + 2])) {
        return found;
      }
      p += 3;
    } else {
      if (static_cast<unsigned char>(pattern_[p]) == c)
        return found;
      ++p;
    }
  }
  return !found;
}

bool PatternMatcher::matches_one(std::size_t s, std::size_t item, std::size_t item_end) {
  step();
  if (s >= subject_.size())
    return false;
  const auto c = static_cast<unsigned char>(subject_[s]);
  switch (pattern_[item]) {
    case '.':
      return true;
    case kEscape:
      return in_class(c, pattern_[item + 1]);
    case '[':
      return in_set(c, item, item_end - 1);
    default:
      return static_cast<unsigned char>(pattern_[item]) == c;
  }
}

PatternMatcher::End PatternMatcher::match(std::size_t s, std::size_t p) {
  if (++depth_ > kMaximumDepth)
    outlet_.malformed("pattern too complex");
  struct Leave {
    int& depth;
    ~Leave() { --depth; }
  } leave{depth_};

  // Recursion only where a choice may have to be undone; all else goes round this loop.
  while (true) {
    step();
    if (p == pattern_.size())
      return s;
    const char first = pattern_[p];
    const char second = p + 1 < pattern_.size() ? pattern_[p + 1] : '\0';
    if (first == '(') {
      return second == ')' ? open_capture(s, p + 2, PatternCapture::kPosition)
                           : open_capture(s, p + 1, PatternCapture::kOpen);
    }
    if (first == ')')
      return close_capture(s, p + 1);
    if (first == '$' && p + 1 == pattern_.size()) {
      return s == subject_.size() ? End(s) : std::nullopt;
    }
    if (first == kEscape && second == 'b') {
      const End after = match_balance(s, p + 2);
      if (!after)
        return std::nullopt;
      s = *after;
      p += 4;
      continue;
    }
    if (first == kEscape && second == 'f') {
      p += 2;
      if (p >= pattern_.size() || pattern_[p] != '[') {
        outlet_.malformed("missing '[' after '%f' in pattern");
      }
      const std::size_t set_end = end_of_item(p);
      const auto before = static_cast<unsigned char>(s == 0 ? '\0' : subject_[s - 1]);
      const auto here = static_cast<unsigned char>(s < subject_.size() ? subject_[s] : '\0');
      if (in_set(before, p, set_end - 1) || !in_set(here, p, set_end - 1))
        return std::nullopt;
      p = set_end;
      continue;
    }
    if (first == kEscape && std::isdigit(static_cast<unsigned char>(second))) {
      const End after = match_back_reference(s, second);
      if (!after)
        return std::nullopt;
      s = *after;
      p += 2;
      continue;
    }

    const std::size_t item_end = end_of_item(p);
    const char quantifier = item_end < pattern_.size() ? pattern_[item_end] : '\0';
    if (quantifier == '*')
      return match_repeated(s, p, item_end, 0);
    if (quantifier == '+')
      return match_repeated(s, p, item_end, 1);
    if (quantifier == '-')
      return match_fewest(s, p, item_end);
    const bool one = matches_one(s, p, item_end);
    if (quantifier == '?') {
      if (one) {
        if (const End end = match(s + 1, item_end + 1))
          return end;
      }
      p = item_end + 1;
      continue;
    }
    if (!one)
      return std::nullopt;
    ++s;
    p = item_end;
  }
}

PatternMatcher::End PatternMatcher::match_balance(std::size_t s, std::size_t p) {
  if (p + 1 >= pattern_.size())
    outlet_.malformed("missing arguments to '%b' in pattern");
  const char opening = pattern_[p], closing = pattern_[p + 1];
  if (s >= subject_.size() || subject_[s] != opening)
    return std::nullopt;
  std::size_t open = 1;
  for (++s; s < subject_.size(); ++s) {
    step();
    if (subject_[s] == closing) {
      if (--open == 0)
        return s + 1;
    } else if (subject_[s] == opening) {
      ++open;
    }
  }
  return std::nullopt;
}

PatternMatcher::End PatternMatcher::match_repeated(std::size_t s, std::size_t item,
                                                   std::size_t item_end, std::size_t least) {
  std::size_t count = 0;
  while (matches_one(s + count, item, item_end))
    ++count;
  while (count >= least) {
    if (const End end = match(s + count, item_end + 1))
      return end;
    if (count == 0)
      break;
    --count;
  }
  return std::nullopt;
}

PatternMatcher::End PatternMatcher::match_fewest(std::size_t s, std::size_t item,
                                                 std::size_t item_end) {
  while (true) {
    if (const End end = match(s, item_end + 1))
      return end;
    if (!matches_one(s, item, item_end))
      return std::nullopt;
    ++s;
  }
}

PatternMatcher::End PatternMatcher::open_capture(std::size_t s, std::size_t p,
                                                 std::ptrdiff_t kind) {
  if (count_ == kMaximumCaptures)
    outlet_.malformed("too many captures");
  captures_[count_++] = {s, kind};
  const End end = match(s, p);
  if (!end)
    --count_;
  return end;
}

PatternMatcher::End PatternMatcher::close_capture(std::size_t s, std::size_t p) {
  std::size_t index = count_;
  while (index > 0 && captures_[index - 1].length != PatternCapture::kOpen)
    --index;
  if (index == 0)
    outlet_.malformed("invalid pattern capture");
  PatternCapture& capture = captures_[index - 1];
  capture.length = static_cast<std::ptrdiff_t>(s - capture.start);
  const End end = match(s, p);
  if (!end)
    capture.length = PatternCapture::kOpen;
  return end;
}

PatternMatcher::End PatternMatcher::match_back_reference(std::size_t s, char digit) {
  const auto index = static_cast<std::size_t>(digit - '1');
  if (digit == '0' || index >= count_ || captures_[index].length < 0) {
    outlet_.malformed("invalid capture index in pattern");
  }
  const auto length = static_cast<std::size_t>(captures_[index].length);
  outlet_.pay(length / 16 + 1);
  if (subject_.size() - s < length ||
      subject_.substr(captures_[index].start, length) != subject_.substr(s, length)) {
    return std::nullopt;
  }
  return s + length;
}

}  // namespace gv
