// SPDX-License-Identifier: MIT

#include "xen/xenstore/wire.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace gv::xenstore {

namespace {

xsd_sockmsg header_of(const std::string& bytes) {
  xsd_sockmsg header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  return header;
}

}  // namespace

std::string_view errno_name(Refusal refusal) {
  switch (refusal) {
    case Refusal::None:
      return "OK";
    case Refusal::InvalidArgument:
      return "EINVAL";
    case Refusal::AccessDenied:
      return "EACCES";
    case Refusal::NotPermitted:
      return "EPERM";
    case Refusal::Exists:
      return "EEXIST";
    case Refusal::NoEntry:
      return "ENOENT";
    case Refusal::NoSpace:
      return "ENOSPC";
    case Refusal::NoMemory:
      return "ENOMEM";
    case Refusal::TooBig:
      return "E2BIG";
    case Refusal::TryAgain:
      return "EAGAIN";
    case Refusal::Busy:
      return "EBUSY";
    case Refusal::NoSuchCall:
      return "ENOSYS";
  }
  return "EINVAL";
}

std::string encode(const Message& message) {
  xsd_sockmsg header{};
  header.type = message.type;
  header.req_id = message.request;
  header.tx_id = message.transaction;
  header.len = static_cast<std::uint32_t>(message.payload.size());
  std::string bytes(sizeof header, '\0');
  std::memcpy(bytes.data(), &header, sizeof header);
  return bytes + message.payload;
}

std::optional<std::vector<std::string_view>> split_strings(std::string_view payload) {
  std::vector<std::string_view> strings;
  while (!payload.empty()) {
    const std::size_t end = payload.find('\0');
    if (end == std::string_view::npos)
      return std::nullopt;
    strings.push_back(payload.substr(0, end));
    payload.remove_prefix(end + 1);
  }
  return strings;
}

std::string join_strings(std::span<const std::string_view> strings) {
  std::string payload;
  for (const std::string_view string : strings) {
    payload += string;
    payload += '\0';
  }
  return payload;
}

std::size_t MessageReader::wanted() const {
  return bytes_.size() < kHeaderBytes ? kHeaderBytes : kHeaderBytes + header_of(bytes_).len;
}

std::size_t MessageReader::feed(std::span<const std::uint8_t> bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && !broken_ && bytes_.size() < wanted()) {
    const std::size_t count = std::min(wanted() - bytes_.size(), bytes.size() - taken);
    bytes_.append(reinterpret_cast<const char*>(bytes.data()) + taken, count);
    taken += count;
    broken_ = bytes_.size() >= kHeaderBytes && header_of(bytes_).len > XENSTORE_PAYLOAD_MAX;
  }
  return taken;
}

std::optional<Message> MessageReader::take() {
  if (broken_ || bytes_.size() < kHeaderBytes || bytes_.size() < wanted())
    return std::nullopt;
  const xsd_sockmsg header = header_of(bytes_);
  Message message{header.type, header.req_id, header.tx_id, bytes_.substr(kHeaderBytes)};
  bytes_.clear();
  return message;
}

void MessageReader::reset() {
  bytes_.clear();
  broken_ = false;
}

bool MessageReader::restore(std::string unfinished) {
  reset();
  if (unfinished.size() >= kHeaderBytes) {
    const std::size_t length = header_of(unfinished).len;
    if (length > XENSTORE_PAYLOAD_MAX || unfinished.size() > kHeaderBytes + length)
      return false;
  }
  bytes_ = std::move(unfinished);
  return true;
}

}  // namespace gv::xenstore
