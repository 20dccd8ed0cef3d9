// SPDX-License-Identifier: MIT
//
// wire.h - XenStore's messages as bytes and back.
//
// Header, then payload, in either direction and in any fragments. Types are
// Xen's own, from its public header. Knows nothing of what a request means.
//
// Source: xen/io/xs_wire.h; Xen's docs/misc/xenstore.txt, "Communication with
// xenstore". Threads: the thread that owns the store.

#pragma once

#include <cstdint>
// Xen's header expects the integer types, so it cannot come first.
#include <xen/io/xs_wire.h>

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace gv::xenstore {

using DomainId = std::uint16_t;
inline constexpr DomainId kDom0 = 0;

// Why a request is refused; the names that go over the wire are errno's.
enum class Refusal : std::uint8_t {
  None,
  InvalidArgument,  // EINVAL
  AccessDenied,     // EACCES
  NotPermitted,     // EPERM
  Exists,           // EEXIST
  NoEntry,          // ENOENT
  NoSpace,          // ENOSPC: a quota
  NoMemory,         // ENOMEM: the memory quota
  TooBig,           // E2BIG: the reply does not fit into a message
  TryAgain,         // EAGAIN: the transaction met a conflict
  Busy,             // EBUSY: a transaction inside a transaction
  NoSuchCall,       // ENOSYS
};
std::string_view errno_name(Refusal refusal);

struct Message {
  std::uint32_t type = 0;
  std::uint32_t request = 0;      // xsd_sockmsg.req_id
  std::uint32_t transaction = 0;  // xsd_sockmsg.tx_id
  std::string payload;
};

inline constexpr std::size_t kHeaderBytes = sizeof(xsd_sockmsg);

std::string encode(const Message& message);

// The NUL-terminated strings that a payload consists of; empty optional when its last byte is
// not a NUL. The views are into `payload`.
std::optional<std::vector<std::string_view>> split_strings(std::string_view payload);
// The same from strings: each followed by a NUL.
std::string join_strings(std::span<const std::string_view> strings);

// Bytes as they come to messages. Holds one unfinished message at most.
class MessageReader {
 public:
  // Takes bytes up to the end of one message and says how many. Nothing is taken while a
  // finished message waits, or after the stream broke.
  std::size_t feed(std::span<const std::uint8_t> bytes);
  // The finished message, if there is one.
  std::optional<Message> take();
  // A length beyond XENSTORE_PAYLOAD_MAX: what follows cannot be told apart any more.
  bool broken() const { return broken_; }
  void reset();

  const std::string& unfinished() const { return bytes_; }
  // False: these bytes are not the beginning of a message.
  bool restore(std::string unfinished);

 private:
  std::size_t wanted() const;
  std::string bytes_;
  bool broken_ = false;
};

}  // namespace gv::xenstore
