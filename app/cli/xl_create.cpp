// SPDX-License-Identifier: MIT
//
// xl_create.cpp - reads the configurations, starts the host, carries the consoles, says how each
// domain ended.

#include "cli/xl_create.h"

#include "cli/boot_console.h"
#include "cli/commands.h"
#include "gv/session.h"
#include "lesson/machine_values.h"
#include "lesson/paths.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <regex>
#include <sstream>

namespace gv {
namespace {

Error unusable(const std::string& file, const std::string& why) {
  return {ErrorCode::InvalidInput, file + ": " + why};
}
Error not_here(const std::string& file, const std::string& why) {
  return {ErrorCode::NotAvailable, file + ": " + why};
}

Result<std::vector<std::uint8_t>> bytes_of(const std::string& file, const char* what,
                                           const std::string& name) {
  const auto path = find_image(name);
  auto read = path ? config_for_image(*path) : Result<MachineConfig>(path.error());
  if (!read)
    return unusable(file, std::string("its ") + what + " cannot be used: " + read.error().message);
  return std::move(read->image);
}

Result<HostDomain> domain_of(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  if (!in || !(text << in.rdbuf()))
    return unusable(file, "cannot be read; name an xl configuration");
  auto parsed = parse_domain_config(text.str(), file);
  if (!parsed)
    return parsed.error();
  for (const std::string& warning : parsed->warnings)
    fmt::print(stderr, "glassvisor: {}\n", warning);
  const DomainConfig& config = parsed->config;
  if (config.type != DomainType::Pv) {
    return not_here(file, "asks for a domain of type " + std::string(name_of(config.type)) +
                              ", and this version's hosts run paravirtual ones; use type = \"pv\"");
  }
  if (!config.disks.empty() || !config.vifs.empty()) {
    return not_here(file,
                    "asks for a disk or a network card, and no Dom0 runs on this host that "
                    "would serve them; take disk and vif out");
  }
  if (config.vcpus != 1 || config.max_vcpus != 1) {
    return not_here(file,
                    "asks for several vCPUs, and a domain of this version has one; use "
                    "vcpus = 1");
  }
  HostDomain domain;
  auto kernel = bytes_of(file, "kernel", config.kernel);
  if (!kernel)
    return kernel.error();
  domain.kernel = std::move(*kernel);
  if (!config.ramdisk.empty()) {
    auto ramdisk = bytes_of(file, "ramdisk", config.ramdisk);
    if (!ramdisk)
      return ramdisk.error();
    domain.ramdisk = std::move(*ramdisk);
  }
  domain.config = std::move(parsed->config);
  return domain;
}

Result<MachineConfig> host_of(const XlCreateOptions& options) {
  MachineConfig config;
  config.technique = TechniqueKind::Paravirtual;
  const auto engine = engine_from_name(options.engine);
  if (!engine)
    return engine.error();
  GV_TRY(check_available(*engine, config.technique));
  config.engine = *engine;
  if (options.scheduler != "credit" && options.scheduler != "rr") {
    return Error{ErrorCode::InvalidInput,
                 "--scheduler " + options.scheduler + ": is neither credit nor rr"};
  }
  config.scheduler =
      options.scheduler == "credit" ? SchedulerKind::Credit : SchedulerKind::RoundRobin;
  for (const std::string& file : options.files) {
    auto domain = domain_of(file);
    if (!domain)
      return domain.error();
    const auto same = std::find_if(
        config.domains.begin(), config.domains.end(),
        [&](const HostDomain& other) { return other.config.name == domain->config.name; });
    if (same != config.domains.end()) {
      return unusable(
          file, "its name \"" + domain->config.name + "\" is another domain's; give each its own");
    }
    config.domains.push_back(std::move(*domain));
  }
  // Events are kept only for whoever reads them.
  config.trace = options.trace.empty() && !options.json ? TracePolicy::Off : TracePolicy::Keep;
  config.time_travel = false;
  return config;
}

std::string state_of(const DomainView& domain) {
  if (domain.shutdown)
    return std::string(name_of(*domain.shutdown));
  return domain.paused ? "paused" : "running";
}

std::uint64_t ran(const DomainView& domain) {
  std::uint64_t cycles = 0;
  for (const VcpuView& vcpu : domain.vcpus)
    cycles += vcpu.ran;
  return cycles;
}

nlohmann::json result_of(Session& session, const Notice& notice) {
  const Snapshot& end = *notice.snapshot;
  nlohmann::json domains = nlohmann::json::array();
  for (const DomainView& domain : end.domains) {
    domains.push_back({{"id", domain.id},
                       {"name", domain.name},
                       {"state", state_of(domain)},
                       {"cpu_time_ns", ran(domain)},
                       {"weight", domain.weight},
                       {"cap", domain.cap},
                       {"console", session.domain_console(domain.id)}});
  }
  return {{"exit_reason", std::string(name_of(notice.cause))},
          {"cause", !notice.text.empty() ? notice.text : end.cause_text},
          {"retired", end.position.retired},
          {"virtual_time_ns", end.position.cycles},
          {"events", end.position.events},
          {"event_log_hash", hexadecimal(session.event_log_hash())},
          {"engine", std::string(name_of(end.engine))},
          {"domains", domains},
          {"ledger", value_of(end.ledger)}};
}

int exit_code_of(const Notice& notice, const XlCreateOptions& options) {
  const std::vector<DomainView>& domains = notice.snapshot->domains;
  const bool crashed = std::any_of(domains.begin(), domains.end(), [](const DomainView& domain) {
    return domain.shutdown == ShutdownReason::Crash;
  });
  switch (notice.cause) {
    case StopCause::ConsoleMatched:
      return kDone;
    case StopCause::InstructionLimit:
    case StopCause::TimeLimit:
    case StopCause::Paused:
      return kLimitReached;
    case StopCause::EngineFailed:
      return kInternalError;
    case StopCause::EngineRefused:
      return kNotAvailable;
    default:
      return crashed ? kGuestCrashed : options.until.empty() ? kDone : kCheckFailed;
  }
}

}  // namespace

int xl_create(const XlCreateOptions& options) {
  if (!options.until.empty()) {
    try {
      const std::regex checked(options.until, std::regex::ECMAScript);
    } catch (const std::regex_error&) {
      return refuse({ErrorCode::InvalidInput,
                     "--until " + options.until + ": is no regular expression (ECMAScript)"});
    }
  }
  auto config = host_of(options);
  if (!config)
    return refuse(config.error());
  const auto typed_to =
      std::find_if(config->domains.begin(), config->domains.end(), [&](const HostDomain& domain) {
        return options.console.empty() || domain.config.name == options.console;
      });
  if (typed_to == config->domains.end()) {
    return refuse({ErrorCode::InvalidInput,
                   "--console " + options.console + ": none of the domains has that name"});
  }
  // The machine's own console, which --until looks at, is the first one's.
  std::rotate(config->domains.begin(), typed_to, typed_to + 1);
  const bool alone = config->domains.size() == 1;
  auto created = Session::create(std::move(*config));
  if (!created)
    return refuse(created.error());
  Session& session = **created;
  catch_interrupts();
  Run run;
  if (options.most_instructions != 0)
    run.instructions = options.most_instructions;
  if (!options.until.empty())
    run.until_console = options.until;
  if (options.timeout_seconds > 0)
    run.host_milliseconds = static_cast<std::uint64_t>(std::ceil(options.timeout_seconds * 1000));
  BootConsole console =
      alone ? BootConsole(session, !options.json)
            : BootConsole(session, !options.json, session.snapshot()->domains.front().id);
  console.feed_what_is_there();
  Notice notice = console.carry(std::move(run));
  if (!notice.snapshot)
    notice.snapshot = session.snapshot();
  if (!options.trace.empty()) {
    if (auto written = session.write_trace(options.trace); !written)
      return refuse(written.error());
  }
  if (options.json) {
    fmt::print(
        "{}\n",
        result_of(session, notice).dump(2, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    for (const DomainView& domain : notice.snapshot->domains) {
      fmt::print(stderr, "glassvisor: domain {} ({}): {}, {:.1f} ms of CPU time\n", domain.id,
                 domain.name, state_of(domain), static_cast<double>(ran(domain)) / 1e6);
    }
  }
  return exit_code_of(notice, options);
}

}  // namespace gv
