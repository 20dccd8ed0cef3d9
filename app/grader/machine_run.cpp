// SPDX-License-Identifier: MIT
//
// machine_run.cpp - reads a run's exits and their answers out of its events.

#include "grader/machine_run.h"

#include "gv/session.h"

#include <algorithm>
#include <memory>
#include <vector>

namespace gv {
namespace {

using Json = nlohmann::json;

constexpr std::uint64_t kInterruptFlag = 1u << 9;

// What the virtual CPU looked like when an exit was taken.
struct ExitRegisters {
  std::uint64_t retired = 0;
  Gva rip;
  int iopl = 0;
  bool interrupts = false;
};

// The hypervisor's answers as verbs: what a policy says is what it shall do.
std::string_view verb_of(Handling handling) {
  switch (handling) {
    case Handling::Emulated:
      return "emulate";
    case Handling::Reflected:
      return "reflect";
    case Handling::ShadowFilled:
      return "fill";
    case Handling::DeviceAccessed:
      return "device";
    case Handling::ClockAdvanced:
      return "clock";
    case Handling::BiosServed:
      return "bios";
    case Handling::GuestStopped:
      return "stop";
    case Handling::Translated:
      return "translate";
    case Handling::HypercallServed:
      return "hypercall";
  }
  return "stop";
}

void add_qualification(Json& exit, const ExitTaken& taken) {
  const std::uint32_t value = taken.qualification;
  switch (taken.reason) {
    case ExitReason::PortRead:
    case ExitReason::PortWrite:
      exit["port"] = value;
      break;
    case ExitReason::SoftwareInterrupt:
    case ExitReason::Exception:
      exit["vector"] = value;
      break;
    case ExitReason::PageFault:
    case ExitReason::GeneralProtection:
      exit["error_code"] = value;
      break;
    default:
      exit["qualification"] = value;
      break;
  }
}

// One pass over the events: an exit opens with ExitTaken and is answered by GuestResumed.
Json exits_of(const EventView& events, const std::vector<ExitRegisters>& registers,
              std::uint64_t most) {
  Json exits = Json::array();
  Json* open = nullptr;
  std::size_t next_registers = 0;
  for (std::uint64_t i = events.first(); i < events.end(); ++i) {
    const Event& event = events[i];
    if (const auto* taken = std::get_if<ExitTaken>(&event.body)) {
      if (exits.size() >= most)
        break;
      exits.push_back({{"reason", name_of(taken->reason)},
                       {"mnemonic", name_of(taken->mnemonic)},
                       {"from", name_of(taken->from)},
                       {"cpl", taken->from == Storey::GuestUser ? 3 : 0},
                       {"length", taken->length},
                       {"retired", event.retired},
                       {"at", event.rip.value}});
      open = &exits.back();
      add_qualification(*open, *taken);
      while (next_registers < registers.size() &&
             registers[next_registers].retired < event.retired) {
        ++next_registers;
      }
      if (next_registers < registers.size()) {
        const ExitRegisters& seen = registers[next_registers];
        if (seen.retired == event.retired && seen.rip == event.rip) {
          (*open)["iopl"] = seen.iopl;
          (*open)["interrupts"] = seen.interrupts;
          ++next_registers;
        }
      }
    } else if (open == nullptr) {
      continue;
    } else if (const auto* fault = std::get_if<PageFaulted>(&event.body)) {
      (*open)["address"] = fault->address.value;
      (*open)["error_code"] = fault->error_code;
      // The hypervisor walked the guest's own tables to find this out.
      (*open)["allowed"] = fault->kind != FaultKind::GuestFault;
    } else if (const auto* port = std::get_if<PortTouched>(&event.body)) {
      (*open)["port"] = port->port;
      (*open)["size"] = port->size;
      (*open)["value"] = port->value;
      (*open)["claimed"] = port->claimed;
    } else if (const auto* cr = std::get_if<ControlRegisterWritten>(&event.body)) {
      (*open)["register_number"] = cr->number;
    } else if (const auto* exception = std::get_if<ExceptionDelivered>(&event.body)) {
      (*open)["delivered"] = exception->vector;
    } else if (const auto* interrupt = std::get_if<InterruptDelivered>(&event.body)) {
      (*open)["interrupt"] = interrupt->vector;
    } else if (const auto* resumed = std::get_if<GuestResumed>(&event.body)) {
      (*open)["did"] = verb_of(resumed->handling);
      (*open)["to"] = name_of(resumed->to);
      (*open)["cost"] = resumed->cost;
      open = nullptr;
    }
  }
  return exits;
}

std::uint64_t number(const Json& json, const char* key, std::uint64_t otherwise,
                     std::uint64_t most) {
  const auto found = json.find(key);
  if (found == json.end() || !found->is_number())
    return otherwise;
  const double value = found->get<double>();
  if (!(value >= 0))
    return otherwise;
  return value >= static_cast<double>(most) ? most : static_cast<std::uint64_t>(value);
}

std::string text(const Json& json, const char* key, const std::string& otherwise) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : otherwise;
}

}  // namespace

nlohmann::json to_json(const RunRequest& request) {
  return {{"engine", request.engine},
          {"technique", request.technique},
          {"memory_mib", request.memory_mib},
          {"seed", request.seed},
          {"instructions", request.instructions},
          {"exits", request.exits},
          {"console_bytes", request.console_bytes},
          {"milliseconds", request.milliseconds},
          {"command_line", request.command_line},
          {"flat", request.flat}};
}

RunRequest run_request_from(const nlohmann::json& json) {
  RunRequest request;
  if (!json.is_object())
    return request;
  request.engine = text(json, "engine", request.engine);
  request.technique = text(json, "technique", request.technique);
  request.memory_mib =
      std::max<std::uint64_t>(1, number(json, "memory_mib", request.memory_mib, 64));
  request.seed = number(json, "seed", request.seed, std::uint64_t{1} << 53);
  request.instructions = number(json, "instructions", request.instructions, 500'000'000);
  request.exits = number(json, "exits", request.exits, 100'000);
  request.console_bytes = number(json, "console_bytes", request.console_bytes, 1 << 20);
  request.milliseconds = number(json, "milliseconds", request.milliseconds, 600'000);
  request.command_line = text(json, "command_line", request.command_line);
  if (const auto flat = json.find("flat"); flat != json.end())
    request.flat = *flat == true;
  return request;
}

Result<nlohmann::json> run_machine(const RunRequest& request, const std::string& name,
                                   const std::string& image) {
  const auto technique = technique_from_name(request.technique);
  if (!technique)
    return technique.error();
  const auto engine = engine_from_name(request.engine);
  if (!engine)
    return engine.error();
  MachineConfig config;
  config.engine = *engine;
  config.technique = *technique;
  config.image_path = name;
  config.image.assign(image.begin(), image.end());
  config.command_line = request.command_line;
  config.memory_mib = request.memory_mib;
  if (request.flat)
    config.image_kind = ImageKind::Flat;
  config.seed = request.seed;
  config.time_travel = false;
  auto session = Session::create(std::move(config));
  if (!session)
    return session.error();

  // Shared with the control thread; read here only after the run's notice.
  auto seen = std::make_shared<std::vector<ExitRegisters>>();
  Breakpoint watch;
  watch.id = 1;
  watch.where = OnAnyExit{};
  watch.condition_text = "the grader's watch on every exit";
  watch.condition = [seen, most = request.exits](const StopProbe& probe) {
    if (probe.exit == nullptr)
      return false;
    const RegisterFile& r = probe.registers;
    seen->push_back({probe.exit->retired, probe.exit->rip, static_cast<int>(r.rflags >> 12 & 3),
                     (r.rflags & kInterruptFlag) != 0});
    return seen->size() >= most;
  };
  Run run;
  run.instructions = request.instructions;
  run.until.push_back(std::move(watch));
  run.host_milliseconds = request.milliseconds;
  const Notice notice = (*session)->perform(run);
  const auto snapshot = (*session)->snapshot();
  const bool cut = notice.cause == StopCause::BreakpointHit;
  std::string console = (*session)->console();
  console.resize(std::min<std::size_t>(console.size(), request.console_bytes));
  return Json{{"ended", cut ? std::string("exit-limit") : std::string(name_of(notice.cause))},
              {"text", notice.text},
              {"code", snapshot->exit_code},
              {"retired", snapshot->position.retired},
              {"cycles", snapshot->position.cycles},
              {"console", console},
              {"log_hash", std::to_string((*session)->event_log_hash())},
              {"exits", exits_of((*session)->events(), *seen, request.exits)}};
}

}  // namespace gv
