// SPDX-License-Identifier: MIT
//
// packet.h - the frame around each message of the remote serial protocol.
//
// "$payload#checksum", acknowledged with '+' or '-' until both sides agree to
// stop that; a lone 0x03 is Ctrl+C. The reader takes bytes as they come, from
// anybody: whatever they are, it yields events and keeps a bounded amount.
// It deliberately knows no payload.
//
// Source: "Debugging with GDB", appendix "GDB Remote Serial Protocol", Overview.
// Threads: plain values.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace gv::gdb {

// The longest payload that is read, and that qSupported promises to read.
inline constexpr std::size_t kLongestPayload = 0x4000;

struct PacketCame {
  std::string payload;  // unescaped
};
struct PacketBroken {};  // a wrong checksum, or longer than may be: ask for it again
struct AckCame {};
struct NakCame {};
struct InterruptCame {};
using WireEvent = std::variant<PacketCame, PacketBroken, AckCame, NakCame, InterruptCame>;

class PacketReader {
 public:
  void feed(std::string_view bytes);
  // The next event, oldest first; empty when more bytes are needed.
  std::optional<WireEvent> next();

 private:
  enum class State : std::uint8_t { Between, Payload, Escaped, HighDigit, LowDigit };
  void take(char byte);
  void start();

  State state_ = State::Between;
  std::string payload_;
  std::uint8_t sum_ = 0, stated_ = 0;
  bool broken_ = false;
  std::deque<WireEvent> events_;
};

// "$payload#checksum" with what needs it escaped.
std::string frame(std::string_view payload);

std::string hex(std::string_view bytes);
std::string hex(const std::uint8_t* bytes, std::size_t count);
// Empty: an odd number of digits, or something that is none.
std::optional<std::vector<std::uint8_t>> unhex(std::string_view digits);

// Reads a hexadecimal number from the front of `text` and takes it off. Empty: there is none,
// or it has more than 16 digits.
std::optional<std::uint64_t> take_number(std::string_view& text);
// Takes `mark` off the front of `text`; false when it is not there.
bool take(std::string_view& text, std::string_view mark);

}  // namespace gv::gdb
