// SPDX-License-Identifier: MIT
//
// Guests of a few bytes, each for one thing that a technique must get right. And thousands of
// random ones, which may end as they like, but must end as guests.

#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <random>

namespace gv {
namespace {

// Bytes, and what stands where, for guests that need an IDT: all tables at fixed addresses.
class Code {
 public:
  Code& bytes(std::initializer_list<int> values) {
    for (const int value : values) {
      code_.push_back(static_cast<std::uint8_t>(value));
    }
    return *this;
  }
  Code& word32(std::uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      code_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    return *this;
  }
  // mov dword [address], value
  Code& store(std::uint32_t address, std::uint32_t value) {
    return bytes({0xc7, 0x05}).word32(address).word32(value);
  }
  // A 32-bit interrupt gate to `handler`, in an IDT at 0x20000.
  Code& gate(std::uint32_t vector, std::uint32_t handler) {
    return store(0x20000 + 8 * vector, 0x00080000u | (handler & 0xffff))
        .store(0x20004 + 8 * vector, (handler & 0xffff0000u) | 0x8e00u);
  }
  Code& load_idt() {
    return store(0x1fff0, 0x000007ffu)
        .store(0x1fff2, 0x20000u)
        .bytes({0x0f, 0x01, 0x1d})
        .word32(0x1fff0);
  }
  // mov esp, 0x30000: room for frames.
  Code& stack() { return bytes({0xbc}).word32(0x30000); }
  // mov al, code; out 0xf4, al
  Code& exit(int code) { return bytes({0xb0, code, 0xe6, 0xf4}); }
  Code& at(std::size_t offset) {
    EXPECT_LE(code_.size(), offset) << "code grew over its handler";
    code_.resize(offset, 0x90);
    return *this;
  }
  std::vector<std::uint8_t> take() { return code_; }

 private:
  std::vector<std::uint8_t> code_;
};
constexpr std::uint32_t kHandler = 0x100200;

class TinyGuest : public testing::TestWithParam<TechniqueKind> {
 protected:
  Machine& boot(std::vector<std::uint8_t> code, std::uint64_t limit = 100'000) {
    auto machine = Machine::create(config_of_code(std::move(code), GetParam()));
    EXPECT_TRUE(machine) << machine.error().message;
    machine_ = std::move(*machine);
    RunLimits limits;
    limits.stop_exactly = limit;
    stop_ = machine_->run(limits);
    return *machine_;
  }
  void expect_exit(std::uint32_t code) {
    ASSERT_TRUE(machine_->end().has_value()) << "at " << machine_->position().retired;
    EXPECT_EQ(machine_->end()->how, GuestEnd::Exited);
    EXPECT_EQ(machine_->end()->code & 0xff, code);
  }
  template <class Body>
  std::vector<Body> recorded() {
    std::vector<Body> found;
    const EventView events = machine_->recorder().view();
    for (std::uint64_t i = events.first(); i < events.end(); ++i) {
      if (const auto* body = std::get_if<Body>(&events[i].body)) {
        found.push_back(*body);
      }
    }
    return found;
  }
  std::unique_ptr<Machine> machine_;
  RunStop stop_ = RunStop::TargetReached;
};

TEST_P(TinyGuest, WithoutAnIdtAFaultCrashesTheGuest) {
  // lidt of an empty table; ud2
  boot(Code()
           .stack()
           .store(0x1fff0, 0)
           .store(0x1fff4, 0)
           .bytes({0x0f, 0x01, 0x1d})
           .word32(0x1fff0)
           .bytes({0x0f, 0x0b})
           .take());
  ASSERT_TRUE(machine_->end().has_value());
  EXPECT_EQ(machine_->end()->how, GuestEnd::Crashed);
  EXPECT_EQ(stop_, RunStop::GuestEnded);
}

TEST_P(TinyGuest, AnUnclaimedPortReadsOnesAndIsAnEvent) {
  // mov dx, 0x1234; in eax, dx; cmp eax, -1; jne to exit(9); exit(5)
  boot(Code()
           .bytes({0x66, 0xba, 0x34, 0x12, 0xed, 0x83, 0xf8, 0xff, 0x75, 0x04})
           .exit(5)
           .exit(9)
           .take());
  expect_exit(5);
  const auto touched = recorded<PortTouched>();
  ASSERT_GE(touched.size(), 1u);
  EXPECT_EQ(touched[0].port, 0x1234);
  EXPECT_EQ(touched[0].size, 4);
  EXPECT_FALSE(touched[0].claimed);
  EXPECT_EQ(machine_->ledger().unclaimed_ports, 1u);
}

TEST_P(TinyGuest, ADivisionByZeroReachesTheGuestsHandler) {
  // xor ecx, ecx; div ecx
  boot(Code()
           .stack()
           .gate(0, kHandler)
           .load_idt()
           .bytes({0x31, 0xc9, 0xf7, 0xf1})
           .at(0x200)
           .exit(3)
           .take());
  expect_exit(3);
  const auto delivered = recorded<ExceptionDelivered>();
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_EQ(delivered[0].vector, 0);
  EXPECT_FALSE(delivered[0].software);
  EXPECT_EQ(delivered[0].handler.value, kHandler);
}

TEST_P(TinyGuest, ADivisionByZeroLeavesTheInstructionsAddressOnTheStack) {
  // handler: pop eax; cmp eax, address of the div; jne exit(9)
  Code code;
  code.stack().gate(0, kHandler).load_idt().bytes({0x31, 0xc9});
  const auto div = 0x100000u + static_cast<std::uint32_t>(Code(code).take().size());
  boot(code.bytes({0xf7, 0xf1})
           .at(0x200)
           .bytes({0x58, 0x3d})
           .word32(div)
           .bytes({0x75, 0x04})
           .exit(4)
           .exit(9)
           .take());
  expect_exit(4);
}

TEST_P(TinyGuest, IntAndIretGoThereAndBackAndRestoreIf) {
  // sti; nop; int 0x40; cli; exit(6).  handler: iret
  boot(Code()
           .stack()
           .gate(0x40, kHandler)
           .load_idt()
           .bytes({0xb0, 0xff, 0xe6, 0x21, 0xe6, 0xa1})  // every line masked
           .bytes({0xfb, 0x90, 0xcd, 0x40, 0x90, 0x90})
           .exit(6)
           .at(0x200)
           .bytes({0xcf})
           .take());
  expect_exit(6);
  EXPECT_TRUE((machine_->technique().registers().rflags & 0x200) != 0) << "IF is on again";
  const auto delivered = recorded<ExceptionDelivered>();
  ASSERT_EQ(delivered.size(), 1u);
  EXPECT_TRUE(delivered[0].software);
}

TEST_P(TinyGuest, StiThenHltWakesAtTheTimer) {
  // PIC to vectors 0x20 and up, only line 0 open; PIT channel 0 once; sti; hlt; exit(7).
  const auto pic = [](Code& code, int port, int value) { code.bytes({0xb0, value, 0xe6, port}); };
  Code code;
  code.stack().gate(0x20, kHandler).load_idt();
  for (const auto& [port, value] : std::initializer_list<std::pair<int, int>>{{0x20, 0x11},
                                                                              {0x21, 0x20},
                                                                              {0x21, 0x04},
                                                                              {0x21, 0x01},
                                                                              {0x21, 0xfe},
                                                                              {0x43, 0x30},
                                                                              {0x40, 0xff},
                                                                              {0x40, 0x01}}) {
    pic(code, port, value);
  }
  boot(code.bytes({0xfb, 0xf4}).exit(7).at(0x200).bytes({0xb0, 0x20, 0xe6, 0x20, 0xcf}).take());
  expect_exit(7);
  EXPECT_EQ(machine_->ledger().interrupts, 1u);
  EXPECT_GT(machine_->ledger().idle_cycles, 0u);
}

TEST_P(TinyGuest, HltWithInterruptsOffIsTheEnd) {
  boot({0xfa, 0xf4});
  ASSERT_TRUE(machine_->end().has_value());
  EXPECT_EQ(machine_->end()->how, GuestEnd::Halted);
}

TEST_P(TinyGuest, RepeatedInstructionsRetireOncePerTurn) {
  // mov ecx, 1000; mov edi, 0x40000; xor eax, eax; rep stosd; exit
  boot(Code()
           .bytes({0xb9})
           .word32(1000)
           .bytes({0xbf})
           .word32(0x40000)
           .bytes({0x31, 0xc0, 0xf3, 0xab})
           .exit(1)
           .take());
  expect_exit(1);
  // Three before it, 1000 turns and the check that ends them, mov and out after it.
  // The out that ends a guest: the engine does not count it, a callout has done it.
  const std::uint64_t out = GetParam() == TechniqueKind::BinaryTranslation ? 1 : 0;
  EXPECT_EQ(machine_->position().retired, 3u + 1001u + 1u + out);
}

TEST_P(TinyGuest, CodeThatChangesItselfRunsAsChanged) {
  // mov byte [next+1], 8; mov al, 9 (becomes mov al, 8); out 0xf4, al — twice round, so that the
  // first version has been translated before it changes.
  // 0: mov ecx,2   5: mov al,1   7: dec ecx   8: jz +9 -> 19   10: mov byte [0x100006], 8
  // 17: jmp 5      19: out 0xf4,al
  boot(Code()
           .bytes({0xb9})
           .word32(2)
           .bytes({0xb0, 1, 0x49, 0x74, 9, 0xc6, 0x05})
           .word32(0x100006)
           .bytes({8, 0xeb, 0xf2, 0xe6, 0xf4})
           .take());
  expect_exit(8);
  const std::uint64_t out = GetParam() == TechniqueKind::BinaryTranslation ? 1 : 0;
  EXPECT_EQ(machine_->position().retired, 9u + out);
}

TEST_P(TinyGuest, AFaultInTheMiddleOfABlockLeavesAnExactCount) {
  // four nops, ud2: the block is one, and four of its instructions retired.
  Code code;
  code.stack().gate(6, kHandler).load_idt();
  const std::uint64_t before = 1 + 2 + 3;
  boot(code.bytes({0x90, 0x90, 0x90, 0x90, 0x0f, 0x0b}).at(0x200).exit(2).take());
  expect_exit(2);
  const EventView events = machine_->recorder().view();
  for (std::uint64_t i = events.first(); i < events.end(); ++i) {
    if (std::holds_alternative<ExceptionDelivered>(events[i].body)) {
      EXPECT_EQ(events[i].retired, before + 4);
    }
  }
  EXPECT_EQ(recorded<ExceptionDelivered>().size(), 1u);
}

TEST_P(TinyGuest, AJumpToWhereThereIsNoMemoryIsAnInvalidOpcode) {
  // mov eax, 0x40000000; jmp eax
  boot(Code()
           .stack()
           .gate(6, kHandler)
           .load_idt()
           .bytes({0xb8})
           .word32(0x40000000)
           .bytes({0xff, 0xe0})
           .at(0x200)
           .exit(8)
           .take());
  expect_exit(8);
}

// Whatever these bytes are: it is the guest that ends, not we.
TEST_P(TinyGuest, RandomBytesNeverEndUs) {
  std::mt19937 random(GetParam() == TechniqueKind::BareMetal ? 1u : 2u);
  int ended = 0;
  for (int round = 0; round < 1000; ++round) {
    std::vector<std::uint8_t> code(16 + random() % 240);
    for (auto& byte : code) {
      byte = static_cast<std::uint8_t>(random());
    }
    if (round % 3 == 0) {  // a share of bytes that lead to the hypervisor
      static constexpr std::uint8_t kSensitive[] = {0xfa, 0xfb, 0xf4, 0xcf, 0xcd, 0xee, 0xed, 0x0f,
                                                    0x22, 0x20, 0x01, 0x00, 0x9d, 0x8e, 0x6e, 0xcb};
      for (std::size_t i = 0; i < code.size(); i += 1 + random() % 3) {
        code[i] = kSensitive[random() % std::size(kSensitive)];
      }
    }
    Machine& machine = boot(code, 3000);
    EXPECT_NE(stop_, RunStop::EngineFailed)
        << "round " << round << " " << machine.engine_failure().message;
    EXPECT_EQ(machine.ledger().total_cycles(), machine.position().cycles) << "round " << round;
    ended += machine.end().has_value() ? 1 : 0;
  }
  EXPECT_GT(ended, 100) << "these guests did nothing";
}

INSTANTIATE_TEST_SUITE_P(Both, TinyGuest, testing::ValuesIn(kTechniques),
                         [](const auto& technique) { return identifier(technique.param); });

}  // namespace
}  // namespace gv
