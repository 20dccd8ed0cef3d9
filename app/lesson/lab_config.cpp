// SPDX-License-Identifier: MIT
//
// What a script's options say about a guest and about the hypervisor under it.

#include "lesson/lab_surface.h"
#include "lesson/paths.h"

#include <algorithm>
#include <filesystem>

namespace gv {
namespace {

// controls = { hlt = false, rdtsc = true, ports = { 0x3f8 }, exceptions = { 14 } }
Result<void> put_controls(const LuaValue& wanted, ExecutionControls& controls) {
  const auto refuse = [](const std::string& what) {
    return Error{ErrorCode::InvalidInput,
                 "controls: " + what +
                     "; there are external_interrupts, hlt, rdtsc, invlpg, mov_dr, "
                     "control_registers, msrs and nested_paging, each true or false, and the lists "
                     "ports and "
                     "exceptions"};
  };
  if (!wanted.is_object())
    return refuse("a table of names is needed");
  const std::pair<const char*, bool*> switches[] = {
      {"external_interrupts", &controls.external_interrupts},
      {"hlt", &controls.hlt},
      {"rdtsc", &controls.rdtsc},
      {"invlpg", &controls.invlpg},
      {"mov_dr", &controls.mov_dr},
      {"control_registers", &controls.control_registers},
      {"msrs", &controls.msrs},
      {"nested_paging", &controls.nested_paging}};
  for (const auto& item : wanted.items()) {
    const std::string& name = item.key();
    const auto& value = item.value();
    const auto known = std::find_if(std::begin(switches), std::end(switches),
                                    [&](const auto& entry) { return name == entry.first; });
    const bool is_list = value.is_array() || (value.is_object() && value.empty());
    if (known != std::end(switches) && value.is_boolean()) {
      *known->second = value.template get<bool>();
    } else if (name == "ports" && is_list) {
      controls.ports.emplace();
      for (const auto& port : value)
        controls.ports->push_back(port.is_number() ? port.template get<std::uint16_t>() : 0);
    } else if (name == "exceptions" && is_list) {
      controls.exceptions = 0;
      for (const auto& vector : value)
        controls.exceptions |=
            1u << (vector.is_number() ? vector.template get<unsigned>() & 31 : 0);
    } else {
      return refuse("'" + name + "' is none, or has no fitting value");
    }
  }
  return {};
}

void put_costs(const LuaValue& costs, CostModel& model) {
  const auto put = [&](const char* field, std::uint32_t& cost) {
    if (costs.is_object() && costs.contains(field) && costs[field].is_number_unsigned()) {
      cost = costs[field].get<std::uint32_t>();
    } else if (costs.is_object() && costs.contains(field) && costs[field].is_number_integer()) {
      cost =
          static_cast<std::uint32_t>(std::max<std::int64_t>(0, costs[field].get<std::int64_t>()));
    }
  };
  put("exit_and_entry", model.exit_and_entry);
  put("decode_and_emulate", model.decode_and_emulate);
  put("reflect", model.reflect);
  put("shadow_fill", model.shadow_fill);
  put("shadow_flush", model.shadow_flush);
  put("device_access", model.device_access);
  put("interrupt", model.interrupt);
  put("interpret", model.interpret);
  put("callout", model.callout);
  put("translate", model.translate);
  put("find_translation", model.find_translation);
}

}  // namespace

// An image's name means a file beside the script, else a kit.
Result<MachineConfig> guest_from(lua_State* state, OptionTable& options,
                                 const LabEnvironment& environment) {
  const auto name = options.text("image");
  if (!name)
    raise_in_script(state, options.function() + " needs an image, such as image = \"tinykernel\"");
  std::string path;
  const std::filesystem::path beside = std::filesystem::path(environment.folder) / *name;
  std::error_code ignored;
  if (!environment.folder.empty() && std::filesystem::is_regular_file(beside, ignored)) {
    path = beside.string();
  } else {
    auto found = find_image(*name);
    if (!found)
      return found.error();
    path = *found;
  }
  auto config = config_for_image(path);
  if (!config)
    return config.error();
  config->memory_mib = options.number("memory").value_or(config->memory_mib);
  config->command_line = options.text("cmdline").value_or("");
  config->seed = options.number("seed").value_or(environment.seed);
  if (const auto disk = options.text("disk"))
    config->disk_path = *disk;
  return config;
}

Result<void> put_technique(OptionTable& options, std::optional<EngineKind> instead,
                           EngineKind& engine, TechniqueKind& technique,
                           ExecutionControls& controls, CostModel& costs) {
  if (const auto name = options.text("technique")) {
    const auto kind = technique_from_name(*name);
    if (!kind)
      return kind.error();
    technique = *kind;
  }
  if (const auto name = options.text("engine")) {
    const auto kind = engine_from_name(*name);
    if (!kind)
      return kind.error();
    engine = *kind;
  }
  engine = instead.value_or(engine);
  if (options.has("controls")) {
    GV_TRY(put_controls(options.field("controls"), controls));
  }
  if (options.has("costs"))
    put_costs(options.field("costs"), costs);
  return check_available(engine, technique);
}

}  // namespace gv
