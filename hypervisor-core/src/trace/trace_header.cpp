// SPDX-License-Identifier: MIT
//
// trace_header.cpp - header fields to JSON and, with suspicion, back.

#include "trace/trace_header.h"

#include "trace/cost_fields.h"

#include <fmt/format.h>
#include <xxhash.h>
#include <nlohmann/json.hpp>

#include <charconv>
#include <limits>
#include <optional>

namespace gv {
namespace {

using Json = nlohmann::json;

std::optional<std::uint64_t> number_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned())
    return std::nullopt;
  return found->get<std::uint64_t>();
}

std::optional<std::string> text_in(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string())
    return std::nullopt;
  return found->get<std::string>();
}

std::optional<std::uint64_t> hash_in(const Json& object, const char* key) {
  const auto text = text_in(object, key);
  if (!text)
    return std::nullopt;
  std::uint64_t value = 0;
  const auto end = text->data() + text->size();
  const auto parsed = std::from_chars(text->data(), end, value, 16);
  if (parsed.ec != std::errc() || parsed.ptr != end)
    return std::nullopt;
  return value;
}

}  // namespace

TraceHeader trace_header_for(const MachineConfig& config) {
  TraceHeader h;
  h.program = "glassvisor " GV_VERSION;
  h.engine = config.engine;
  h.technique = config.technique;
  h.image_name = config.image_path.substr(config.image_path.find_last_of('/') + 1);
  h.image_bytes = config.image.size();
  h.image_hash = XXH3_64bits(config.image.data(), config.image.size());
  h.command_line = config.command_line;
  h.memory_mib = config.memory_mib;
  h.seed = config.seed;
  h.cost = config.cost;
  return h;
}

std::string header_to_json(const TraceHeader& h, const EventView& events) {
  Json cost = Json::object();
  for_each_cost([&](const char* name, std::uint32_t cycles) { cost[name] = cycles; }, h.cost);
  const Json json = {
      {"program", h.program},
      {"engine", name_of(h.engine)},
      {"technique", name_of(h.technique)},
      {"image",
       {{"name", h.image_name},
        {"bytes", h.image_bytes},
        {"xxh3", fmt::format("{:016x}", h.image_hash)}}},
      {"command_line", h.command_line},
      {"memory_mib", h.memory_mib},
      {"seed", h.seed},
      {"cost_model", cost},
      {"first_event", events.first()},
      {"events", events.size()},
  };
  // Bytes that are not UTF-8 (a file name may hold any) become U+FFFD rather than an exception.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<ParsedTraceHeader> header_from_json(std::string_view text) {
  const Error damaged{ErrorCode::InvalidInput, "its header is damaged; record it again"};
  // A depth bound: the parser recurses no deeper than this, whatever the file says.
  const auto shallow = [](int depth, Json::parse_event_t, Json&) { return depth < 8; };
  const Json json = Json::parse(text, shallow, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("image") || !json["image"].is_object() ||
      !json.contains("cost_model") || !json["cost_model"].is_object()) {
    return damaged;
  }
  ParsedTraceHeader out;
  TraceHeader& h = out.header;
  const auto program = text_in(json, "program");
  const auto engine = text_in(json, "engine");
  const auto technique = text_in(json, "technique");
  const auto image_name = text_in(json["image"], "name");
  const auto image_bytes = number_in(json["image"], "bytes");
  const auto image_hash = hash_in(json["image"], "xxh3");
  const auto command_line = text_in(json, "command_line");
  const auto memory = number_in(json, "memory_mib");
  const auto seed = number_in(json, "seed");
  const auto first = number_in(json, "first_event");
  const auto count = number_in(json, "events");
  if (!program || !engine || !technique || !image_name || !image_bytes || !image_hash ||
      !command_line || !memory || !seed || !first || !count) {
    return damaged;
  }
  const auto engine_kind = engine_from_name(*engine);
  const auto technique_kind = technique_from_name(*technique);
  if (!engine_kind || !technique_kind)
    return damaged;
  // Sequence numbers are added up: leave room.
  if (*first > std::numeric_limits<std::uint64_t>::max() / 2)
    return damaged;
  bool costs_good = true;
  for_each_cost(
      [&](const char* name, std::uint32_t& cycles) {
        const auto value = number_in(json["cost_model"], name);
        costs_good = costs_good && value && *value <= std::numeric_limits<std::uint32_t>::max();
        if (costs_good)
          cycles = static_cast<std::uint32_t>(*value);
      },
      h.cost);
  if (!costs_good)
    return damaged;
  h.program = *program;
  h.engine = *engine_kind;
  h.technique = *technique_kind;
  h.image_name = *image_name;
  h.image_bytes = *image_bytes;
  h.image_hash = *image_hash;
  h.command_line = *command_line;
  h.memory_mib = *memory;
  h.seed = *seed;
  out.first_event = *first;
  out.event_count = *count;
  return out;
}

}  // namespace gv
