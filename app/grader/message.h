// SPDX-License-Identifier: MIT
//
// message.h - what the grader and a contained process say to each other.
//
// A message is two lengths, a JSON value and raw bytes. The grader asks and the
// process answers; no verdict and no point ever travels, so a process that an
// attacker owns completely can still only give wrong answers.
//
// The reader trusts nothing: lengths are bounded before a byte is stored.
// Threads: one thread per channel end.

#pragma once

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace gv {

struct Message {
  nlohmann::json head;
  std::string bytes;
};

inline constexpr std::size_t kLongestHead = std::size_t{16} << 20;
inline constexpr std::size_t kLongestBytes = std::size_t{16} << 20;
// The descriptor on which a contained process finds its end of the channel.
inline constexpr int kChannelDescriptor = 3;

// The message as it travels: lengths little-endian, then both parts.
std::string encode(const Message& message);

// Takes bytes as they come and gives messages. After broken() nothing more is read.
class MessageDecoder {
 public:
  void append(const char* bytes, std::size_t count);
  std::optional<Message> take();
  bool broken() const { return broken_; }

 private:
  std::string buffer_;
  bool broken_ = false;
};

// For the contained side: blocks. False or nothing when the other end is gone.
bool send_message(int descriptor, const Message& message);
std::optional<Message> receive_message(int descriptor, MessageDecoder& decoder);

}  // namespace gv
