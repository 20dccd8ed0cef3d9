// SPDX-License-Identifier: MIT
//
// What a snapshot shows of a guest in long mode: its pages and walks through four tables.

#include "gv/session.h"
#include "machine/kits.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

namespace gv {
namespace {

class LongModeView : public testing::TestWithParam<Pair> {};

// In the timer's handler, by when the kernel has tables of its own and a program runs.
TEST_P(LongModeView, ShowsThePagesAndTheWalksOfFourLevels) {
  MachineConfig config = config_of_kit("tinykernel64", GetParam().technique);
  config.engine = GetParam().engine;
  const auto session = Session::create(std::move(config));
  ASSERT_TRUE(session) << session.error().message;
  const auto symbols = (*session)->symbols();
  const auto tick = std::find_if(symbols.begin(), symbols.end(),
                                 [](const Symbol& symbol) { return symbol.name == "timer_tick"; });
  ASSERT_NE(tick, symbols.end());
  Breakpoint at_tick;
  at_tick.where = AtAddress{tick->address};
  gv::Run run;
  run.until.push_back(at_tick);
  ViewRequest view;
  view.page_tables = true;
  view.walk = tick->address;
  view.disassembly = true;
  // Where an instruction takes longer, the first ticks come before there are processes.
  const auto is_user = [](const MappedPage& page) { return page.user; };
  std::shared_ptr<const Snapshot> kernel;
  for (int ticks = 0; ticks < 100; ++ticks) {
    ASSERT_EQ((*session)->perform(run).cause, StopCause::BreakpointHit);
    kernel = (*session)->perform(Look{view}).snapshot;
    if (std::any_of(kernel->mapped_guest.begin(), kernel->mapped_guest.end(), is_user)) {
      break;
    }
  }
  EXPECT_EQ(kernel->next_instruction, tick->address);
  // The listing is of 64-bit code: some line names a register that there is nowhere else.
  EXPECT_TRUE(std::any_of(kernel->disassembly.begin(), kernel->disassembly.end(),
                          [](const DisassembledLine& line) {
                            return line.text.find("rsp") != std::string::npos ||
                                   line.text.find("rip") != std::string::npos ||
                                   line.text.find("rdi") != std::string::npos;
                          }));
  ASSERT_TRUE(kernel->guest_walk.has_value());
  EXPECT_EQ(kernel->guest_walk->outcome, WalkOutcome::Mapped);
  EXPECT_EQ(kernel->guest_walk->step[0].level, "PML4");
  EXPECT_GE(kernel->guest_walk->steps, 3);
  // Every page of the list is what a walk of it says, and both kinds are there.
  ASSERT_FALSE(kernel->mapped_guest.empty());
  const auto users = static_cast<std::size_t>(
      std::count_if(kernel->mapped_guest.begin(), kernel->mapped_guest.end(), is_user));
  for (std::size_t i = 0; i < kernel->mapped_guest.size(); i += 7) {
    const MappedPage& page = kernel->mapped_guest[i];
    view.walk = page.address;
    const auto walked = (*session)->perform(Look{view}).snapshot->guest_walk;
    ASSERT_TRUE(walked.has_value());
    EXPECT_EQ(walked->physical, page.physical) << std::hex << page.address.value;
    EXPECT_EQ(walked->page_size, page.size);
    EXPECT_EQ(walked->writable, page.writable);
    EXPECT_EQ(walked->user, page.user);
    EXPECT_EQ(walked->dirty, page.dirty);
  }
  EXPECT_GT(users, 0U);
  EXPECT_LT(users, kernel->mapped_guest.size());
}

INSTANTIATE_TEST_SUITE_P(Pairs, LongModeView, testing::ValuesIn(kEveryLongModePair),
                         [](const auto& run) { return identifier(run.param); });

}  // namespace
}  // namespace gv
