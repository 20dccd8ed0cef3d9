// SPDX-License-Identifier: MIT

#include "gdb/packet.h"

#include <fmt/format.h>

namespace gv::gdb {

namespace {

constexpr char kInterrupt = 0x03;
constexpr char kEscape = '}';
constexpr char kEscapeBit = 0x20;
constexpr char kDigits[] = "0123456789abcdef";

std::optional<std::uint8_t> digit(char c) {
  if (c >= '0' && c <= '9')
    return static_cast<std::uint8_t>(c - '0');
  if (c >= 'a' && c <= 'f')
    return static_cast<std::uint8_t>(c - 'a' + 10);
  if (c >= 'A' && c <= 'F')
    return static_cast<std::uint8_t>(c - 'A' + 10);
  return std::nullopt;
}

}  // namespace

void PacketReader::feed(std::string_view bytes) {
  for (const char byte : bytes)
    take(byte);
}

std::optional<WireEvent> PacketReader::next() {
  if (events_.empty())
    return std::nullopt;
  WireEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void PacketReader::start() {
  state_ = State::Payload;
  payload_.clear();
  sum_ = stated_ = 0;
  broken_ = false;
}

void PacketReader::take(char byte) {
  switch (state_) {
    case State::Between:
      if (byte == '$')
        start();
      else if (byte == '+')
        events_.emplace_back(AckCame{});
      else if (byte == '-')
        events_.emplace_back(NakCame{});
      else if (byte == kInterrupt)
        events_.emplace_back(InterruptCame{});
      return;  // anything else is noise
    case State::Payload:
    case State::Escaped:
      if (byte == '$') {  // never inside a payload: the end of the last one was lost
        start();
        return;
      }
      if (byte == '#') {
        broken_ = broken_ || state_ == State::Escaped;
        state_ = State::HighDigit;
        return;
      }
      sum_ = static_cast<std::uint8_t>(sum_ + static_cast<std::uint8_t>(byte));
      if (state_ == State::Payload && byte == kEscape) {
        state_ = State::Escaped;
        return;
      }
      if (payload_.size() >= kLongestPayload)
        broken_ = true;
      else
        payload_.push_back(state_ == State::Escaped ? static_cast<char>(byte ^ kEscapeBit) : byte);
      state_ = State::Payload;
      return;
    case State::HighDigit:
    case State::LowDigit: {
      const auto value = digit(byte);
      broken_ = broken_ || !value;
      stated_ = static_cast<std::uint8_t>(stated_ << 4 | value.value_or(0));
      if (state_ == State::HighDigit) {
        state_ = State::LowDigit;
        return;
      }
      state_ = State::Between;
      if (broken_ || stated_ != sum_)
        events_.emplace_back(PacketBroken{});
      else
        events_.emplace_back(PacketCame{std::move(payload_)});
      return;
    }
  }
}

std::string frame(std::string_view payload) {
  std::string out = "$";
  std::uint8_t sum = 0;
  const auto put = [&](char byte) {
    out.push_back(byte);
    sum = static_cast<std::uint8_t>(sum + static_cast<std::uint8_t>(byte));
  };
  for (const char byte : payload) {
    // '*' would begin a run length to the one who reads this.
    if (byte == '$' || byte == '#' || byte == kEscape || byte == '*') {
      put(kEscape);
      put(static_cast<char>(byte ^ kEscapeBit));
    } else {
      put(byte);
    }
  }
  return out + fmt::format("#{:02x}", sum);
}

std::string hex(const std::uint8_t* bytes, std::size_t count) {
  std::string out;
  out.reserve(2 * count);
  for (std::size_t i = 0; i < count; ++i) {
    out.push_back(kDigits[bytes[i] >> 4]);
    out.push_back(kDigits[bytes[i] & 15]);
  }
  return out;
}

std::string hex(std::string_view bytes) {
  return hex(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
}

std::optional<std::vector<std::uint8_t>> unhex(std::string_view digits) {
  if (digits.size() % 2 != 0)
    return std::nullopt;
  std::vector<std::uint8_t> bytes;
  bytes.reserve(digits.size() / 2);
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    const auto high = digit(digits[i]), low = digit(digits[i + 1]);
    if (!high || !low)
      return std::nullopt;
    bytes.push_back(static_cast<std::uint8_t>(*high << 4 | *low));
  }
  return bytes;
}

std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t value = 0;
  std::size_t count = 0;
  while (count < text.size() && digit(text[count])) {
    if (count == 16)
      return std::nullopt;
    value = value << 4 | *digit(text[count]);
    ++count;
  }
  if (count == 0)
    return std::nullopt;
  text.remove_prefix(count);
  return value;
}

bool take(std::string_view& text, std::string_view mark) {
  if (!text.starts_with(mark))
    return false;
  text.remove_prefix(mark.size());
  return true;
}

}  // namespace gv::gdb
