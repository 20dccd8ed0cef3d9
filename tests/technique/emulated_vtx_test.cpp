// SPDX-License-Identifier: MIT
//
// Hardware assistance on Unicorn: the bare machine's results, and exits where they were asked for.

#include "gv/session.h"
#include "gv/vmx_exit_reason.h"
#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

namespace gv {
namespace {

std::string golden(const std::string& name) {
  std::ifstream file(std::string(GV_GOLDEN) + "/" + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string console_of(const std::string& kit) {
  auto machine = Machine::create(config_of_kit(kit, TechniqueKind::HardwareAssisted));
  GV_CHECK(machine);
  EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded);
  EXPECT_EQ((*machine)->end()->how, GuestEnd::Exited);
  return (*machine)->console_text(0);
}

std::unique_ptr<Machine> run_code(std::vector<std::uint8_t> code,
                                  const ExecutionControls& controls) {
  MachineConfig config = config_of_code(std::move(code), TechniqueKind::HardwareAssisted);
  config.controls = controls;
  auto machine = Machine::create(config);
  GV_CHECK(machine);
  EXPECT_EQ((*machine)->run({}), RunStop::GuestEnded);
  return std::move(*machine);
}

std::vector<int> vmx_numbers(const Machine& machine) {
  std::vector<int> numbers;
  const EventView events = machine.recorder().view();
  for (std::uint64_t i = events.first(); i < events.end(); ++i) {
    if (const auto* exit = std::get_if<ExitTaken>(&events[i].body)) {
      const auto reason = vmx_exit_reason(exit->reason, exit->mnemonic);
      numbers.push_back(reason ? reason->number : -1);
    }
  }
  return numbers;
}

// The last exit of each is the port write that ends the guest: 30.
// mov al, 0x10; out 0xf4, al
constexpr std::uint8_t kExit[] = {0xb0, 0x10, 0xe6, 0xf4};
std::vector<std::uint8_t> then_exit(std::vector<std::uint8_t> code) {
  code.insert(code.end(), std::begin(kExit), std::end(kExit));
  return code;
}

TEST(EmulatedVtx, TheKitsPrintWhatTheyPrintOnTheBareMachine) {
  EXPECT_EQ(console_of("tinykernel"), golden("tinykernel.console.txt"));
  EXPECT_EQ(console_of("sensitive17"), golden("sensitive17.bare-metal.txt"));
  EXPECT_EQ(console_of("nanobench"), golden("nanobench.console.txt"));
}

TEST(EmulatedVtx, PrivilegedInstructionsOfTheGuestKernelDoNotExit) {
  // cli; sti; mov eax, cr0; mov cr0, eax; pushf; popf
  const auto machine =
      run_code(then_exit({0xfa, 0xfb, 0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0, 0x9c, 0x9d}), {});
  EXPECT_EQ(vmx_numbers(*machine), std::vector<int>{30});
}

TEST(EmulatedVtx, CpuidExitsWhateverTheControlsSayAndTheGuestGoesOn) {
  // xor eax, eax; cpuid; xor eax, eax; cpuid
  const auto machine = run_code(then_exit({0x31, 0xc0, 0x0f, 0xa2, 0x31, 0xc0, 0x0f, 0xa2}), {});
  EXPECT_EQ(vmx_numbers(*machine), (std::vector<int>{10, 10, 30}));
}

TEST(EmulatedVtx, ControlRegistersAndMsrsExitWhenAskedTo) {
  // mov eax, cr0; mov cr0, eax; clts; mov ecx, 0x174; rdmsr; wrmsr
  const std::vector<std::uint8_t> code = then_exit({0x0f, 0x20, 0xc0, 0x0f, 0x22, 0xc0, 0x0f, 0x06,
                                                    0xb9, 0x74, 1, 0, 0, 0x0f, 0x32, 0x0f, 0x30});
  ExecutionControls controls;
  EXPECT_EQ(vmx_numbers(*run_code(code, controls)), std::vector<int>{30});
  controls.control_registers = true;
  EXPECT_EQ(vmx_numbers(*run_code(code, controls)), (std::vector<int>{28, 28, 28, 30}));
  controls.msrs = true;
  EXPECT_EQ(vmx_numbers(*run_code(code, controls)), (std::vector<int>{28, 28, 28, 31, 32, 30}));
}

TEST(EmulatedVtx, NoControlMakesCr2Exit) {
  // mov eax, cr2; mov cr2, eax; mov eax, cr3
  ExecutionControls controls;
  controls.control_registers = true;
  EXPECT_EQ(vmx_numbers(*run_code(then_exit({0x0f, 0x20, 0xd0, 0x0f, 0x22, 0xd0, 0x0f, 0x20, 0xd8}),
                                  controls)),
            (std::vector<int>{28, 30}));
}

TEST(EmulatedVtx, OnlyPortsInTheBitmapExit) {
  // out 0x80, al; out 0xe9, al
  const std::vector<std::uint8_t> code = then_exit({0xe6, 0x80, 0xe6, 0xe9});
  ExecutionControls controls;
  EXPECT_EQ(run_code(code, controls)->ledger()[ExitReason::PortWrite].count, 3u);
  controls.ports = std::vector<std::uint16_t>{0xe9};
  const auto machine = run_code(code, controls);
  EXPECT_EQ(machine->ledger()[ExitReason::PortWrite].count, 1u);
  EXPECT_EQ(machine->ledger().port_accesses, 3u) << "the others reach the device all the same";
}

TEST(EmulatedVtx, AnExceptionExitsIfItsBitIsSet) {
  // ud2, with no IDT: a triple fault either way
  ExecutionControls controls;
  EXPECT_EQ(vmx_numbers(*run_code({0x0f, 0x0b}, controls)), std::vector<int>{});
  controls.exceptions = 1u << 6;
  EXPECT_EQ(vmx_numbers(*run_code({0x0f, 0x0b}, controls)), std::vector<int>{0});
}

TEST(EmulatedVtx, TheSameRunGivesTheSameEventsAndCanBeRewound) {
  std::vector<std::uint64_t> hashes;
  for (int round = 0; round < 2; ++round) {
    MachineConfig config = config_of_kit("tinykernel", TechniqueKind::HardwareAssisted);
    config.controls.control_registers = true;
    auto session = Session::create(config);
    ASSERT_TRUE(session) << session.error().message;
    Session& s = **session;
    gv::Run run;
    run.instructions = 3'000'000;
    ASSERT_EQ(s.perform(run).cause, StopCause::InstructionLimit);
    ViewRequest view;
    view.state_hash = true;
    const auto there = s.perform(SetView{view}).snapshot;
    hashes.push_back(s.event_log_hash());
    s.perform(StepBack{200'000});
    const auto again = s.perform(Seek{3'000'000}).snapshot;
    EXPECT_EQ(again->state_hash, there->state_hash);
    EXPECT_EQ(s.event_log_hash(), hashes.back());
  }
  EXPECT_EQ(hashes[0], hashes[1]);
}

TEST(EmulatedVtx, ARestoredMachineHasTheControlStructureOfThatTime) {
  auto made = Machine::create(config_of_kit("tinykernel", TechniqueKind::HardwareAssisted));
  ASSERT_TRUE(made);
  Machine& machine = **made;
  RunLimits limits;
  limits.stop_at_cycles = 1'000'000;
  ASSERT_EQ(machine.run(limits), RunStop::TargetReached);
  const MachineState state = machine.save();
  const ControlStructure then = *machine.technique().control_structure();
  ASSERT_GT(then.exits, 0u);
  ExecutionControls others;
  others.control_registers = true;
  others.ports = {0x3f8, 0xf4};
  others.exceptions = 1u << 14;
  others.nested_paging = false;
  machine.technique().set_controls(others);
  limits.stop_at_cycles = 30'000'000;
  ASSERT_EQ(machine.run(limits), RunStop::TargetReached);
  const ControlStructure later = *machine.technique().control_structure();
  EXPECT_NE(later.exit.retired, then.exit.retired);
  const MachineState later_state = machine.save();

  ASSERT_TRUE(machine.restore(state));
  const ControlStructure& now = *machine.technique().control_structure();
  EXPECT_EQ(now.exits, then.exits);
  EXPECT_EQ(now.exit.reason, then.exit.reason);
  EXPECT_EQ(now.exit.qualification, then.exit.qualification);
  EXPECT_EQ(now.exit.instruction_length, then.exit.instruction_length);
  EXPECT_EQ(now.exit.retired, then.exit.retired);
  EXPECT_EQ(now.guest.registers, then.guest.registers);
  EXPECT_EQ(now.guest.activity, then.guest.activity);
  EXPECT_EQ(now.entry.vector, then.entry.vector);
  EXPECT_EQ(now.controls, then.controls);
  ASSERT_TRUE(machine.restore(later_state));
  EXPECT_EQ(machine.technique().control_structure()->controls, others);
  EXPECT_EQ(machine.technique().control_structure()->guest.registers, later.guest.registers);
}

TEST(EmulatedVtx, IsCalledEmulatedWhereItIsNamed) {
  EXPECT_EQ(title_of(EngineKind::Unicorn, TechniqueKind::HardwareAssisted),
            "hardware-assisted on unicorn (emulated VT-x)");
  EXPECT_EQ(title_of(EngineKind::Kvm, TechniqueKind::HardwareAssisted), "hardware-assisted on kvm");
}

}  // namespace
}  // namespace gv
