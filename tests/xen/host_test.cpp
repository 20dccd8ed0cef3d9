// SPDX-License-Identifier: MIT
//
// A Xen host with several domains on one CPU: each finds its own Xen, none sees the others, and a
// run that is stopped, saved and restored anywhere is the same run.

#include "machine/kits.h"
#include "machine/machine.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <random>

namespace gv {
namespace {

HostDomain domain(const std::string& name, int bits, const std::string& command_line = "") {
  MachineConfig kit = config_of_kit("pvcheck" + std::to_string(bits), TechniqueKind::Paravirtual);
  HostDomain made;
  made.config.name = name;
  made.config.kernel = kit.image_path;
  made.config.command_line = command_line;
  made.config.memory_mib = 8;
  made.kernel = std::move(kit.image);
  return made;
}

std::unique_ptr<Machine> host(std::vector<HostDomain> domains, EngineKind engine) {
  MachineConfig config;
  config.technique = TechniqueKind::Paravirtual;
  config.engine = engine;
  config.domains = std::move(domains);
  auto machine = Machine::create(config);
  EXPECT_TRUE(machine) << machine.error().message;
  return machine ? std::move(*machine) : nullptr;
}

struct Outcome {
  std::uint64_t retired, cycles, events, state, log;
  std::vector<std::string> consoles;
  bool operator==(const Outcome&) const = default;
};
void PrintTo(const Outcome& o, std::ostream* out) {
  *out << o.retired << " instructions, " << o.cycles << " cycles, " << o.events << " events, state "
       << o.state << ", log " << o.log;
}

Outcome outcome(Machine& machine) {
  const Position at = machine.position();
  Outcome o{at.retired,
            at.cycles,
            at.events,
            machine.state_hash(),
            machine.recorder().hash(machine.recorder().end()).value_or(0),
            {}};
  for (const DomainView& each : machine.domains()) {
    o.consoles.push_back(machine.domain_console(each.id, 0));
  }
  return o;
}

class Host : public testing::TestWithParam<EngineKind> {
 protected:
  // Two widths beside one that only uses up the CPU.
  static std::vector<HostDomain> neighbours() {
    return {domain("wide", 64), domain("busy", 64, "spin"), domain("narrow", 32)};
  }
};

TEST_P(Host, EveryDomainFindsItsOwnXen) {
  const auto machine = host({domain("a", 64), domain("b", 64), domain("c", 32)}, GetParam());
  ASSERT_NE(machine, nullptr);
  EXPECT_EQ(machine->run({}), RunStop::GuestEnded);
  for (const DomainView& each : machine->domains()) {
    const std::string console = machine->domain_console(each.id, 0);
    EXPECT_NE(console.find("pvcheck: all passed"), std::string::npos)
        << each.name << ": " << console;
    EXPECT_EQ(each.shutdown, ShutdownReason::PowerOff) << each.name;
  }
  EXPECT_EQ(machine->end()->how, GuestEnd::Exited) << machine->end_text();
  const Ledger ledger = machine->ledger();
  EXPECT_EQ(ledger.total_cycles(), machine->position().cycles);
  EXPECT_GT(ledger.vcpu_switches.count, 3u);
}

TEST_P(Host, DomainsThatRunBesideABusyOneFinishTheirWork) {
  const auto machine = host(neighbours(), GetParam());
  ASSERT_NE(machine, nullptr);
  RunLimits limits;
  limits.stop_at_cycles = 200'000'000;
  EXPECT_EQ(machine->run(limits), RunStop::TargetReached);
  const std::vector<DomainView> domains = machine->domains();
  EXPECT_EQ(domains[0].shutdown, ShutdownReason::PowerOff) << machine->domain_console(1, 0);
  EXPECT_EQ(domains[1].shutdown, std::nullopt);
  EXPECT_EQ(domains[2].shutdown, ShutdownReason::PowerOff) << machine->domain_console(3, 0);
}

TEST_P(Host, StoppingAnywhereChangesNothing) {
  RunLimits whole;
  whole.stop_at_cycles = 130'000'000;
  const auto undisturbed = host(neighbours(), GetParam());
  undisturbed->run(whole);
  const Outcome expected = outcome(*undisturbed);

  std::mt19937_64 random(7);
  const auto stopped = host(neighbours(), GetParam());
  std::optional<MachineState> saved;
  std::vector<std::uint8_t> memory;
  while (stopped->position().cycles < whole.stop_at_cycles && !stopped->end()) {
    RunLimits limits = whole;
    if (random() % 2 == 0) {
      limits.stop_exactly = stopped->position().retired + 1 + random() % 900'000;
    } else {
      limits.stop_at_cycles =
          std::min(whole.stop_at_cycles, stopped->position().cycles + 1 + random() % 900'000);
    }
    stopped->run(limits);
    if (stopped->at_boundary() && random() % 3 == 0) {
      const MachineState state = stopped->save();
      ASSERT_TRUE(stopped->restore(state));
    }
  }
  EXPECT_EQ(outcome(*stopped), expected);
}

TEST_P(Host, GoingBackToASavedStateRepeatsTheRun) {
  const auto machine = host(neighbours(), GetParam());
  RunLimits to;
  to.stop_at_cycles = 40'000'000;
  machine->run(to);
  while (!machine->at_boundary()) {
    RunLimits one;
    one.stop_exactly = machine->position().retired + 1;
    machine->run(one);
  }
  const MachineState state = machine->save();
  std::vector<std::uint8_t> memory(machine->machine_memory().size());
  std::memcpy(memory.data(), machine->machine_memory().at(Mpa(0)), memory.size());
  RunLimits on;
  on.stop_at_cycles = 120'000'000;
  machine->run(on);
  const Outcome first = outcome(*machine);
  std::memcpy(machine->machine_memory().at(Mpa(0)), memory.data(), memory.size());
  ASSERT_TRUE(machine->restore(state));
  machine->run(on);
  EXPECT_EQ(outcome(*machine), first);
  EXPECT_EQ(machine->recorder().divergence(), std::nullopt);
}

TEST_P(Host, APausedDomainStandsStillAndGoesOnAsItWas) {
  const auto machine = host({domain("a", 64, "spin"), domain("b", 64, "spin")}, GetParam());
  RunLimits limits;
  const auto run_to = [&](Cycles at) {
    limits.stop_at_cycles = at;
    machine->run(limits);
  };
  const auto ran = [&](std::size_t which) { return machine->domains()[which].vcpus[0].ran; };
  run_to(100'000'000);
  machine->control_domain(1, DomainAction::Pause);
  run_to(101'000'000);
  const Cycles before = ran(0), other = ran(1);
  run_to(300'000'000);
  EXPECT_EQ(ran(0), before);
  EXPECT_GT(ran(1), other + 190'000'000);
  machine->control_domain(1, DomainAction::Unpause);
  run_to(400'000'000);
  EXPECT_GT(ran(0), before + 40'000'000);
}

TEST_P(Host, GuestsGetSharesByWeightAndNoMoreThanTheirCap) {
  std::vector<HostDomain> domains = {domain("a", 64, "spin"), domain("b", 64, "spin"),
                                     domain("c", 32, "spin")};
  domains[0].config.cpu_weight = 512;
  domains[2].config.cap_percent = 10;
  const auto machine = host(std::move(domains), GetParam());
  RunLimits limits;
  limits.stop_at_cycles = 600'000'000;
  machine->run(limits);
  const auto share = [&](std::size_t which) {
    return static_cast<double>(machine->domains()[which].vcpus[0].ran) / 6e8;
  };
  EXPECT_NEAR(share(2), 0.10, 0.02);
  EXPECT_NEAR(share(0) / share(1), 2.0, 0.1);
}

TEST_P(Host, ABoostedVcpuIsWokenPromptlyBesideBusyOnes) {
  const auto machine = host(
      {domain("napper", 64, "nap"), domain("b", 64, "spin"), domain("c", 64, "spin")}, GetParam());
  RunLimits limits;
  limits.stop_at_cycles = 400'000'000;
  machine->run(limits);
  const std::string console = machine->domain_console(1, 0);
  const auto at = console.find("woken late by ");
  ASSERT_NE(at, std::string::npos) << console;
  EXPECT_LT(std::stoul(console.substr(at + 14)), 100'000u) << console;
}

TEST(HostEngines, RunTheSameHostAlike) {
  const auto run = [](EngineKind engine) {
    const auto machine =
        host({domain("wide", 64), domain("busy", 32, "spin"), domain("narrow", 32)}, engine);
    RunLimits limits;
    limits.stop_at_cycles = 150'000'000;
    machine->run(limits);
    return outcome(*machine);
  };
  // A slice ends at the next block boundary, and where blocks end is the engine's own: the instants
  // may differ by a few instructions, the course may not.
  const Outcome here = run(EngineKind::Unicorn), there = run(EngineKind::Interpreter);
  EXPECT_EQ(here.consoles, there.consoles);
  EXPECT_EQ(here.events, there.events);
  EXPECT_NEAR(static_cast<double>(here.retired), static_cast<double>(there.retired), 100);
}

INSTANTIATE_TEST_SUITE_P(Engines, Host,
                         testing::Values(EngineKind::Unicorn, EngineKind::Interpreter),
                         [](const auto& engine) { return std::string(name_of(engine.param)); });

}  // namespace
}  // namespace gv
