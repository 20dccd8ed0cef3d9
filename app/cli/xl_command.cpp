// SPDX-License-Identifier: MIT
//
// `glassvisor xl create --dryrun`: what an xl configuration file asks for, and what of it cannot
// be had here, as JSON on stdout and warnings on stderr. xl has the option, too.

#include "cli/commands.h"
#include "gv/domain_config.h"

#include <nlohmann/json.hpp>

#include <cstdio>
#include <fstream>
#include <memory>
#include <sstream>

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

int create(const std::string& path, bool dry_run) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf()))
    return refuse({ErrorCode::InvalidInput, path + ": cannot be read; name an xl configuration"});
  const auto parsed = parse_domain_config(text.str(), path);
  if (!parsed)
    return refuse(parsed.error());
  for (const std::string& warning : parsed->warnings)
    std::fprintf(stderr, "glassvisor: %s\n", warning.c_str());
  if (!dry_run) {
    return refuse({ErrorCode::NotAvailable,
                   path + ": no host here runs domains yet; --dryrun shows what it asks for"});
  }
  std::printf("%s\n", described(parsed->config).dump(2).c_str());
  return kDone;
}

}  // namespace

void add_xl(CLI::App& app, int& exit_code) {
  struct Options {
    std::string path;
    bool dry_run = false;
  };
  auto options = std::make_shared<Options>();
  CLI::App* const xl = app.add_subcommand("xl", "Xen's toolstack: domains from xl.cfg files");
  xl->require_subcommand(1);
  CLI::App* const command = xl->add_subcommand("create", "what a configuration file asks for");
  command->add_option("file", options->path, "the configuration, as for Xen's xl")->required();
  command->add_flag("-n,--dryrun", options->dry_run, "read it and print it, and create nothing");
  command->callback([options, &exit_code] { exit_code = create(options->path, options->dry_run); });
}

}  // namespace gv
