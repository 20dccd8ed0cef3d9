// SPDX-License-Identifier: MIT
//
// event_bytes_test.cpp - events to bytes and back, exactly.

#include "trace/event_bytes.h"

#include "sample_events.h"

#include <gtest/gtest.h>

#include <random>

namespace gv {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<std::uint8_t>(c) >> 4];
    out += kDigits[static_cast<std::uint8_t>(c) & 15];
  }
  return out;
}

TEST(EventBytes, come_back_as_the_same_event_for_every_kind) {
  for (const Event& event : one_of_each()) {
    std::string bytes;
    append_bytes(event, bytes);
    std::string_view in = bytes;
    const auto back = take_event(in);
    ASSERT_TRUE(back.has_value()) << name_of(event);
    EXPECT_TRUE(in.empty()) << name_of(event);
    EXPECT_TRUE(same_event(event, *back)) << describe(event) << " became " << describe(*back);
    std::string again;
    append_bytes(*back, again);
    EXPECT_EQ(hex(again), hex(bytes)) << name_of(event);
  }
}

// A golden record: when this changes, trace files of yesterday cannot be read.
TEST(EventBytes, keep_their_layout) {
  std::string bytes;
  append_bytes(Event{300, 1000, Gva(0x10a3f2), 0,
                     ExitTaken{ExitReason::PrivilegedInstruction,
                               Storey::GuestKernel,
                               1,
                               Mnemonic::Cli,
                               0,
                               {0xfa, 0x90}}},
               bytes);
  append_bytes(Event{300, 2500, Gva(0x10a3f3), 0,
                     GuestResumed{Handling::Emulated, ExitReason::PrivilegedInstruction,
                                  Storey::GuestKernel, 1500}},
               bytes);
  EXPECT_EQ(hex(bytes),
            "00ac02e807f2c742000001010100fa90000000000000"
            "01ac02c413f3c74200000001dc0b");
}

TEST(EventBytes, cut_short_are_no_event) {
  for (const Event& event : one_of_each()) {
    std::string bytes;
    append_bytes(event, bytes);
    for (std::size_t n = 0; n < bytes.size(); ++n) {
      std::string_view in(bytes.data(), n);
      EXPECT_FALSE(take_event(in).has_value()) << name_of(event) << " cut to " << n;
    }
  }
}

TEST(EventBytes, of_noise_never_crash_and_what_is_read_is_valid) {
  std::mt19937 random(7);
  for (int round = 0; round < 200'000; ++round) {
    std::string noise(random() % 40, '\0');
    for (auto& c : noise)
      c = static_cast<char>(random() % 7 == 0 ? random() : random() % 24);
    std::string_view in = noise;
    if (const auto event = take_event(in)) {
      EXPECT_FALSE(describe(*event).empty());
      EXPECT_FALSE(narrate(*event).empty()) << describe(*event);
    }
  }
}

TEST(EventBytes, refuse_enumerators_that_do_not_exist) {
  std::string bytes;
  append_bytes(Event{0, 0, Gva(0), 0, GuestEnded{GuestEnd::Crashed, 0}}, bytes);
  bytes[5] = 3;
  std::string_view in = bytes;
  EXPECT_FALSE(take_event(in).has_value());
}

TEST(Varint, holds_64_bits_and_not_one_more) {
  for (const std::uint64_t v : {0ull, 1ull, 127ull, 128ull, 0xffffffffull, ~0ull}) {
    std::string bytes;
    append_varint(v, bytes);
    std::string_view in = bytes;
    EXPECT_EQ(take_varint(in), v);
  }
  std::string_view too_long("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10);
  EXPECT_FALSE(take_varint(too_long).has_value());
}

TEST(SameEvent, sees_a_difference_in_any_field) {
  for (const Event& event : one_of_each()) {
    EXPECT_TRUE(same_event(event, event));
    Event other = event;
    std::visit(
        [](auto& body) {
          bool changed = false;
          for_each_field(
              [&](std::string_view, auto& field) {
                using T = std::remove_cvref_t<decltype(field)>;
                if (changed)
                  return;
                if constexpr (std::is_integral_v<T> && !std::is_same_v<T, bool>) {
                  field = static_cast<T>(field + 1);
                  changed = true;
                } else if constexpr (std::is_same_v<T, bool>) {
                  field = !field;
                  changed = true;
                } else if constexpr (requires { field.value; }) {
                  field = T(field.value + 1);
                  changed = true;
                }
              },
              body);
          EXPECT_TRUE(changed) << body.kName;
        },
        other.body);
    EXPECT_FALSE(same_event(event, other)) << describe(event);
  }
}

}  // namespace
}  // namespace gv
