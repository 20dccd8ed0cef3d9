// SPDX-License-Identifier: MIT
//
// `glassvisor xl create`: domains from xl configuration files, and with --dryrun what a file asks
// for and what of it cannot be had here, as JSON on stdout and warnings on stderr. xl has the
// option, too.

#include "cli/commands.h"
#include "cli/xl_create.h"
#include "gv/domain_config.h"
#include "gv/machine_config.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace gv {
namespace {

using nlohmann::json;

json described(const DiskConfig& disk) {
  return {{"target", disk.target},
          {"format", std::string(name_of(disk.format))},
          {"vdev", disk.vdev},
          {"access", disk.writable ? "rw" : "ro"},
          {"cdrom", disk.cdrom}};
}

json described(const VifConfig& vif) {
  json out = {{"bridge", vif.bridge}, {"model", vif.model}};
  out["mac"] = vif.mac ? json(format(*vif.mac)) : json();
  return out;
}

json described(const CpuList& list) {
  json terms = json::array();
  for (const CpuList::Term& term : list.terms())
    terms.push_back({{"first", term.first}, {"last", term.last}, {"excluded", term.excluded}});
  return terms;
}

template <class Item>
json described(const std::vector<Item>& items) {
  json out = json::array();
  for (const Item& item : items)
    out.push_back(described(item));
  return out;
}

json described(const DomainConfig& config) {
  return {{"name", config.name},
          {"type", std::string(name_of(config.type))},
          {"uuid", config.uuid},
          {"kernel", config.kernel},
          {"ramdisk", config.ramdisk},
          {"command_line", config.command_line},
          {"memory_mib", config.memory_mib},
          {"max_memory_mib", config.max_memory_mib},
          {"vcpus", config.vcpus},
          {"max_vcpus", config.max_vcpus},
          {"cpus", described(config.pinning)},
          {"cpu_weight", config.cpu_weight},
          {"cap", config.cap_percent},
          {"disks", described(config.disks)},
          {"vifs", described(config.vifs)},
          {"on_poweroff", std::string(name_of(config.on_poweroff))},
          {"on_reboot", std::string(name_of(config.on_reboot))},
          {"on_crash", std::string(name_of(config.on_crash))},
          {"boot", config.boot_order},
          {"serial", config.serial}};
}

int show(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return refuse({ErrorCode::InvalidInput, path + ": cannot be read; name an xl configuration"});
  const auto parsed = parse_domain_config(text.str(), path);
  if (!parsed)
    return refuse(parsed.error());
  for (const std::string& warning : parsed->warnings)
    std::fprintf(stderr, "glassvisor: %s\n", warning.c_str());
  std::printf("%s\n", described(parsed->config).dump(2).c_str());
  return kDone;
}

// As xl does it: one configuration, one object.
int show_all(const std::vector<std::string>& paths) {
  for (const std::string& path : paths) {
    if (const int code = show(path); code != kDone)
      return code;
  }
  return kDone;
}

}  // namespace

void add_xl(CLI::App& app, int& exit_code) {
  struct Options {
    XlCreateOptions create;
    bool dry_run = false;
  };
  auto options = std::make_shared<Options>();
  XlCreateOptions& create = options->create;
  CLI::App* const xl = app.add_subcommand("xl", "Xen's toolstack: domains from xl.cfg files");
  xl->require_subcommand(1);
  CLI::App* const command =
      xl->add_subcommand("create", "a host with the domains that configuration files ask for");
  command->footer(
      "The host runs until every domain has shut down. Several domains share its CPU; then each\n"
      "line on stdout stands behind its domain's name. kernel may name a guest kit.\n\n"
      "Example:\n"
      "  printf 'name=\"a\"\\nkernel=\"pvcheck64\"\\nmemory=8\\n' > a.cfg\n"
      "  glassvisor xl create a.cfg\n\n"
      "Exit codes: 0 all domains powered off or asked for a reboot, or the console matched;\n"
      "1 --until never matched; 3 a limit or Ctrl+C; 4 a domain crashed.");
  command->add_option("file", create.files, "configurations, as for Xen's xl")->required();
  command->add_flag("-n,--dryrun", options->dry_run,
                    "read them and print them, and create nothing");
  command->add_option("--engine", create.engine, "what executes instructions: " + engine_names())
      ->capture_default_str();
  command->add_option("--scheduler", create.scheduler, "credit, or rr for round-robin")
      ->capture_default_str();
  command->add_option("-c,--console", create.console,
                      "the domain whose console stdin goes to and --until looks at");
  command->add_option("--until", create.until, "stop when its console matches (ECMAScript)");
  command->add_option("--max-instructions", create.most_instructions,
                      "stop after so many guest instructions, of all domains together");
  command->add_option("--timeout", create.timeout_seconds, "stop after so many seconds here");
  command->add_option("--trace", create.trace, "write the events to this file");
  command->add_flag("--json", create.json, "the result as JSON; consoles inside it");
  command->callback([options, &exit_code] {
    exit_code = options->dry_run ? show_all(options->create.files) : xl_create(options->create);
  });
}

}  // namespace gv
