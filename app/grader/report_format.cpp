// SPDX-License-Identifier: MIT
//
// report_format.cpp - names of report formats, and text that any of them can hold.

#include "grader/report.h"

#include <array>
#include <utility>

namespace gv {
namespace {

constexpr std::array<std::pair<ReportFormat, std::string_view>, 6> kFormats{{
    {ReportFormat::Text, "text"},
    {ReportFormat::Json, "json"},
    {ReportFormat::Gradescope, "gradescope"},
    {ReportFormat::PrairieLearn, "prairielearn"},
    {ReportFormat::Classroom50, "classroom50"},
    {ReportFormat::Junit, "junit"},
}};

// Bytes of the well-formed UTF-8 sequence at `at`, or 0. Unicode standard, table 3-7.
std::size_t sequence_length(std::string_view bytes, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(at);
  if (first < 0x80)
    return 1;
  std::size_t length = 0;
  unsigned char low = 0x80, high = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0)
      low = 0xa0;
    if (first == 0xed)
      high = 0x9f;  // surrogates are not characters
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0)
      low = 0x90;
    if (first == 0xf4)
      high = 0x8f;
  } else {
    return 0;
  }
  if (at + length > bytes.size() || byte(at + 1) < low || byte(at + 1) > high)
    return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if ((byte(at + i) & 0xc0) != 0x80)
      return 0;
  }
  return length;
}

// U+FFFE and U+FFFF are well-formed, and XML forbids them all the same.
bool is_noncharacter(std::string_view sequence) {
  return sequence == "\xef\xbf\xbe" || sequence == "\xef\xbf\xbf";
}

}  // namespace

std::string_view name_of(ReportFormat format) {
  for (const auto& [value, name] : kFormats) {
    if (value == format)
      return name;
  }
  return "text";
}

Result<ReportFormat> report_format_from_name(std::string_view name) {
  std::string names;
  for (const auto& [value, known] : kFormats) {
    if (known == name)
      return value;
    names += names.empty() ? "" : ", ";
    names += known;
  }
  return Error{ErrorCode::InvalidInput,
               "unknown report format '" + std::string(name) + "'; there are " + names};
}

bool holds_one_submission(ReportFormat format) {
  return format == ReportFormat::Gradescope || format == ReportFormat::PrairieLearn ||
         format == ReportFormat::Classroom50;
}

std::string printable_text(std::string_view bytes) {
  static constexpr std::string_view kReplacement = "\xef\xbf\xbd";
  std::string text;
  text.reserve(bytes.size());
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length = sequence_length(bytes, at);
    const auto byte = static_cast<unsigned char>(bytes[at]);
    if (length == 0 || is_noncharacter(bytes.substr(at, length))) {
      text += kReplacement;
    } else if (length == 1 && ((byte < 0x20 && byte != '\n' && byte != '\t') || byte == 0x7f)) {
      // A carriage return or an escape sequence could rewrite a terminal line above it.
      if (byte != '\r')
        text += kReplacement;
    } else {
      text += bytes.substr(at, length);
    }
    at += length == 0 ? 1 : length;
  }
  return text;
}

}  // namespace gv
