// SPDX-License-Identifier: MIT
//
// Translated kernels: what a rewrite does is found by running it beside the same code on bare
// metal, and what the cache does by its counters and its view.

#include "gv/session.h"
#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gv {
namespace {

using Bytes = std::vector<std::uint8_t>;

class Guest {
 public:
  Guest& bytes(std::initializer_list<int> values) {
    for (const int value : values) {
      code_.push_back(static_cast<std::uint8_t>(value));
    }
    return *this;
  }
  Guest& word(std::uint32_t value) {
    for (int i = 0; i < 4; ++i) {
      code_.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
    }
    return *this;
  }
  // mov esp, 0x30000
  Guest& stack() { return bytes({0xbc}).word(0x30000); }
  // mov reg, value, for all but ESP: something to be found again, or not.
  Guest& registers() {
    int value = 0x11;
    for (const int reg : {0, 1, 2, 3, 5, 6, 7}) {
      bytes({0xb8 + reg}).word(0x01010101u * static_cast<std::uint32_t>(value++));
    }
    return *this;
  }
  // cmp eax, eax; stc: ZF, PF and CF.
  Guest& flags() { return bytes({0x39, 0xc0, 0xf9}); }
  Guest& exit(int code) { return bytes({0xb0, code, 0xe6, 0xf4}); }
  Guest& at(std::size_t offset) {
    EXPECT_LE(code_.size(), offset);
    code_.resize(offset, 0x90);
    return *this;
  }
  std::size_t size() const { return code_.size(); }
  Bytes take() const { return code_; }

 private:
  Bytes code_;
};

// Translations run on both engines, and are the same there.
class Translated : public testing::TestWithParam<EngineKind> {
 protected:
  std::unique_ptr<Machine> machine_of(const Bytes& code, TechniqueKind technique) const {
    MachineConfig config = config_of_code(code, technique);
    config.engine = GetParam();
    config.translation_cache_bytes = 64 << 10;
    auto machine = Machine::create(config);
    EXPECT_TRUE(machine) << machine.error().message;
    return std::move(*machine);
  }
  void expect_lockstep(const Bytes& code, std::uint64_t instructions, const std::string& name);
};

// What a guest could tell apart: registers, flags, position, and its memory from 0x1000 up.
void expect_same_guest(Machine& got, Machine& expected, const std::string& when) {
  const RegisterFile r = got.technique().registers(), e = expected.technique().registers();
  for (std::size_t i = 0; i < 8; ++i) {
    EXPECT_EQ(r.gpr[i], e.gpr[i]) << when << " register " << i;
  }
  EXPECT_EQ(r.rip, e.rip) << when;
  EXPECT_EQ(r.rflags, e.rflags) << when;
  EXPECT_EQ(got.position().retired, expected.position().retired) << when;
  for (std::uint32_t i = 1; i < got.memory().p2m().guest_frames(); ++i) {
    ASSERT_EQ(std::memcmp(got.memory().frame(Gfn(i)), expected.memory().frame(Gfn(i)), kPageSize),
              0)
        << when << " frame " << i;
  }
}

// Each guest ends in a jump to itself; both machines are compared after every instruction.
void Translated::expect_lockstep(const Bytes& code, std::uint64_t instructions,
                                 const std::string& name) {
  const auto bare = machine_of(code, TechniqueKind::BareMetal);
  const auto translated = machine_of(code, TechniqueKind::BinaryTranslation);
  for (std::uint64_t n = 1; n <= instructions && !testing::Test::HasFailure(); ++n) {
    RunLimits limits;
    limits.stop_exactly = n;
    ASSERT_EQ(bare->run(limits), RunStop::TargetReached) << name << " " << n;
    ASSERT_EQ(translated->run(limits), RunStop::TargetReached) << name << " " << n;
    expect_same_guest(*translated, *bare, name + ", instruction " + std::to_string(n));
  }
}

struct Rewrite {
  const char* name;
  Bytes instruction;
};

TEST_P(Translated, RewritesDoToTheGuestWhatTheInstructionDoes) {
  const std::vector<Rewrite> rewrites = {
      {"cli", {0xfa}},
      {"sti", {0xfb, 0x90}},
      {"sti; pushf; cli; pushf", {0xfb, 0x9c, 0xfa, 0x9c}},
      {"pushf", {0x9c}},
      {"pushf 16", {0x66, 0x9c}},
      {"push 0x247; popf; pushf", {0x68, 0x47, 0x02, 0, 0, 0x9d, 0x9c}},
      {"push 0x3c95; popf; pushf", {0x68, 0x95, 0x3c, 0, 0, 0x9d, 0x9c}},
      {"push 0x200ad5; popf", {0x68, 0xd5, 0x0a, 0x20, 0, 0x9d}},
      {"push; popf 16; pushf", {0x68, 0x95, 0x02, 0x00, 0, 0x66, 0x9d, 0x9c}},
      {"sgdt [eax]", {0xb8, 0, 0, 4, 0, 0x0f, 0x01, 0x00}},
      {"sgdt [ecx+edx*2+8]", {0xb9, 0, 0, 4, 0, 0xba, 4, 0, 0, 0, 0x0f, 0x01, 0x44, 0x51, 8}},
      {"sidt [esp-16]", {0x0f, 0x01, 0x4c, 0x24, 0xf0}},
      {"sgdt [bx+si] (16-bit address)",
       {0xbb, 0, 0x10, 0, 0, 0xbe, 0, 0, 0, 0, 0x67, 0x0f, 0x01, 0x00}},
      {"smsw ax", {0x66, 0x0f, 0x01, 0xe0}},
      {"smsw [eax]", {0xb8, 0, 0, 4, 0, 0x0f, 0x01, 0x20}},
      {"sldt cx", {0x66, 0x0f, 0x00, 0xc1}},
      {"sldt edi", {0x0f, 0x00, 0xc7}},
      {"str [ecx]", {0xb9, 0, 0, 4, 0, 0x0f, 0x00, 0x09}},
      {"mov eax, cs", {0x8c, 0xc8}},
      {"mov bx, ss", {0x66, 0x8c, 0xd3}},
      {"mov [eax+4], cs", {0xb8, 0, 0, 4, 0, 0x8c, 0x48, 4}},
      {"push cs; push ss; push ds", {0x0e, 0x16, 0x1e}},
      {"mov eax, cr0; mov edx, cr3; mov ecx, cr4",
       {0x0f, 0x20, 0xc0, 0x0f, 0x20, 0xda, 0x0f, 0x20, 0xe1}},
      {"lar eax, [cs]", {0x8c, 0xc9, 0x0f, 0x02, 0xc1}},
      {"lar of nothing", {0xb9, 0xf8, 0xff, 0, 0, 0x0f, 0x02, 0xc1}},
      {"lsl edx, [ss]", {0x8c, 0xd1, 0x0f, 0x03, 0xd1}},
      {"verr, verw", {0x8c, 0xd1, 0x0f, 0x00, 0xe1, 0x0f, 0x00, 0xe9}},
      {"verw cs", {0x8c, 0xc9, 0x0f, 0x00, 0xe9}},
      {"mov ss, ax", {0x8c, 0xd0, 0x8e, 0xd0, 0x90}},
      {"push ss; pop ss", {0x16, 0x17, 0x90}},
      {"wbinvd", {0x0f, 0x09}},
      {"in al, dx", {0xba, 0x34, 0x12, 0, 0, 0xec, 0x66, 0xed, 0xed}},
      {"out", {0xe6, 0x80}},
      {"call; pop", {0xe8, 0, 0, 0, 0, 0x58}},
      {"call over; ret", {0xeb, 1, 0xc3, 0xe8, 0xfa, 0xff, 0xff, 0xff}},
      {"call over; ret 8", {0xeb, 3, 0xc2, 8, 0, 0xe8, 0xf8, 0xff, 0xff, 0xff}},
      {"call [esp+8]",
       {0x6a, 0, 0xe8, 1, 0, 0, 0, 0xc3, 0x58, 0x50, 0x6a, 1, 0x6a, 2, 0xff, 0x54, 0x24, 8}},
      {"call eax", {0xeb, 1, 0xc3, 0xb8, 0x2c, 0, 0x10, 0, 0xff, 0xd0}},
      {"loop", {0xb9, 3, 0, 0, 0, 0x42, 0xe2, 0xfd}},
      {"loopne", {0xb9, 5, 0, 0, 0, 0x4a, 0xe0, 0xfd}},
      {"jecxz, not and taken", {0xe3, 1, 0x40, 0x31, 0xc9, 0xe3, 1, 0x40, 0x90}},
      {"jcxz", {0xb9, 0, 0, 1, 0, 0x67, 0xe3, 1, 0x40, 0x90}},
      {"rep stosb", {0xb9, 5, 0, 0, 0, 0xbf, 0, 0, 4, 0, 0xf3, 0xaa}},
      {"bswap, setc, cmov, shld",
       {0x0f, 0xc8, 0x0f, 0x92, 0xc1, 0x0f, 0x44, 0xd0, 0x0f, 0xa4, 0xc2, 4}},
      {"jmp far", {0xea, 0x32, 0, 0x10, 0, 8, 0, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90, 0x90}},
      {"push cs; push; retf", {0x0e, 0x68, 0x35, 0, 0x10, 0, 0xcb, 0x90, 0x90, 0x90, 0x90, 0x90}},
      {"iret", {0x9c, 0x0e, 0x68, 0x35, 0, 0x10, 0, 0xcf, 0x90, 0x90, 0x90, 0x90}},
  };
  for (const Rewrite& rewrite : rewrites) {
    Guest guest;
    // 0x28 bytes of setting up stand before the instruction; far targets above know that.
    guest.bytes({0xb0, 0xff, 0xe6, 0x21}).stack();
    for (const int reg : {0, 1, 2, 3, 5, 6}) {
      guest.bytes({0xb8 + reg}).word(0x13572468u + 0x01010101u * static_cast<std::uint32_t>(reg));
    }
    guest.flags();
    ASSERT_EQ(guest.size(), 0x2au);
    for (const std::uint8_t byte : rewrite.instruction) {
      guest.bytes({byte});
    }
    // Twice more by a jump back, so that what was chained and looked up is used: then for ever.
    const auto back = static_cast<int>(0u - (guest.size() - 9 + 2));
    guest.bytes({0xeb, back});
    expect_lockstep(guest.take(), 90, rewrite.name);
  }
}

// Random straight-line code with a sensitive instruction here and there, run in lockstep.
TEST_P(Translated, RewritesAreExactAmongRandomInstructions) {
  std::mt19937 random(11);
  const std::vector<Bytes> pieces = {{0x01, 0xd8},
                                     {0x11, 0xca},
                                     {0x29, 0xf7},
                                     {0x31, 0xd3},
                                     {0x0f, 0xaf, 0xc1},
                                     {0xc1, 0xc0, 5},
                                     {0xd1, 0xd8},
                                     {0x9c},
                                     {0x58},
                                     {0x50},
                                     {0xfa},
                                     {0x66, 0x0f, 0x01, 0xe0},
                                     {0x8c, 0xc8},
                                     {0x0e},
                                     {0x5a},
                                     {0x0f, 0x00, 0xc9},
                                     {0x9c, 0x9d},
                                     {0x0f, 0x20, 0xc3},
                                     {0x0f, 0xc8},
                                     {0xf7, 0xd1},
                                     {0x75, 0x01, 0x42},
                                     {0x72, 0x02, 0x42, 0x4a},
                                     {0xe8, 0, 0, 0, 0, 0x5e},
                                     {0x0f, 0x01, 0x44, 0x24, 0xf0},
                                     {0x87, 0x04, 0x24},
                                     {0x8d, 0x64, 0x24, 0xfc},
                                     {0x0f, 0x02, 0xc1},
                                     {0xf8},
                                     {0xf5},
                                     {0xfb, 0x40}};
  for (int round = 0; round < 12; ++round) {
    Guest guest;
    guest.bytes({0xb0, 0xff, 0xe6, 0x21}).stack().registers();
    for (int i = 0; i < 40; ++i) {
      for (const std::uint8_t byte : pieces[random() % pieces.size()]) {
        guest.bytes({byte});
      }
    }
    guest.stack();
    const auto back = static_cast<std::uint32_t>(0u - (guest.size() + 5 - 4));
    guest.bytes({0xe9}).word(back);
    expect_lockstep(guest.take(), 150, "round " + std::to_string(round));
  }
}

// mov ecx, turns; top: add eax, ecx; dec ecx; jnz top; exit
Bytes hot_loop(std::uint32_t turns) {
  return Guest().bytes({0xb9}).word(turns).bytes({0x01, 0xc8, 0x49, 0x75, 0xfb}).exit(1).take();
}

TEST_P(Translated, AHotLoopLeavesTheCacheNoMoreOftenThanAColdOne) {
  std::uint64_t exits[2];
  int i = 0;
  for (const std::uint32_t turns : {10u, 100'000u}) {
    const auto machine = machine_of(hot_loop(turns), TechniqueKind::BinaryTranslation);
    ASSERT_EQ(machine->run({}), RunStop::GuestEnded);
    const Ledger ledger = machine->ledger();
    exits[i++] = ledger[ExitReason::Callout].count + ledger[ExitReason::TranslatorCalled].count;
    EXPECT_GE(ledger.translation.chains, 2u);
  }
  EXPECT_EQ(exits[0], exits[1]) << "some turn of the loop asked the hypervisor";
}

TEST_P(Translated, CallsAndReturnsStayInTheCache) {
  // mov ecx, n; top: call f; dec ecx; jnz top; exit; f: inc edx; ret
  const auto count = [this](std::uint32_t turns) {
    const auto machine = machine_of(Guest()
                                        .stack()
                                        .bytes({0xb9})
                                        .word(turns)
                                        .bytes({0xe8, 7, 0, 0, 0, 0x49, 0x75, 0xf8})
                                        .exit(1)
                                        .bytes({0x42, 0xc3})
                                        .take(),
                                    TechniqueKind::BinaryTranslation);
    EXPECT_EQ(machine->run({}), RunStop::GuestEnded);
    EXPECT_EQ(machine->engine().gpr(Gpr::Dx) & 0xffffffff, turns);
    return machine->ledger();
  };
  const Ledger cold = count(10), hot = count(50'000);
  EXPECT_EQ(cold.total_exits() - cold[ExitReason::InterruptWindow].count,
            hot.total_exits() - hot[ExitReason::InterruptWindow].count);
  EXPECT_EQ(hot.translation.lookup_misses, 1u);
  EXPECT_EQ(hot.translation.lookup_hits, 49'999u);
}

TEST_P(Translated, CliAndStiCostNoExit) {
  // mov ecx, n; top: cli; sti; dec ecx; jnz top; exit
  const auto machine = machine_of(
      Guest().bytes({0xb9}).word(10'000).bytes({0xfa, 0xfb, 0x49, 0x75, 0xfb}).exit(1).take(),
      TechniqueKind::BinaryTranslation);
  ASSERT_EQ(machine->run({}), RunStop::GuestEnded);
  EXPECT_LT(machine->ledger().total_exits(), 20u);
  EXPECT_EQ(machine->ledger()[ExitReason::PrivilegedInstruction].count, 0u);
}

TEST_P(Translated, UnitsAreTwelveInstructionsAtMostAndTellTheirTreatment) {
  Guest guest;
  for (int i = 0; i < 20; ++i) {
    guest.bytes({0x40});
  }
  guest.bytes({0xfa, 0x9c, 0xec}).exit(1).bytes({0xeb, 0xfe});
  const auto machine = machine_of(guest.take(), TechniqueKind::BinaryTranslation);
  ASSERT_EQ(machine->run({}), RunStop::GuestEnded);
  const auto view = machine->technique().translation_cache();
  ASSERT_TRUE(view.has_value());
  ASSERT_GE(view->units.size(), 2u);
  EXPECT_EQ(view->units[0].guest.value, 0x100000u);
  EXPECT_EQ(view->units[0].instructions.size(), 12u);
  EXPECT_EQ(view->units[1].guest.value, 0x10000cu);
  int ident = 0, rewritten = 0, callouts = 0;
  for (const TranslationUnit& unit : view->units) {
    EXPECT_LE(unit.instructions.size(), 12u);
    for (const TranslatedInstruction& instruction : unit.instructions) {
      ident += instruction.treatment == Treatment::Ident ? 1 : 0;
      rewritten += instruction.treatment == Treatment::Rewritten ? 1 : 0;
      callouts += instruction.treatment == Treatment::Callout ? 1 : 0;
      EXPECT_FALSE(instruction.cache.empty()) << instruction.text;
    }
  }
  EXPECT_EQ(ident, 21) << "twenty times INC, and MOV";
  EXPECT_EQ(rewritten, 3) << "CLI, PUSHF and JMP";
  EXPECT_EQ(callouts, 2) << "IN and OUT";
  const TranslationCounts& counts = machine->ledger().translation;
  EXPECT_EQ(counts.ident, 21u);
  EXPECT_EQ(counts.rewritten, 3u);
  EXPECT_EQ(counts.callouts, 2u);
}

// A fault in the middle of a sequence: CALL pushes to where the guest has no page.
TEST_P(Translated, FaultsInTheMiddleOfASequenceShowTheGuestsOwnState) {
  // Paging on with 4 MiB pages but for the last of them; #PF goes to a handler that exits with 3
  // if the saved EIP is the faulting instruction's and no register changed.
  for (const Bytes& faulting :
       {Bytes{0xff, 0xd0}, Bytes{0x9c}, Bytes{0xe8, 0, 0, 0, 0}, Bytes{0xc3}, Bytes{0x9d},
        Bytes{0x0f, 0x01, 0x44, 0x24, 0x08}, Bytes{0x0e}, Bytes{0x50}}) {
    Guest guest;
    const auto store = [&](std::uint32_t address, std::uint32_t value) {
      guest.bytes({0xc7, 0x05}).word(address).word(value);
    };
    store(0x40000, 0x83);                 // the page directory: 0 to 4 MiB
    store(0x20000 + 8 * 14, 0x00080300);  // the gate of #PF, to 0x100300
    store(0x20004 + 8 * 14, 0x00108e00);
    store(0x1fff0, 0x000007ff);
    store(0x1fff2, 0x20000);
    guest.bytes({0x0f, 0x01, 0x1d}).word(0x1fff0);
    guest.bytes({0x0f, 0x20, 0xe0, 0x83, 0xc8, 0x10, 0x0f, 0x22, 0xe0});  // CR4.PSE
    guest.bytes({0xb8}).word(0x40000).bytes({0x0f, 0x22, 0xd8});
    guest.bytes({0x0f, 0x20, 0xc0, 0x0d}).word(0x80000000).bytes({0x0f, 0x22, 0xc0});
    guest.registers().bytes({0xb8}).word(0x100380);
    guest.bytes({0xbc}).word(0x00800100);  // where there is no page
    const std::size_t at = guest.size();
    for (const std::uint8_t byte : faulting) {
      guest.bytes({byte});
    }
    // A second stack for the handler is what the #PF needs: without rings there is none, so the
    // guest double-faults, and the state stands still for us to look at.
    const auto machine =
        machine_of(guest.at(0x380).exit(9).take(), TechniqueKind::BinaryTranslation);
    ASSERT_EQ(machine->run({}), RunStop::GuestEnded);
    EXPECT_EQ(machine->end()->how, GuestEnd::Crashed);
    const RegisterFile r = machine->technique().registers();
    EXPECT_EQ(r.rip, 0x100000u + at) << "bytes " << int{faulting[0]};
    EXPECT_EQ(r.gpr[0], 0x100380u);
    EXPECT_EQ(r.gpr[1], 0x12121212u);
    EXPECT_EQ(r.gpr[2], 0x13131313u);
    EXPECT_EQ(r.gpr[4], 0x00800100u);
  }
}

// mov ecx, turns; top: <code>, whose immediate the loop rewrites; dec ecx; jnz top; exit(bl)
TEST_P(Translated, SelfModificationIsSeenWhereverItStrikes) {
  // 5: mov al, 0; add bl, al; inc byte [the immediate]; dec ecx; jnz 5; mov al, bl; out
  const auto guest = [](bool other_page) {
    Guest code;
    code.bytes({0xb9}).word(6).bytes({0x31, 0xdb});
    if (other_page) {
      code.bytes({0xe9}).word(0x1000 - 12);
      code.at(0x1000);
    }
    const auto immediate = 0x100000u + static_cast<std::uint32_t>(code.size()) + 1;
    code.bytes({0xb0, 0, 0x00, 0xc3, 0xfe, 0x05}).word(immediate).bytes({0x49, 0x75, 0xf3});
    code.bytes({0x88, 0xd8, 0xe6, 0xf4});
    return code.take();
  };
  for (const bool other_page : {false, true}) {
    const auto machine = machine_of(guest(other_page), TechniqueKind::BinaryTranslation);
    ASSERT_EQ(machine->run({}), RunStop::GuestEnded);
    EXPECT_EQ(machine->end()->code & 0xff, 0 + 1 + 2 + 3 + 4 + 5);
    EXPECT_GT(machine->ledger().translation.units_invalidated, 0u);
    const auto view = machine->technique().translation_cache();
    EXPECT_TRUE(std::any_of(view->units.begin(), view->units.end(),
                            [](const TranslationUnit& unit) { return unit.checked; }))
        << "code that writes beside itself is checked, not protected";
  }
}

TEST_P(Translated, SelfModificationOfAnotherPageVoidsThatPagesUnitsAlone) {
  // Page 0x101000 holds a function; the code at 0x100000 calls it, rewrites it, calls it again.
  Guest guest;
  guest.stack().bytes({0xe8}).word(0x1000 - 10);  // call 0x101000: returns 1
  guest.bytes({0x89, 0xc3, 0xc7, 0x05})
      .word(0x101001)
      .word(5);  // mov ebx, eax; its mov's immediate
  const auto call = static_cast<std::uint32_t>(0x1000 - guest.size() - 5);
  guest.bytes({0xe8}).word(call).bytes({0x01, 0xd8, 0xe6, 0xf4});
  guest.at(0x1000).bytes({0xb8}).word(1).bytes({0xc3});
  const auto machine = machine_of(guest.take(), TechniqueKind::BinaryTranslation);
  ASSERT_EQ(machine->run({}), RunStop::GuestEnded);
  EXPECT_EQ(machine->end()->code & 0xff, 6u);
  const Ledger ledger = machine->ledger();
  EXPECT_EQ(ledger.translation.code_writes, 1u);
  EXPECT_EQ(ledger.translation.units_invalidated, 1u);
  const auto view = machine->technique().translation_cache();
  const auto dead = std::count_if(view->units.begin(), view->units.end(),
                                  [](const TranslationUnit& unit) { return !unit.live; });
  EXPECT_EQ(dead, 1);
}

TEST_P(Translated, MappingsThatLeadElsewhereVoidWhatCameFromThere) {
  // 4 KiB pages; linear 0x200000 is mapped to a function that returns 1, then, after INVLPG, to
  // one that returns 2.
  Guest guest;
  const auto store = [&](std::uint32_t address, std::uint32_t value) {
    guest.bytes({0xc7, 0x05}).word(address).word(value);
  };
  guest.stack();
  store(0x40000, 0x41003);
  // mov edi, 0x41000; mov eax, 3; mov ecx, 0x200: an identity map of 2 MiB
  guest.bytes({0xbf}).word(0x41000).bytes({0xb8}).word(3).bytes({0xb9}).word(0x200);
  guest.bytes({0xab, 0x05}).word(0x1000).bytes({0xe2, 0xf8});  // stosd; add eax, 0x1000; loop
  store(0x41800, 0x50003);
  store(0x50000, 0x000001b8);
  store(0x50004, 0x0000c300);
  store(0x51000, 0x000002b8);
  store(0x51004, 0x0000c300);
  guest.bytes({0xb8}).word(0x40000).bytes({0x0f, 0x22, 0xd8});
  guest.bytes({0x0f, 0x20, 0xc0, 0x0d}).word(0x80000000).bytes({0x0f, 0x22, 0xc0});
  guest.bytes({0xbe}).word(0x200000).bytes({0xff, 0xd6, 0x89, 0xc3});  // call esi; mov ebx, eax
  store(0x41800, 0x51003);
  guest.bytes({0x0f, 0x01, 0x3e, 0xff, 0xd6, 0xc1, 0xe0, 4, 0x01, 0xd8, 0xe6, 0xf4});
  const auto machine = machine_of(guest.take(), TechniqueKind::BinaryTranslation);
  ASSERT_EQ(machine->run({}), RunStop::GuestEnded);
  EXPECT_EQ(machine->end()->how, GuestEnd::Exited);
  EXPECT_EQ(machine->end()->code & 0xff, 0x21u);
  EXPECT_EQ(machine->ledger().translation.units_invalidated, 1u);
}

TEST_P(Translated, EvictionOfATinyCacheChangesNothingForTheGuest) {
  MachineConfig config = config_of_kit("nanobench", TechniqueKind::BinaryTranslation);
  config.engine = GetParam();
  config.command_line = "n=200";
  const auto run = [&](std::uint32_t bytes) {
    config.translation_cache_bytes = bytes;
    auto machine = Machine::create(config);
    EXPECT_TRUE(machine) << machine.error().message;
    EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded);
    return std::move(*machine);
  };
  const auto roomy = run(256 << 10), tiny = run(8 << 10);
  EXPECT_EQ(roomy->ledger().translation.evictions, 0u);
  EXPECT_GE(tiny->ledger().translation.evictions, 2u);
  EXPECT_GT(tiny->ledger().translation.units, roomy->ledger().translation.units);
  EXPECT_EQ(tiny->end()->code, roomy->end()->code);
  EXPECT_EQ(tiny->console_text(0), roomy->console_text(0));
}

// mov ecx, 5; again: inc eax; dec ecx; jnz again; exit
TEST_P(Translated, AWriteFromOutsideEmptiesTheCacheAndTheEventSaysWhy) {
  MachineConfig config =
      config_of_code(Guest().bytes({0xb9}).word(5).bytes({0x40, 0x49, 0x75, 0xfc}).exit(1).take(),
                     TechniqueKind::BinaryTranslation);
  config.engine = GetParam();
  auto session = Session::create(config);
  ASSERT_TRUE(session) << session.error().message;
  (*session)->perform(Step{4});
  (*session)->perform(WriteMemory{Gva(0x100005), {0x90}});
  const EventView events = (*session)->events();
  const auto* evicted = std::get_if<CacheEvicted>(&events[events.end() - 1].body);
  ASSERT_TRUE(evicted) << narrate(events[events.end() - 1]);
  EXPECT_EQ(evicted->cause, EvictionCause::OutsideWrite);
  EXPECT_GT(evicted->units, 0U);
}

// mov ecx, 5; top: inc eax; cli; clts; dec ecx; jnz top; exit: one of each treatment.
TEST_P(Translated, BreakpointsAreAtTheGuestsOwnAddresses) {
  const Bytes code = Guest()
                         .bytes({0xb9})
                         .word(5)
                         .bytes({0x40, 0xfa, 0x0f, 0x06, 0x49, 0x75, 0xf9})
                         .exit(1)
                         .take();
  const std::uint64_t offsets[] = {5, 6, 7, 9, 10};
  for (std::uint64_t i = 0; i < std::size(offsets); ++i) {
    MachineConfig config = config_of_code(code, TechniqueKind::BinaryTranslation);
    config.engine = GetParam();
    auto session = Session::create(config);
    ASSERT_TRUE(session) << session.error().message;
    Breakpoint breakpoint;
    breakpoint.where = AtAddress{Gva(0x100000 + offsets[i])};
    (*session)->perform(SetBreakpoints{{breakpoint}});
    for (std::uint64_t turn = 0; turn < 5; ++turn) {
      const Notice notice = (*session)->perform(gv::Run{});
      ASSERT_EQ(notice.cause, StopCause::BreakpointHit) << offsets[i] << ": " << notice.text;
      EXPECT_EQ(notice.snapshot->next_instruction.value, 0x100000 + offsets[i]);
      EXPECT_EQ(notice.snapshot->position.retired, 1 + i + 5 * turn) << offsets[i];
    }
    EXPECT_EQ((*session)->perform(gv::Run{}).cause, StopCause::GuestExited) << offsets[i];
  }
}

// The cache lies in machine memory: what was translated is there again after a seek.
TEST_P(Translated, TheCacheGoesBackInTimeWithTheRest) {
  MachineConfig config = config_of_kit("tinykernel", TechniqueKind::BinaryTranslation);
  config.engine = GetParam();
  config.translation_cache_bytes = 8 << 10;
  auto session = Session::create(config);
  ASSERT_TRUE(session) << session.error().message;
  ViewRequest view;
  view.state_hash = view.translation_cache = true;
  (*session)->perform(SetView{view});
  // On to an instant with so many evictions behind it, which no boundary chose.
  const auto run_to_eviction = [&](std::uint64_t evictions) {
    gv::Run some;
    some.instructions = 10'007;
    Notice notice;
    do {
      notice = (*session)->perform(some);
    } while (notice.cause == StopCause::InstructionLimit &&
             notice.snapshot->ledger.translation.evictions < evictions);
    EXPECT_EQ(notice.cause, StopCause::InstructionLimit) << evictions << ": " << notice.text;
    return notice;
  };
  const Notice first = run_to_eviction(1);
  const Notice later = run_to_eviction(2);
  ASSERT_TRUE(first.snapshot->translation_cache.has_value());
  const Notice back = (*session)->perform(Seek{first.snapshot->position.retired});
  EXPECT_EQ(back.snapshot->state_hash, first.snapshot->state_hash);
  const TranslationCacheView& was = *first.snapshot->translation_cache;
  const TranslationCacheView& is = *back.snapshot->translation_cache;
  ASSERT_EQ(is.units.size(), was.units.size());
  for (std::size_t i = 0; i < is.units.size(); ++i) {
    EXPECT_EQ(is.units[i].guest, was.units[i].guest) << i;
    EXPECT_EQ(is.units[i].live, was.units[i].live) << i;
    EXPECT_EQ(is.units[i].instructions.size(), was.units[i].instructions.size()) << i;
  }
  const Notice again = (*session)->perform(Seek{later.snapshot->position.retired});
  EXPECT_EQ(again.snapshot->state_hash, later.snapshot->state_hash);
}

INSTANTIATE_TEST_SUITE_P(OnEachEngine, Translated,
                         testing::Values(EngineKind::Unicorn, EngineKind::Interpreter),
                         [](const auto& engine) { return identifier(engine.param); });

}  // namespace
}  // namespace gv
