// SPDX-License-Identifier: MIT
//
// `glassvisor cluster simulate`: a day of a data centre under a consolidation policy.

#include "cli/commands.h"
#include "gv/cluster.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <chrono>
#include <memory>

namespace gv {
namespace {

constexpr std::chrono::seconds kQuiet{3};  // between two words about how far it is

struct SimulateCommand {
  ClusterRun run;
  std::string semantics = "corrected", workload = "planetlab";
  bool json = false;
};

// Says how far a long run is, on stderr, every few seconds.
std::function<void(std::uint64_t, std::uint64_t)> progress_on_stderr() {
  using Clock = std::chrono::steady_clock;
  auto said = std::make_shared<Clock::time_point>(Clock::now());
  return [said](std::uint64_t step, std::uint64_t steps) {
    if (Clock::now() - *said < kQuiet)
      return;
    *said = Clock::now();
    fmt::print(stderr, "glassvisor: step {} of {}\n", step, steps);
  };
}

nlohmann::ordered_json json_of(const SimulateCommand& command, const ClusterOutcome& outcome) {
  return {{"policy", outcome.policy},
          {"semantics", command.semantics},
          {"traces", command.run.traces.empty() ? command.workload : command.run.traces},
          {"seed", command.run.seed},
          {"hosts", outcome.hosts},
          {"vms", outcome.vms},
          {"steps", outcome.steps},
          {"energy_kwh", outcome.energy_kwh},
          {"lower_bound_kwh", outcome.lower_bound_kwh},
          {"migrations", outcome.migrations},
          {"host_shutdowns", outcome.host_shutdowns},
          {"slatah_percent", outcome.slatah_percent},
          {"pdm_percent", outcome.pdm_percent},
          {"slav_percent", outcome.slav_percent},
          {"unserved_percent", outcome.unserved_percent},
          {"mean_active_hosts", outcome.mean_active_hosts},
          {"mean_utilisation_percent", outcome.mean_utilisation_percent}};
}

void print_table(const ClusterOutcome& outcome) {
  fmt::print("{} VMs on {} hosts, {} steps, policy {}\n", outcome.vms, outcome.hosts, outcome.steps,
             outcome.policy);
  fmt::print("energy            {:12.2f} kWh   {:.3f} times the lower bound of {:.2f}\n",
             outcome.energy_kwh, outcome.energy_kwh / std::max(outcome.lower_bound_kwh, 1e-9),
             outcome.lower_bound_kwh);
  fmt::print("hosts on          {:12.1f}       on average, at {:.1f} % of their CPU\n",
             outcome.mean_active_hosts, outcome.mean_utilisation_percent);
  fmt::print("host shutdowns    {:12}\n", outcome.host_shutdowns);
  fmt::print("migrations        {:12}\n", outcome.migrations);
  fmt::print("SLATAH            {:12.2f} %     of their time, hosts were saturated\n",
             outcome.slatah_percent);
  fmt::print("PDM               {:12.3f} %     of the work was lost to migrations\n",
             outcome.pdm_percent);
  fmt::print("SLAV              {:12.5f} %     the product of the two\n", outcome.slav_percent);
  fmt::print("unserved          {:12.3f} %     of the demand got no CPU\n",
             outcome.unserved_percent);
}

int simulate(SimulateCommand command) {
  const auto semantics = cluster_semantics_from_name(command.semantics);
  if (!semantics)
    return refuse(semantics.error());
  const auto workload = workload_from_name(command.workload);
  if (!workload)
    return refuse(workload.error());
  command.run.semantics = *semantics;
  command.run.workload = *workload;
  command.run.progress = progress_on_stderr();
  const auto outcome = simulate_cluster(command.run);
  if (!outcome)
    return refuse(outcome.error());
  if (command.json)
    fmt::print(
        "{}\n",
        json_of(command, *outcome).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  else
    print_table(*outcome);
  return kDone;
}

}  // namespace

void add_cluster(CLI::App& app, int& exit_code) {
  CLI::App* cluster = app.add_subcommand("cluster", "Consolidation of a data centre");
  cluster->require_subcommand(1);
  auto options = std::make_shared<SimulateCommand>();
  CLI::App* command =
      cluster->add_subcommand("simulate", "Runs a day of CPU traces under a consolidation policy");
  std::string policies;
  for (const std::string& line : cluster_policy_names())
    policies += "\n  " + line;
  command->footer(
      "No guest code runs here: each trace says what a VM asks of its CPU, one percentage each\n"
      "five minutes. docs/consolidation.md explains the model and the numbers.\n\n"
      "Policies:" +
      policies +
      "\nDetectors thr iqr mad lr lrr, selections mmt mu rs mc, then the detector's parameter; a\n"
      "placement pabfd, bfd or ffd may follow: thr-mmt-0.8-bfd.\n\n"
      "Examples:\n"
      "  glassvisor cluster simulate --generate 1000\n"
      "  glassvisor cluster simulate --generate 1000 --policy lr-mmt-1.2 --json\n"
      "  glassvisor cluster simulate --traces planetlab/20110303 --semantics cloudsim-3.0.3 \\\n"
      "      --policy thr-mmt-0.8");
  auto* traces =
      command->add_option("--traces", options->run.traces,
                          "A folder of trace files, one a VM, or its .tar.xz (PlanetLab's format)");
  command->add_option("--generate", options->run.generate, "Generate traces for this many VMs")
      ->excludes(traces);
  command
      ->add_option("--workload", options->workload,
                   "What is generated: planetlab, diurnal, bursty or steady")
      ->capture_default_str();
  command->add_option("--hosts", options->run.hosts, "Servers, two kinds in turn")
      ->capture_default_str();
  command->add_option("--policy", options->run.policy, "See below")->capture_default_str();
  command
      ->add_option("--semantics", options->semantics,
                   "corrected, or cloudsim-3.0.3 with all its quirks")
      ->capture_default_str();
  command->add_option("--seed", options->run.seed, "Of generated traces and of selection rs")
      ->capture_default_str();
  command->add_flag("--memory-limits", options->run.memory_limits,
                    "A host takes no more VMs than its memory holds");
  command->add_flag("--json", options->json, "Print the result as JSON");
  command->callback([options, &exit_code] { exit_code = simulate(*options); });
}

}  // namespace gv
