// SPDX-License-Identifier: MIT
//
// event_bytes.cpp - the byte form of events, both ways.

#include "trace/event_bytes.h"

#include "gv/event_log.h"
#include "trace/event_fields.h"

#include <array>
#include <limits>

namespace gv {
namespace {

// Longest event: tag, four varints of 10 bytes, and fields below 40 bytes.
constexpr std::size_t kRoomForOneEvent = 128;

struct Writer {
  std::uint8_t* at;

  void varint(std::uint64_t v) {
    while (v >= 0x80) {
      *at++ = static_cast<std::uint8_t>(v | 0x80);
      v >>= 7;
    }
    *at++ = static_cast<std::uint8_t>(v);
  }

  template <class T>
  void operator()(std::string_view, const T& field) {
    if constexpr (std::is_enum_v<T> || std::is_same_v<T, bool>) {
      *at++ = static_cast<std::uint8_t>(field);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      // Small numbers of either sign stay short: 0, -1, 1, -2, …
      const auto wide = static_cast<std::int64_t>(field);
      varint(static_cast<std::uint64_t>(wide) << 1 ^ static_cast<std::uint64_t>(wide >> 63));
    } else if constexpr (std::is_integral_v<T>) {
      varint(field);
    } else if constexpr (requires { field.value; }) {
      varint(field.value);
    } else if constexpr (requires { field.number; }) {
      varint(field.number);
    } else {
      for (const std::uint8_t byte : field)
        *at++ = byte;
    }
  }
};

struct Reader {
  std::string_view& in;
  bool good = true;

  std::uint64_t varint(std::uint64_t most) {
    const auto v = take_varint(in);
    if (!v || *v > most) {
      good = false;
      return 0;
    }
    return *v;
  }

  std::uint8_t byte() {
    if (in.empty()) {
      good = false;
      return 0;
    }
    const auto b = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    return b;
  }

  template <class T>
  void operator()(std::string_view, T& field) {
    if constexpr (std::is_same_v<T, bool>) {
      const std::uint8_t b = byte();
      good = good && b <= 1;
      field = b == 1;
    } else if constexpr (std::is_enum_v<T>) {
      static_assert(kEnumerators<T> > 0, "say in event_fields.h how many enumerators there are");
      const std::uint8_t b = byte();
      good = good && b < kEnumerators<T>;
      if (good)
        field = static_cast<T>(b);
    } else if constexpr (std::is_integral_v<T> && std::is_signed_v<T>) {
      static_assert(sizeof(T) == sizeof(std::int64_t), "smaller ones need a range check");
      const std::uint64_t folded = varint(std::numeric_limits<std::uint64_t>::max());
      field = static_cast<T>(folded >> 1 ^ (~(folded & 1) + 1));
    } else if constexpr (std::is_integral_v<T>) {
      field = static_cast<T>(varint(std::numeric_limits<T>::max()));
    } else if constexpr (requires { field.value; }) {
      field = T(varint(std::numeric_limits<std::uint64_t>::max()));
    } else if constexpr (requires { field.number; }) {
      field = T(static_cast<std::uint32_t>(varint(std::numeric_limits<std::uint32_t>::max())));
    } else {
      for (auto& b : field)
        b = byte();
    }
  }
};

template <std::size_t... I>
EventBody body_of_kind(std::size_t kind, std::index_sequence<I...>) {
  EventBody body;
  static_cast<void>(((kind == I && (body.emplace<I>(), true)) || ...));
  return body;
}

}  // namespace

void append_varint(std::uint64_t value, std::string& out) {
  std::array<std::uint8_t, 10> bytes;
  Writer writer{bytes.data()};
  writer.varint(value);
  out.append(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::size_t>(writer.at - bytes.data()));
}

std::optional<std::uint64_t> take_varint(std::string_view& in) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < in.size() && i < 10; ++i) {
    const auto byte = static_cast<std::uint8_t>(in[i]);
    if (i == 9 && byte > 1)
      return std::nullopt;  // more than 64 bits
    value |= std::uint64_t{byte & 0x7fu} << (7 * i);
    if ((byte & 0x80) == 0) {
      in.remove_prefix(i + 1);
      return value;
    }
  }
  return std::nullopt;
}

void append_bytes(const Event& event, std::string& out) {
  std::array<std::uint8_t, kRoomForOneEvent> bytes;
  Writer writer{bytes.data()};
  *writer.at++ = static_cast<std::uint8_t>(event.body.index());
  writer.varint(event.retired);
  writer.varint(event.cycles);
  writer.varint(event.rip.value);
  writer.varint(event.vcpu);
  std::visit([&](const auto& body) { for_each_field(writer, body); }, event.body);
  out.append(reinterpret_cast<const char*>(bytes.data()),
             static_cast<std::size_t>(writer.at - bytes.data()));
}

std::optional<Event> take_event(std::string_view& in) {
  Reader reader{in};
  const std::uint8_t kind = reader.byte();
  if (!reader.good || kind >= kEventKindCount)
    return std::nullopt;
  Event event;
  reader("", event.retired);
  reader("", event.cycles);
  reader("", event.rip);
  reader("", event.vcpu);
  event.body = body_of_kind(kind, std::make_index_sequence<kEventKindCount>());
  std::visit([&](auto& body) { for_each_field(reader, body); }, event.body);
  if (!reader.good)
    return std::nullopt;
  return event;
}

bool same_event(const Event& a, const Event& b) {
  if (a.retired != b.retired || a.cycles != b.cycles || a.rip != b.rip || a.vcpu != b.vcpu ||
      a.body.index() != b.body.index()) {
    return false;
  }
  return std::visit(
      [&](const auto& body) {
        using Body = std::remove_cvref_t<decltype(body)>;
        bool same = true;
        for_each_field([&](std::string_view, const auto& x, const auto& y) { same &= x == y; },
                       body, *std::get_if<Body>(&b.body));
        return same;
      },
      a.body);
}

}  // namespace gv
