// SPDX-License-Identifier: MIT
//
// trace_file_test.cpp - files that come back, and files that must not be believed.

#include "gv/trace_file.h"

#include "sample_events.h"
#include "trace/event_bytes.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <random>

namespace gv {
namespace {

MachineConfig sample_config() {
  MachineConfig config;
  config.image_path = "/some/where/tinykernel.elf";
  config.image = {0x7f, 'E', 'L', 'F'};
  config.command_line = "quiet \"quoted\" \xff";
  config.seed = 42;
  return config;
}

std::string sample_bytes() {
  Recorder recorder;
  for (const Event& event : one_of_each())
    record(recorder, event);
  return encode_trace(trace_header_for(sample_config()), recorder.view());
}

void expect_same(const EventView& a, const EventView& b) {
  ASSERT_EQ(a.first(), b.first());
  ASSERT_EQ(a.end(), b.end());
  for (std::uint64_t i = a.first(); i < a.end(); ++i) {
    ASSERT_TRUE(same_event(a[i], b[i])) << i << ": " << describe(a[i]) << " / " << describe(b[i]);
  }
}

TEST(TraceFile, comes_back_from_disk_as_it_was_written) {
  Recorder recorder;
  record_run(recorder, 0, 2 * kEventsPerChunk + 17);
  TraceHeader header = trace_header_for(sample_config());
  header.command_line = "quiet";
  const std::string path = ::testing::TempDir() + "glassvisor_trace_file_test.gvtrace";
  ASSERT_TRUE(write_trace(path, header, recorder.view()));
  const auto back = read_trace(path);
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->header, header);
  EXPECT_EQ(back->header.image_name, "tinykernel.elf");
  expect_same(back->events, recorder.view());
  std::filesystem::remove(path);
}

TEST(TraceFile, keeps_sequence_numbers_when_the_oldest_events_were_lost) {
  Recorder recorder(TracePolicy::Bounded, 2 * kEventsPerChunk);
  record_run(recorder, 0, 5 * kEventsPerChunk + 1);
  const auto back =
      decode_trace(encode_trace(trace_header_for(sample_config()), recorder.view()), "memory");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_EQ(back->events.first(), 4 * kEventsPerChunk);
  expect_same(back->events, recorder.view());
}

TEST(TraceFile, has_the_same_bytes_for_the_same_events) {
  EXPECT_EQ(sample_bytes(), sample_bytes());
}

TEST(TraceFile, cut_at_any_byte_gives_an_error_that_names_the_file) {
  const std::string whole = sample_bytes();
  ASSERT_TRUE(decode_trace(whole, "t"));
  for (std::size_t n = 0; n < whole.size(); ++n) {
    const auto result = decode_trace(std::string_view(whole).substr(0, n), "cut.gvtrace");
    ASSERT_FALSE(result) << "cut at " << n;
    EXPECT_EQ(result.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(result.error().message.find("'cut.gvtrace'"), std::string::npos);
  }
}

TEST(TraceFile, with_any_one_byte_changed_gives_an_error) {
  const std::string whole = sample_bytes();
  for (std::size_t n = 0; n < whole.size(); ++n) {
    for (const int flip : {0x01, 0x80, 0xff}) {
      std::string bad = whole;
      bad[n] = static_cast<char>(bad[n] ^ flip);
      EXPECT_FALSE(decode_trace(bad, "bad")) << "byte " << n;
    }
  }
}

TEST(TraceFile, of_noise_behind_a_good_start_gives_an_error) {
  std::mt19937 random(11);
  const std::string whole = sample_bytes();
  for (int round = 0; round < 3000; ++round) {
    std::string bad = whole.substr(0, random() % whole.size());
    for (int i = 0; i < 64; ++i)
      bad += static_cast<char>(random());
    EXPECT_FALSE(decode_trace(bad, "noise"));
  }
}

TEST(TraceFile, errors_tell_a_foreign_file_from_a_newer_one) {
  EXPECT_NE(decode_trace("PK\x03\x04 a zip file", "a.zip").error().message.find("not a glassvisor"),
            std::string::npos);
  EXPECT_NE(decode_trace("GVTRACE2........", "b").error().message.find("another version"),
            std::string::npos);
  EXPECT_EQ(read_trace("/nonexistent/x.gvtrace").error().message,
            "cannot read the trace '/nonexistent/x.gvtrace': there is no such readable file; check "
            "the path");
  EXPECT_FALSE(write_trace("/nonexistent/x.gvtrace", TraceHeader{}, EventView{}));
}

TEST(TraceFile, of_a_run_without_events_is_a_file_too) {
  const auto back = decode_trace(encode_trace(trace_header_for(sample_config()), {}), "empty");
  ASSERT_TRUE(back) << back.error().message;
  EXPECT_TRUE(back->events.empty());
}

}  // namespace
}  // namespace gv
