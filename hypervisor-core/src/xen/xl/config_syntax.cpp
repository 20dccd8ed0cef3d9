// SPDX-License-Identifier: MIT

#include "xen/xl/config_syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

namespace gv::xl {

namespace {

constexpr unsigned kDeepest = 32;  // lists in lists; Xen's own values need three

enum class TokenKind : std::uint8_t { Word, Number, String, Sign, Newline, End };

struct Token {
  TokenKind kind = TokenKind::End;
  std::string text;
  unsigned line = 1;
  bool is(std::string_view sign) const { return kind == TokenKind::Sign && text == sign; }
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

// How a character is shown in a message, whatever it is.
std::string shown(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte > 0x20 && byte < 0x7f ? std::string(1, c) : fmt::format("\\x{:02x}", byte);
}

class Lexer {
 public:
  Lexer(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  Result<Token> next() {
    skip_blank();
    Token token;
    token.line = line_;
    if (at_ >= text_.size())
      return token;
    const char c = text_[at_];
    if (c == '\n') {
      ++at_, ++line_;
      token.kind = TokenKind::Newline;
      return token;
    }
    if (c == '"' || c == '\'')
      return string(c);
    if (is_lower(c)) {
      token.kind = TokenKind::Word;
      token.text = run([](char k) { return is_lower(k) || is_digit(k) || k == '_'; });
      return token;
    }
    if (is_digit(c)) {
      token.kind = TokenKind::Number;
      token.text = run([](char k) { return is_digit(k) || (k >= 'a' && k <= 'f') || k == 'x'; });
      return token;
    }
    token.kind = TokenKind::Sign;
    token.text = std::string(text_.substr(at_, text_.substr(at_, 2) == "+=" ? 2 : 1));
    if (token.text != "+=" && std::string_view("=[],;").find(c) == std::string_view::npos)
      return trouble(fmt::format("{} means nothing here; put text in quotes", shown(c)));
    at_ += token.text.size();
    return token;
  }

  Error trouble(const std::string& what) const { return complaint(file_, line_, what); }

 private:
  void skip_blank() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#')
        at_ = std::min(text_.find('\n', at_), text_.size());
      else if (c == ' ' || c == '\t' || (c == '\r' && text_.substr(at_, 2) == "\r\n"))
        ++at_;
      else
        return;
    }
  }

  template <class Belongs>
  std::string run(Belongs belongs) {
    const std::size_t from = at_;
    while (at_ < text_.size() && belongs(text_[at_]))
      ++at_;
    return std::string(text_.substr(from, at_ - from));
  }

  Result<Token> string(char quote) {
    Token token{TokenKind::String, {}, line_};
    for (++at_; at_ < text_.size() && text_[at_] != '\n';) {
      const char c = text_[at_++];
      if (c == quote)
        return token;
      if (c != '\\') {
        token.text += c;
        continue;
      }
      const auto escaped = escape();
      if (!escaped)
        return trouble(
            "a backslash in quotes wants one of abfnrtv, a quote or a backslash behind it; double "
            "it "
            "to mean it");
      token.text += *escaped;
    }
    return trouble(
        fmt::format("the text begun with {} does not end in its line; close the quote", quote));
  }

  // Xen's reader refuses \x and loses what follows an octal escape; here neither is one.
  std::optional<char> escape() {
    constexpr std::string_view kLetters = "abfnrtv'\"\\", kMeant = "\a\b\f\n\r\t\v'\"\\";
    const std::size_t which = at_ < text_.size() ? kLetters.find(text_[at_]) : kLetters.npos;
    if (which == kLetters.npos)
      return std::nullopt;
    ++at_;
    return kMeant[which];
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  unsigned line_ = 1;
};

class Parser {
 public:
  Parser(std::string_view text, const std::string& file) : lexer_(text, file), file_(file) {}

  Result<std::vector<Setting>> settings() {
    GV_TRY(advance());
    for (;;) {
      while (token_.kind == TokenKind::Newline || token_.is(";"))
        GV_TRY(advance());
      if (token_.kind == TokenKind::End)
        return std::move(settings_);
      GV_TRY(setting());
    }
  }

 private:
  Result<void> advance() {
    auto token = lexer_.next();
    if (!token)
      return token.error();
    token_ = std::move(*token);
    return {};
  }

  Error unexpected(const std::string& wanted) const {
    const std::string met = token_.kind == TokenKind::End       ? "the file ends"
                            : token_.kind == TokenKind::Newline ? "the line ends"
                                                                : "there is " + token_.text;
    return complaint(file_, token_.line, fmt::format("{} where {}", met, wanted));
  }

  Result<void> setting() {
    if (token_.kind != TokenKind::Word)
      return unexpected("a key is expected; write key = value");
    const std::string key = token_.text;
    const unsigned line = token_.line;
    GV_TRY(advance());
    const bool adds = token_.is("+=");
    if (!adds && !token_.is("="))
      return unexpected(
          fmt::format("{} wants = or +=; write {} = value (Python is not read)", key, key));
    GV_TRY(advance());
    auto value = this->value(0);
    if (!value)
      return value.error();
    if (token_.is(";"))
      GV_TRY(advance());
    else if (token_.kind != TokenKind::Newline && token_.kind != TokenKind::End)
      return unexpected("the setting should end; begin a new line or put a semicolon");
    return store(key, line, std::move(*value), adds);
  }

  Result<Value> value(unsigned depth) {
    Value value;
    value.line = token_.line;
    if (token_.is("["))
      return list(depth);
    if (token_.kind != TokenKind::String && token_.kind != TokenKind::Number)
      return unexpected("a value is expected; write a number, \"text\" or a list in [ ]");
    value.kind = token_.kind == TokenKind::String ? ValueKind::String : ValueKind::Number;
    value.text = token_.text;
    GV_TRY(advance());
    return value;
  }

  Result<void> next_in_list() {
    do {
      GV_TRY(advance());
    } while (token_.kind == TokenKind::Newline);
    return {};
  }

  Result<Value> list(unsigned depth) {
    Value list;
    list.kind = ValueKind::List;
    list.line = token_.line;
    if (depth >= kDeepest)
      return unexpected("lists lie in lists too deeply; take some brackets out");
    GV_TRY(next_in_list());
    while (!token_.is("]")) {
      auto item = value(depth + 1);
      if (!item)
        return item.error();
      list.items.push_back(std::move(*item));
      while (token_.kind == TokenKind::Newline)
        GV_TRY(advance());
      if (token_.is(","))
        GV_TRY(next_in_list());
      else if (!token_.is("]"))
        return unexpected(
            fmt::format("the list begun in line {} wants a comma or ]; close it", list.line));
    }
    GV_TRY(advance());
    return list;
  }

  Result<void> store(const std::string& key, unsigned line, Value value, bool adds) {
    const auto known = std::find_if(settings_.begin(), settings_.end(),
                                    [&](const Setting& s) { return s.key == key; });
    if (known == settings_.end()) {
      settings_.push_back({key, std::move(value), line, 0, adds});
      return {};
    }
    if (!adds) {
      known->replaced_line = known->line;
      known->value = std::move(value);
    } else if ((known->value.kind == ValueKind::List) != (value.kind == ValueKind::List)) {
      return complaint(file_, line,
                       fmt::format("{} += adds a list to a text or the reverse (line {}); add the "
                                   "same kind",
                                   key, known->line));
    } else {
      known->value.text += value.text;
      for (Value& item : value.items)
        known->value.items.push_back(std::move(item));
    }
    known->added_to = adds;
    known->line = line;
    return {};
  }

  Lexer lexer_;
  const std::string& file_;
  Token token_;
  std::vector<Setting> settings_;
};

}  // namespace

Error complaint(const std::string& file, unsigned line, const std::string& what) {
  return {ErrorCode::InvalidInput, fmt::format("{}:{}: {}", file, line, what)};
}

Result<std::vector<Setting>> parse_settings(std::string_view text, const std::string& file) {
  return Parser(text, file).settings();
}

}  // namespace gv::xl
