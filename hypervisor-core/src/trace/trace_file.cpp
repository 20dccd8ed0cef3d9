// SPDX-License-Identifier: MIT
//
// trace_file.cpp - the container of trace files, version 1.
//
//   "GVTRACE1"
//   u32 length, JSON header of that length
//   chunk, chunk, …: u32 events, u32 raw bytes, u32 compressed bytes, zstd frame
//   u32 0                                    the end mark
//   u64 XXH3 of every byte before it
//
// Integers are little-endian. Inside a chunk each event is a varint length and
// the bytes of append_bytes(), so a later reader can step over what an earlier
// one does not know. Readers trust no length: each is checked before use.

#include "gv/trace_file.h"

#include "trace/event_bytes.h"
#include "trace/trace_header.h"

#include <xxhash.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>

namespace gv {
namespace {

constexpr std::string_view kMagic = "GVTRACE1";
constexpr std::string_view kMagicFamily = "GVTRACE";
constexpr std::uint32_t kMostHeaderBytes = 1u << 20;
constexpr std::uint32_t kMostRawBytes = kEventsPerChunk * 160;  // an event is well below 100
// Decompression multiplies: 16 Mi events are a gigabyte of memory, and no lesson comes near.
constexpr std::uint64_t kMostEvents = 1ull << 24;
constexpr int kCompressionLevel = 3;

void append_u32(std::uint32_t v, std::string& out) {
  for (int i = 0; i < 4; ++i)
    out.push_back(static_cast<char>(v >> (8 * i)));
}
void append_u64(std::uint64_t v, std::string& out) {
  append_u32(static_cast<std::uint32_t>(v), out);
  append_u32(static_cast<std::uint32_t>(v >> 32), out);
}

// Takes integers off the front of a string; `ok` goes false for good at the first shortage.
struct Cursor {
  std::string_view in;
  bool ok = true;

  std::string_view take(std::size_t n) {
    if (n > in.size()) {
      ok = false;
      in = {};
      return {};
    }
    const auto out = in.substr(0, n);
    in.remove_prefix(n);
    return out;
  }
  std::uint64_t little_endian(std::size_t bytes) {
    const auto raw = take(bytes);
    std::uint64_t v = 0;
    for (std::size_t i = raw.size(); i-- > 0;)
      v = v << 8 | static_cast<std::uint8_t>(raw[i]);
    return v;
  }
  std::uint32_t u32() { return static_cast<std::uint32_t>(little_endian(4)); }
};

Error unreadable(const std::string& name, const std::string& why) {
  return {ErrorCode::InvalidInput, "cannot read the trace '" + name + "': " + why};
}

void append_chunk(const EventView& events, std::uint64_t from, std::uint64_t to, std::string& out) {
  std::string raw, one;
  for (std::uint64_t i = from; i < to; ++i) {
    one.clear();
    append_bytes(events[i], one);
    append_varint(one.size(), raw);
    raw += one;
  }
  std::string packed(ZSTD_compressBound(raw.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), raw.data(), raw.size(), kCompressionLevel);
  GV_CHECK(!ZSTD_isError(size));
  append_u32(static_cast<std::uint32_t>(to - from), out);
  append_u32(static_cast<std::uint32_t>(raw.size()), out);
  append_u32(static_cast<std::uint32_t>(size), out);
  out.append(packed, 0, size);
}

// Collects events into chunks at their places.
class ViewBuilder {
 public:
  explicit ViewBuilder(std::uint64_t first) : first_(first), end_(first) {}
  void add(const Event& event) {
    if (chunks_.empty() || end_ % kEventsPerChunk == 0) {
      chunks_.push_back(std::make_shared<EventChunk>());
    }
    (*chunks_.back())[end_ % kEventsPerChunk] = event;
    ++end_;
  }
  std::uint64_t size() const { return end_ - first_; }
  EventView take() { return EventView({chunks_.begin(), chunks_.end()}, first_, end_); }

 private:
  std::vector<std::shared_ptr<EventChunk>> chunks_;
  std::uint64_t first_, end_;
};

// Empty when all is well, otherwise why not.
std::string read_chunk(Cursor& file, std::uint32_t count, ViewBuilder& out) {
  const std::uint32_t raw_size = file.u32();
  const auto packed = file.take(file.u32());
  if (!file.ok)
    return "it ends in the middle";
  if (count > kEventsPerChunk || raw_size > kMostRawBytes)
    return "a chunk claims too many events";
  if (out.size() + count > kMostEvents)
    return "it holds more events than fit in memory";
  std::string raw(raw_size, '\0');
  const std::size_t got = ZSTD_decompress(raw.data(), raw.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) || got != raw_size)
    return "a chunk does not decompress";
  std::string_view in = raw;
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto length = take_varint(in);
    if (!length || *length > in.size())
      return "an event has a wrong length";
    std::string_view bytes = in.substr(0, *length);
    const auto event = take_event(bytes);
    if (!event || !bytes.empty()) {
      return "it holds an event that this version does not know";
    }
    in.remove_prefix(*length);
    out.add(*event);
  }
  return in.empty() ? "" : "a chunk has bytes left over";
}

}  // namespace

std::string encode_trace(const TraceHeader& header, const EventView& events) {
  std::string out(kMagic);
  const std::string json = header_to_json(header, events);
  append_u32(static_cast<std::uint32_t>(json.size()), out);
  out += json;
  for (std::uint64_t at = events.first(); at < events.end();) {
    const std::uint64_t next = std::min(events.end(), (at / kEventsPerChunk + 1) * kEventsPerChunk);
    append_chunk(events, at, next, out);
    at = next;
  }
  append_u32(0, out);
  append_u64(XXH3_64bits(out.data(), out.size()), out);
  return out;
}

Result<TraceFile> decode_trace(std::string_view bytes, const std::string& name) {
  Cursor file{bytes};
  const auto magic = file.take(kMagic.size());
  if (magic != kMagic) {
    return unreadable(name, magic.starts_with(kMagicFamily)
                                ? "it was written by another version; record it again"
                                : "it is not a glassvisor trace; give a file that --trace wrote");
  }
  const std::uint32_t header_size = file.u32();
  if (header_size > kMostHeaderBytes)
    return unreadable(name, "its header is too long");
  const auto json = file.take(header_size);
  if (!file.ok)
    return unreadable(name, "it ends in the middle; record it again");
  auto header = header_from_json(json);
  if (!header)
    return unreadable(name, header.error().message);

  ViewBuilder events(header->first_event);
  while (true) {
    const std::uint32_t count = file.u32();
    if (!file.ok)
      return unreadable(name, "it ends in the middle; record it again");
    if (count == 0)
      break;
    if (const std::string why = read_chunk(file, count, events); !why.empty()) {
      return unreadable(name, why + "; record it again");
    }
  }
  const std::size_t covered = bytes.size() - file.in.size();
  const std::uint64_t checksum = file.little_endian(8);
  if (!file.ok)
    return unreadable(name, "it ends in the middle; record it again");
  if (checksum != XXH3_64bits(bytes.data(), covered)) {
    return unreadable(name, "its checksum is wrong: bytes have changed; record it again");
  }
  if (!file.in.empty())
    return unreadable(name, "bytes follow its end; record it again");
  if (events.size() != header->event_count) {
    return unreadable(name, "its header and its events disagree; record it again");
  }
  return TraceFile{std::move(header->header), events.take()};
}

Result<void> write_trace(const std::string& path, const TraceHeader& header,
                         const EventView& events) {
  const std::string bytes = encode_trace(header, events);
  std::ofstream out(path, std::ios::binary | std::ios::trunc);
  out.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  out.close();
  if (!out) {
    return Error{ErrorCode::InvalidInput,
                 "cannot write the trace '" + path + "': give a path in a writable folder"};
  }
  return {};
}

Result<TraceFile> read_trace(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in.is_open() || in.bad()) {
    return unreadable(path, "there is no such readable file; check the path");
  }
  return decode_trace(bytes, path);
}

}  // namespace gv
