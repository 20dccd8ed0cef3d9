// SPDX-License-Identifier: MIT

#include "xen/xl/cpu_list.h"

#include <gtest/gtest.h>

namespace gv::xl {
namespace {

std::string allowed(const std::string& text) {
  const auto list = parse_cpu_list(text);
  std::string which;
  for (unsigned cpu = 0; list && cpu < 8; ++cpu)
    which += list->allows(cpu) ? static_cast<char>('0' + cpu) : '-';
  return list ? which : "refused";
}

TEST(CpuList, IsReadAsTheManualExplainsIt) {
  EXPECT_EQ(allowed("all"), "01234567");
  EXPECT_EQ(allowed("0-3,5,^1"), "0-23-5--");
  EXPECT_EQ(allowed("all,^7"), "0123456-");
  EXPECT_EQ(allowed("^7,all"), "0123456-");
  EXPECT_EQ(allowed("2"), "--2-----");
  EXPECT_EQ(allowed(" 0x2 - 3"), "refused");
  EXPECT_EQ(allowed("0, 2 ,4-5"), "0-2-45--");
  EXPECT_EQ(allowed("node:0,^3"), "012-4567");
}

TEST(CpuList, RefusesWhatNamesNoProcessor) {
  for (const char* text :
       {"", ",", "0,", "a", "3-1", "-1", "1-", "^1", "99999", "node:1", "nodes:"})
    EXPECT_EQ(allowed(text), "refused") << text;
}

}  // namespace
}  // namespace gv::xl
