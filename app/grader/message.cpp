// SPDX-License-Identifier: MIT
//
// message.cpp - encoding of messages, and the blocking ends of a channel.

#include "grader/message.h"

#include <unistd.h>

#include <array>
#include <cerrno>

namespace gv {
namespace {

constexpr std::size_t kHeaderBytes = 8;

void append_length(std::string& out, std::size_t length) {
  for (int shift = 0; shift < 32; shift += 8)
    out += static_cast<char>((length >> shift) & 0xff);
}

std::size_t length_at(const std::string& bytes, std::size_t at) {
  std::size_t length = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    length |= std::size_t{static_cast<unsigned char>(bytes[at + i])} << (8 * i);
  }
  return length;
}

}  // namespace

std::string encode(const Message& message) {
  // Lua strings are bytes; JSON wants UTF-8, and a replaced byte is better than an exception.
  const std::string head =
      message.head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string out;
  out.reserve(kHeaderBytes + head.size() + message.bytes.size());
  append_length(out, head.size());
  append_length(out, message.bytes.size());
  return out + head + message.bytes;
}

void MessageDecoder::append(const char* bytes, std::size_t count) {
  if (!broken_)
    buffer_.append(bytes, count);
}

std::optional<Message> MessageDecoder::take() {
  if (broken_ || buffer_.size() < kHeaderBytes)
    return std::nullopt;
  const std::size_t head = length_at(buffer_, 0), bytes = length_at(buffer_, 4);
  if (head > kLongestHead || bytes > kLongestBytes) {
    broken_ = true;
    return std::nullopt;
  }
  if (buffer_.size() < kHeaderBytes + head + bytes)
    return std::nullopt;
  Message message;
  message.head = nlohmann::json::parse(
      buffer_.begin() + kHeaderBytes,
      buffer_.begin() + static_cast<std::ptrdiff_t>(kHeaderBytes + head), nullptr, false);
  if (!message.head.is_object()) {
    broken_ = true;
    return std::nullopt;
  }
  message.bytes = buffer_.substr(kHeaderBytes + head, bytes);
  buffer_.erase(0, kHeaderBytes + head + bytes);
  return message;
}

bool send_message(int descriptor, const Message& message) {
  const std::string bytes = encode(message);
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = write(descriptor, bytes.data() + sent, bytes.size() - sent);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    sent += static_cast<std::size_t>(n);
  }
  return true;
}

std::optional<Message> receive_message(int descriptor, MessageDecoder& decoder) {
  std::array<char, 65536> block;
  while (true) {
    if (auto message = decoder.take())
      return message;
    if (decoder.broken())
      return std::nullopt;
    const ssize_t n = read(descriptor, block.data(), block.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return std::nullopt;
    decoder.append(block.data(), static_cast<std::size_t>(n));
  }
}

}  // namespace gv
