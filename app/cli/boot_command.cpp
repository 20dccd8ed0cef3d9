// SPDX-License-Identifier: MIT
//
// `glassvisor boot IMAGE`: any image, its console on stdout, the result as JSON.

#include "cli/boot_console.h"
#include "cli/commands.h"
#include "cli/control_words.h"
#include "gdb/gdb_server.h"
#include "gv/session.h"
#include "lesson/machine_values.h"
#include "lesson/paths.h"

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <regex>

namespace gv {
namespace {

struct BootOptions {
  std::string image;
  std::string engine = "unicorn", technique;  // empty: what the image asks for
  std::string type = "auto", initrd;
  std::uint64_t memory_mib = 32;
  std::string command_line, disk, until, screen_text, trace, controls;
  std::uint64_t most_instructions = 0;
  double timeout_seconds = 0;
  std::uint64_t seed = 0;
  std::optional<std::uint16_t> gdb_port;
  bool json = false;
};

Result<MachineConfig> config_of(const BootOptions& options) {
  const auto engine = engine_from_name(options.engine);
  if (!engine)
    return engine.error();
  const auto type = guest_type_from_name(options.type);
  if (!type)
    return type.error();
  const auto path = find_image(options.image);
  if (!path)
    return path.error();
  auto config = config_for_image(*path);
  if (!config)
    return config.error();
  config->guest_type = *type;
  const auto technique = options.technique.empty()
                             ? Result<TechniqueKind>(default_technique(*config))
                             : technique_from_name(options.technique);
  if (!technique)
    return technique.error();
  GV_TRY(check_available(*engine, *technique));
  ExecutionControls controls;
  if (!options.controls.empty()) {
    if (*engine != EngineKind::Unicorn || *technique != TechniqueKind::HardwareAssisted) {
      return Error{ErrorCode::InvalidInput,
                   "--controls are those of emulated VT-x; use them with --engine unicorn "
                   "--technique hardware-assisted"};
    }
    const auto wanted = controls_from_words(options.controls);
    if (!wanted)
      return wanted.error();
    controls = *wanted;
  }
  config->engine = *engine;
  config->technique = *technique;
  config->controls = controls;
  config->memory_mib = options.memory_mib;
  config->command_line = options.command_line;
  if (!options.initrd.empty()) {
    auto initrd = config_for_image(options.initrd);  // bytes like an image's
    if (!initrd)
      return initrd.error();
    config->initrd = std::move(initrd->image);
  }
  config->seed = options.seed;
  if (!options.disk.empty())
    config->disk_path = options.disk;
  // Events are kept only for whoever reads them.
  config->trace = options.trace.empty() && !options.json ? TracePolicy::Off : TracePolicy::Keep;
  config->time_travel = false;
  if (options.gdb_port) {  // backwards stands on checkpoints and on events
    GV_TRY(gdb::check_drivable(*engine));
    config->trace = TracePolicy::Keep;
    config->time_travel = true;
  }
  return config;
}

Result<void> write_screen(const std::string& path, const VgaTextScreen& screen) {
  std::ofstream file(path, std::ios::binary);
  file << screen_text(screen);
  file.close();
  if (!file) {
    return Error{ErrorCode::InvalidInput, path + ": the screen's text cannot be written there"};
  }
  return {};
}

// The guest's own verdict, by the numbers of guest_abi.h.
constexpr std::uint32_t kGuestCheckFailed = 0x11, kGuestPanicked = 0x12;

int exit_code_of(const Notice& notice, const BootOptions& options) {
  switch (notice.cause) {
    case StopCause::GuestCrashed:
      return kGuestCrashed;
    case StopCause::InstructionLimit:
    case StopCause::TimeLimit:
    case StopCause::Paused:
      return kLimitReached;
    case StopCause::EngineFailed:
      return kInternalError;
    case StopCause::EngineRefused:
      return kNotAvailable;
    case StopCause::ConsoleMatched:
      return kDone;
    case StopCause::GuestExited:
      if (notice.snapshot->exit_code == kGuestPanicked)
        return kGuestCrashed;
      if (notice.snapshot->exit_code == kGuestCheckFailed)
        return kCheckFailed;
      break;
    default:
      break;
  }
  // It ended before the console said what was waited for.
  return options.until.empty() ? kDone : kCheckFailed;
}

std::string sentence_of(const Notice& notice) {
  if (notice.cause == StopCause::Paused)
    return "the run was interrupted";
  return !notice.text.empty() ? notice.text : notice.snapshot->cause_text;
}

nlohmann::json result_of(const Session& session, const Notice& notice, std::uint64_t state_hash) {
  const Snapshot& snapshot = *notice.snapshot;
  return {{"exit_reason", std::string(name_of(notice.cause))},
          {"cause", sentence_of(notice)},
          {"guest_exit_code", snapshot.exit_code},
          {"retired", snapshot.position.retired},
          {"virtual_time_ns", snapshot.position.cycles},
          {"events", snapshot.position.events},
          {"state_hash", hexadecimal(state_hash)},
          {"event_log_hash", hexadecimal(session.event_log_hash())},
          {"engine", std::string(name_of(snapshot.engine))},
          {"technique", std::string(name_of(snapshot.technique))},
          {"title", title_of(snapshot.engine, snapshot.technique)},
          {"console", session.console()},
          {"ledger", value_of(snapshot.ledger)}};
}

// gdb drives until it lets go; then `run` goes on from there.
Notice run_after_gdb(gdb::GdbServer& server, Session& session, BootConsole& console, Run run) {
  fmt::print(stderr,
             "glassvisor: gdb may connect to 127.0.0.1:{}; the guest waits at its first "
             "instruction\n",
             server.port());
  console.attend([&] { return server.farewell() != gdb::Attachment::None; });
  const gdb::Attachment farewell = server.farewell();
  server.serve(nullptr);
  Notice notice;
  notice.snapshot = session.snapshot();
  if (notice.snapshot->state == RunState::Ended) {
    notice.cause = notice.snapshot->cause;
    return notice;
  }
  if (farewell == gdb::Attachment::Detached)
    return console.carry(std::move(run));
  notice.cause = StopCause::Paused;
  return notice;
}

int boot(const BootOptions& options) {
  if (!options.until.empty()) {
    try {
      const std::regex checked(options.until, std::regex::ECMAScript);
    } catch (const std::regex_error&) {
      return refuse({ErrorCode::InvalidInput,
                     "--until " + options.until + ": is no regular expression (ECMAScript)"});
    }
  }
  auto config = config_of(options);
  if (!config)
    return refuse(config.error());
  std::unique_ptr<gdb::GdbServer> server;
  if (options.gdb_port) {
    auto listening = gdb::GdbServer::listen(*options.gdb_port);
    if (!listening)
      return refuse(listening.error());
    server = std::move(*listening);
  }
  auto created = Session::create(std::move(*config));
  if (!created)
    return refuse(created.error());
  const std::shared_ptr<Session> session = std::move(*created);

  catch_interrupts();
  Run run;
  if (options.most_instructions != 0)
    run.instructions = options.most_instructions;
  if (!options.until.empty())
    run.until_console = options.until;
  if (options.timeout_seconds > 0) {
    run.host_milliseconds = static_cast<std::uint64_t>(std::ceil(options.timeout_seconds * 1000));
  }
  BootConsole console(*session, !options.json);
  console.feed_what_is_there();
  if (server)
    server->serve(session);
  Notice notice = server ? run_after_gdb(*server, *session, console, std::move(run))
                         : console.carry(std::move(run));
  if (notice.refused) {
    return refuse({ErrorCode::InvalidInput, "the machine refused to run: " + notice.text});
  }
  if (!notice.snapshot)
    notice.snapshot = session->snapshot();

  if (!options.screen_text.empty()) {
    if (auto written = write_screen(options.screen_text, notice.snapshot->screen); !written) {
      return refuse(written.error());
    }
  }
  if (!options.trace.empty()) {
    if (auto written = session->write_trace(options.trace); !written) {
      return refuse(written.error());
    }
  }
  const int code = exit_code_of(notice, options);
  if (options.json) {
    ViewRequest view;
    view.state_hash = true;
    const Notice hashed = session->perform(SetView{view});
    const std::uint64_t hash =
        hashed.snapshot && hashed.snapshot->state_hash ? *hashed.snapshot->state_hash : 0;
    const std::string text = result_of(*session, notice, hash)
                                 .dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
    fmt::print("{}\n", text);
  } else {
    const Snapshot& end = *notice.snapshot;
    // Where nobody counts instructions, there is the time they took.
    const std::string work =
        end.engine == EngineKind::Kvm
            ? fmt::format("{:.1f} ms in the guest", static_cast<double>(end.ledger.measured) / 1e6)
            : fmt::format("{} instructions", end.position.retired);
    const std::uint64_t assists = end.ledger[ExitReason::InstructionAssist].count;
    const std::string assisted =
        assists == 0 ? ""
                     : fmt::format(
                           ", {} of them instructions that KVM refused and our interpreter "
                           "executed",
                           assists);
    fmt::print(stderr, "glassvisor: {} ({}, {} exits{})\n", sentence_of(notice), work,
               end.ledger.total_exits(), assisted);
  }
  if (code == kCheckFailed && !options.until.empty() && notice.cause != StopCause::ConsoleMatched) {
    fmt::print(stderr, "glassvisor: the console never matched --until {}\n", options.until);
  }
  return code;
}

}  // namespace

void add_boot(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<BootOptions>();
  CLI::App* command = app.add_subcommand(
      "boot",
      "Boots an image: multiboot, ELF, bzImage, flat or boot sector, or a guest kit by its name");
  command->footer(
      "The guest's console alone goes to stdout, as it is written; our words go to stderr. stdin "
      "is\n"
      "the guest's console input.\n\nExamples:\n"
      "  glassvisor boot tinykernel\n"
      "  glassvisor boot /usr/lib/grub-xen/grub-x86_64-xen.bin\n"
      "  glassvisor boot sensitive17 --technique bare-metal\n"
      "  glassvisor boot my.elf --until 'ready' --max-instructions 5000000 --json\n"
      "  glassvisor boot bootsector --screen-text screen.txt --trace run.trace\n"
      "  glassvisor boot tinykernel --technique hardware-assisted --controls rdtsc,no-hlt --json\n"
      "  glassvisor boot /boot/memtest86+ia32.bin --technique bare-metal --timeout 20 "
      "--screen-text "
      "screen.txt\n\n"
      "Exit codes: 0 the guest ended or the console matched; 1 the guest's own check failed (0x11 "
      "to\n"
      "port 0xf4) or --until never matched; 3 a limit or Ctrl+C; 4 the guest crashed or panicked.");
  command->add_option("image", options->image, "A file, or the name of a guest kit")->required();
  command->add_option("--engine", options->engine, "What executes instructions: " + engine_names())
      ->capture_default_str();
  command->add_option("--technique", options->technique,
                      "How the hypervisor keeps control: " + technique_names() +
                          "; glassvisor doctor says which pairs this machine has. Default: "
                          "paravirtual for a kernel with Xen's notes, else trap-and-emulate");
  command
      ->add_option("--type", options->type,
                   "As which kind of Xen guest a kernel with Xen's notes starts: auto, pv or pvh")
      ->capture_default_str();
  command->add_option("--initrd", options->initrd, "A Xen guest's ramdisk");
  command->add_option("--memory", options->memory_mib, "Guest memory in MiB")
      ->capture_default_str();
  command->add_option("--cmdline", options->command_line,
                      "The kernel's command line (multiboot, bzImage, Xen)");
  command->add_option("--controls", options->controls,
                      "What exits under emulated VT-x: rdtsc,no-hlt,ports=0x3f8+0xe9,...");
  command->add_option("--disk", options->disk, "A BIOS disk image");
  command->add_option("--until", options->until,
                      "Stop when the console matches this regular expression");
  command->add_option("--max-instructions", options->most_instructions, "Stop after this many");
  command
      ->add_option("--timeout", options->timeout_seconds,
                   "Stop after this many seconds of real time")
      ->check(CLI::NonNegativeNumber);
  command->add_option("--screen-text", options->screen_text,
                      "Write the VGA text screen to this file at the end");
  command->add_option("--trace", options->trace, "Write the run's events to this file");
  command->add_option("--gdb", options->gdb_port,
                      "Let gdb connect to this port of 127.0.0.1 and drive: 0 takes a free one and "
                      "says which. The guest waits at its first instruction");
  command->add_option("--seed", options->seed, "Seed of what is random in the machine");
  command->add_flag("--json", options->json, "Print the result as JSON, the console inside it");
  command->callback([options, &exit_code] { exit_code = boot(*options); });
}

}  // namespace gv
