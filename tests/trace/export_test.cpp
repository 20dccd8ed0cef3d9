// SPDX-License-Identifier: MIT
//
// export_test.cpp - other people's formats hold what the trace holds.

#include "gv/trace_file.h"

#include "sample_events.h"
#include "trace/event_text.h"

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <map>
#include <sstream>

namespace gv {
namespace {

std::string exported(const TraceFile& trace, ExportFormat format) {
  std::ostringstream out;
  EXPECT_TRUE(export_trace(trace, format, out));
  return out.str();
}

TraceFile sample_trace() {
  Recorder recorder;
  for (const Event& event : one_of_each())
    record(recorder, event);
  TraceHeader header;
  header.image_name = "odd \"name\" \xff.elf";
  return {header, recorder.view()};
}

// A CLI that traps and is emulated, then an OUT that a device takes.
TraceFile two_traps() {
  Recorder r;
  r.record(
      10, 10, Gva(0x100),
      ExitTaken{
          ExitReason::PrivilegedInstruction, Storey::GuestKernel, 1, Mnemonic::Cli, 0, {0xfa}});
  r.record(10, 10, Gva(0x100), InstructionEmulated{Mnemonic::Cli, 0});
  r.record(11, 1511, Gva(0x101),
           GuestResumed{Handling::Emulated, ExitReason::PrivilegedInstruction, Storey::GuestKernel,
                        1500});
  r.record(20, 1520, Gva(0x110),
           ExitTaken{ExitReason::PortWrite, Storey::GuestKernel, 1, Mnemonic::Out, 0x3f8, {0xee}});
  r.record(20, 1520, Gva(0x110), PortTouched{0x3f8, 1, Direction::Write, true, 'A'});
  r.record(
      21, 2621, Gva(0x111),
      GuestResumed{Handling::DeviceAccessed, ExitReason::PortWrite, Storey::GuestKernel, 1100});
  return {TraceHeader{}, r.view()};
}

TEST(EventText, needs_no_escaping_in_any_field) {
  for (const Event& event : one_of_each()) {
    for_each_field_text(event, [&](std::string_view name, const FieldText& field) {
      EXPECT_EQ(field.text.find_first_of(",;\"\\\n"), std::string::npos)
          << name << " of " << name_of(event);
      EXPECT_FALSE(field.text.empty()) << name << " of " << name_of(event);
    });
  }
}

TEST(ExportCsv, has_one_row_for_each_event_and_seven_columns) {
  const TraceFile trace = sample_trace();
  std::istringstream rows(exported(trace, ExportFormat::Csv));
  std::string row;
  ASSERT_TRUE(std::getline(rows, row));
  EXPECT_EQ(row, "sequence,retired,cycles,rip,vcpu,event,fields");
  std::uint64_t count = 0;
  for (; std::getline(rows, row); ++count) {
    EXPECT_EQ(std::count(row.begin(), row.end(), ','), 6) << row;
  }
  EXPECT_EQ(count, trace.events.size());
}

TEST(ExportCsv, spells_fields_out) {
  const std::string csv = exported(two_traps(), ExportFormat::Csv);
  EXPECT_NE(csv.find("4,20,1520,0x110,0,port,port=0x3f8;size=1;direction=write;claimed=true;"
                     "value=0x41\n"),
            std::string::npos)
      << csv;
}

TEST(ExportText, reads_as_lines_for_people) {
  const std::string text = exported(two_traps(), ExportFormat::Text);
  EXPECT_NE(
      text.find("         0           10           10  privileged instruction cli at 00000100\n"),
      std::string::npos)
      << text;
}

TEST(ExportPerfetto, is_json_whatever_the_events_and_names_are) {
  const auto json =
      nlohmann::json::parse(exported(sample_trace(), ExportFormat::Perfetto), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_GE(json["traceEvents"].size(), one_of_each().size());
}

TEST(ExportPerfetto, draws_each_exit_as_a_slice_as_long_as_it_cost) {
  const auto json =
      nlohmann::json::parse(exported(two_traps(), ExportFormat::Perfetto), nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  std::map<std::string, double> hypervisor, guest;
  for (const auto& e : json["traceEvents"]) {
    if (e["ph"] != "X")
      continue;
    (e["tid"] == 3 ? hypervisor : guest)[e["name"]] += e["dur"].get<double>();
  }
  EXPECT_DOUBLE_EQ(hypervisor["privileged instruction"], 1.501);
  EXPECT_DOUBLE_EQ(hypervisor["port write"], 1.101);
  EXPECT_NEAR(guest["runs"], 0.019, 1e-9);
}

TEST(Exports, begin_with_the_gap_of_a_bounded_log) {
  Recorder recorder(TracePolicy::Bounded, 2 * kEventsPerChunk);
  record_run(recorder, 0, 3 * kEventsPerChunk);
  const TraceFile trace{TraceHeader{}, recorder.view()};
  EXPECT_NE(exported(trace, ExportFormat::Csv).find("0,,,,,lost,count=4096\n4096,"),
            std::string::npos);
  EXPECT_NE(exported(trace, ExportFormat::Text).find("# 4096 earlier events were lost"),
            std::string::npos);
  EXPECT_NE(
      exported(trace, ExportFormat::Perfetto).find("\"name\":\"lost\",\"args\":{\"count\":4096}"),
      std::string::npos);
}

TEST(ExportFormats, are_found_by_name_or_refused_with_the_list) {
  EXPECT_EQ(*export_format_from_name("perfetto"), ExportFormat::Perfetto);
  EXPECT_EQ(export_format_from_name("xml").error().message,
            "unknown export format 'xml': use text, csv or perfetto");
}

}  // namespace
}  // namespace gv
