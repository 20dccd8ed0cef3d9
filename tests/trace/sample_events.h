// SPDX-License-Identifier: MIT
//
// sample_events.h - one event of every kind, with every field away from zero.
//
// Test input for formats. Not a run: it makes no sense as a story.

#pragma once

#include "gv/event_log.h"
#include "trace/event_fields.h"
#include "trace/recorder.h"

#include <vector>

namespace gv {

struct FieldFiller {
  std::uint64_t seed;

  template <class T>
  void operator()(std::string_view, T& field) {
    ++seed;
    if constexpr (std::is_same_v<T, bool>) {
      field = true;
    } else if constexpr (std::is_enum_v<T>) {
      field = static_cast<T>(seed % kEnumerators<T>);
    } else if constexpr (std::is_integral_v<T>) {
      field = static_cast<T>(seed * 0x9e3779b97f4a7c15ull >> 3);
    } else if constexpr (
        requires { field.value; } || requires { field.number; }) {
      field = T(static_cast<std::uint32_t>(seed * 0x1003u));
    } else {
      for (auto& byte : field)
        byte = static_cast<std::uint8_t>(++seed * 37);
    }
  }
};

template <std::size_t I = 0>
void append_samples(std::vector<Event>& out) {
  if constexpr (I < std::variant_size_v<EventBody>) {
    Event e{1000 + I, 5000 + 7 * I, Gva(0x100000 + I), 0, EventBody(std::in_place_index<I>)};
    FieldFiller filler{I * 11 + 1};
    for_each_field(filler, std::get<I>(e.body));
    out.push_back(e);
    append_samples<I + 1>(out);
  }
}

inline std::vector<Event> one_of_each() {
  std::vector<Event> out;
  append_samples(out);
  return out;
}

inline void record(Recorder& recorder, const Event& e) {
  recorder.record(e.retired, e.cycles, e.rip, e.body);
}

// The i-th event of a made-up long run; `flavour` makes another run of it.
inline Event numbered(std::uint64_t i, std::uint32_t flavour = 0) {
  return Event{
      i * 3, i * 10, Gva(0x1000 + i), 0,
      PortTouched{0x3f8, 1, Direction::Write, true, static_cast<std::uint32_t>(i) ^ flavour}};
}

inline void record_run(Recorder& recorder, std::uint64_t from, std::uint64_t to,
                       std::uint32_t flavour = 0) {
  for (std::uint64_t i = from; i < to; ++i)
    record(recorder, numbered(i, flavour));
}

}  // namespace gv
