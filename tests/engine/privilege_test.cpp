// SPDX-License-Identifier: MIT
//
// Watched addresses, and what ring 3 may not do, on each engine that runs guests.

#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

namespace gv {
namespace {

class AddressObserver final : public RunObserver {
 public:
  bool stop_after_exit(std::uint64_t) override { return false; }
  bool stop_at_address() override { return true; }
};

class Privilege : public testing::TestWithParam<Pair> {
 protected:
  std::unique_ptr<Machine> boot(std::vector<std::uint8_t> code) {
    MachineConfig config = config_of_code(std::move(code), GetParam().technique);
    config.engine = GetParam().engine;
    auto machine = Machine::create(config);
    EXPECT_TRUE(machine) << machine.error().message;
    return std::move(*machine);
  }
};

TEST_P(Privilege, AWatchedAddressIsReachedOncePerArrivalBeforeItRuns) {
  // mov ecx, 3; top: inc eax; dec ecx; jnz top; cli; hlt
  const auto machine = boot({0xb9, 3, 0, 0, 0, 0x40, 0x49, 0x75, 0xfc, 0xfa, 0xf4});
  AddressObserver observer;
  RunLimits limits;
  limits.observer = &observer;
  machine->engine().watch({Gva(0x100006)});  // the dec, in the middle of a block
  for (std::uint64_t turn = 0; turn < 3; ++turn) {
    ASSERT_EQ(machine->run(limits), RunStop::ObserverStopped) << turn;
    EXPECT_EQ(machine->technique().linear_rip().value, 0x100006u);
    EXPECT_EQ(machine->position().retired, 2 + 3 * turn);
    EXPECT_EQ(machine->engine().gpr(Gpr::Ax) & 0xff, turn + 1);
  }
  EXPECT_EQ(machine->run(limits), RunStop::GuestEnded);
}

// Goes to ring 3 by IRET through descriptors of its own, executes one instruction there, and
// exits from the #GP handler with the code 5. Let through, it never ends.
std::vector<std::uint8_t> guest_that_tries(std::initializer_list<std::uint8_t> instruction) {
  std::vector<std::uint8_t> code;
  const auto bytes = [&](std::initializer_list<std::uint8_t> values) {
    code.insert(code.end(), values);
  };
  const auto word = [&](std::uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      code.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
  };
  const auto store = [&](std::uint32_t address, std::uint32_t value) {
    bytes({0xc7, 0x05});
    word(address);
    word(value);
  };
  constexpr std::uint32_t kGdt = 0x21000, kIdt = 0x20000, kTss = 0x22000, kTable = 0x1fff0;
  constexpr std::uint32_t kUser = 0x100280, kHandler = 0x100300;
  const std::uint32_t descriptors[] = {0,          0,          0x0000ffff, 0x00cf9b00,
                                       0x0000ffff, 0x00cf9300, 0x0000ffff, 0x00cffb00,
                                       0x0000ffff, 0x00cff300, 0x20000067, 0x00008902};
  for (std::uint32_t i = 0; i < std::size(descriptors); ++i) {
    store(kGdt + 4 * i, descriptors[i]);
  }
  store(kTss + 4, 0x30000);
  store(kTss + 8, 0x10);
  store(kTss + 100, 0x00680000);  // no I/O permission map
  store(kIdt + 8 * 13, 0x00080000 | (kHandler & 0xffff));
  store(kIdt + 8 * 13 + 4, (kHandler & 0xffff0000) | 0x8e00);
  store(kTable, 0x0000002f);
  store(kTable + 2, kGdt);
  bytes({0x0f, 0x01, 0x15});
  word(kTable);  // lgdt
  store(kTable, 0x000007ff);
  store(kTable + 2, kIdt);
  bytes({0x0f, 0x01, 0x1d});
  word(kTable);                                       // lidt
  bytes({0x66, 0xb8, 0x28, 0x00, 0x0f, 0x00, 0xd8});  // mov ax, 28; ltr ax
  bytes({0xbc});
  word(0x38000);  // mov esp
  bytes({0x6a, 0x23, 0x68});
  word(0x34000);  // push ss 23, esp
  bytes({0x6a, 0x02, 0x6a, 0x1b, 0x68});
  word(kUser);    // push flags 2, cs 1b, eip
  bytes({0xcf});  // iret
  EXPECT_LE(code.size(), 0x280u);
  code.resize(0x280, 0x90);
  bytes(instruction);
  bytes({0xeb, 0xfe});  // let through: for ever here
  code.resize(0x300, 0x90);
  bytes({0xb0, 5, 0xe6, 0xf4});  // mov al, 5; out f4
  return code;
}

TEST_P(Privilege, RingThreeMayNotTouchPortsOrTheInterruptFlag) {
  const std::pair<const char*, std::vector<std::uint8_t>> cases[] = {
      {"cli", guest_that_tries({0xfa})},
      {"sti", guest_that_tries({0xfb})},
      {"hlt", guest_that_tries({0xf4})},
      {"in al, dx", guest_that_tries({0xec})},
      {"out e9, al", guest_that_tries({0xe6, 0xe9})},
      {"mov eax, cr0", guest_that_tries({0x0f, 0x20, 0xc0})}};
  for (const auto& [name, code] : cases) {
    const auto machine = boot(code);
    RunLimits limits;
    limits.stop_exactly = 10'000;
    machine->run(limits);
    ASSERT_TRUE(machine->end().has_value()) << name << " was let through, or never reached";
    EXPECT_EQ(machine->end()->how, GuestEnd::Exited) << name;
    EXPECT_EQ(machine->end()->code & 0xff, 5u) << name;
    EXPECT_EQ(machine->console_text(0), "") << name;
    bool fault_from_user = false;
    const EventView events = machine->recorder().view();
    for (std::uint64_t i = events.first(); i < events.end(); ++i) {
      const auto* delivered = std::get_if<ExceptionDelivered>(&events[i].body);
      fault_from_user = fault_from_user || (delivered != nullptr && delivered->vector == 13 &&
                                            events[i].rip.value == 0x100280);
    }
    EXPECT_TRUE(fault_from_user) << name;
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Privilege, testing::ValuesIn(kEveryPair),
                         [](const auto& pair) { return identifier(pair.param); });

}  // namespace
}  // namespace gv
