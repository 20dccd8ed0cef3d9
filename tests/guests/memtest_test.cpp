// SPDX-License-Identifier: MIT
//
// Debian's memtest86+, unmodified: a bzImage that boots to its tests, and they go on.

#include "guests/guest_of_others.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

using testing::Place;
using testing::RunningGuest;

constexpr Place kPlaces[] = {{EngineKind::Unicorn, TechniqueKind::BareMetal},
                             {EngineKind::Unicorn, TechniqueKind::HardwareAssisted},
                             {EngineKind::Interpreter, TechniqueKind::Interpretation},
                             {EngineKind::Kvm, TechniqueKind::HardwareAssisted}};

// "Test 34% ####": the number behind the word, or nothing before tests run.
std::optional<int> percent_behind(const std::string& row, const std::string& word) {
  const std::size_t at = row.find(word);
  if (at == std::string::npos)
    return std::nullopt;
  int number = 0, digits = 0;
  for (std::size_t i = at + word.size(); i < row.size() && row[i] != '%'; ++i) {
    if (row[i] >= '0' && row[i] <= '9') {
      number = number * 10 + (row[i] - '0');
      ++digits;
    }
  }
  return digits == 0 ? std::nullopt : std::optional(number);
}

class Memtest : public ::testing::TestWithParam<Place> {};

TEST_P(Memtest, ReachesItsTestScreenAndItsProgressMoves) {
  // Little memory, so that an emulating KVM gets somewhere.
  const auto guest = RunningGuest::start("memtest86+", GetParam(), 8);
  if (guest == nullptr)
    return;
  const auto shows = [&](const char* text) {
    return guest->screen().find(text) != std::string::npos;
  };
  const auto progress = [&] {
    return percent_behind(guest->row(1), "Pass").value_or(-1) * 1000 +
           percent_behind(guest->row(2), "Test").value_or(-1);
  };
  ASSERT_TRUE(guest->run_until([&] { return shows("<Enter> to start testing"); }, 10, 100))
      << guest->screen();
  guest->session().perform(PressKeys{{0x1c, 0x9c}});
  ASSERT_TRUE(guest->run_until([&] { return progress() >= 0; }, 20, 60)) << guest->screen();
  EXPECT_TRUE(shows("Status: Testing")) << guest->screen();
  const int before = progress();
  EXPECT_TRUE(guest->run_until([&] { return progress() > before; }, 20, 60)) << guest->screen();
  EXPECT_TRUE(shows("Errors: 0")) << guest->screen();
  const std::uint64_t assists = guest->snapshot().ledger[ExitReason::InstructionAssist].count;
  EXPECT_TRUE(GetParam().engine == EngineKind::Kvm || assists == 0);
  RecordProperty("assists", std::to_string(assists));
}

INSTANTIATE_TEST_SUITE_P(On, Memtest, ::testing::ValuesIn(kPlaces),
                         [](const auto& test) { return testing::identifier(test.param); });

}  // namespace
}  // namespace gv
