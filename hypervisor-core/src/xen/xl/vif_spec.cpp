// SPDX-License-Identifier: MIT

#include "xen/xl/vif_spec.h"

#include "xen/xl/setting_reader.h"

#include <fmt/format.h>

#include <charconv>

namespace gv::xl {

namespace {

Error trouble(const std::string& what) { return {ErrorCode::InvalidInput, what}; }

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress mac{};
  if (text.size() != 17)
    return std::nullopt;
  for (std::size_t i = 0; i < mac.size(); ++i) {
    const char* const from = text.data() + 3 * i;
    const auto [stop, error] = std::from_chars(from, from + 2, mac[i], 16);
    if (error != std::errc() || stop != from + 2 || (i > 0 && from[-1] != ':'))
      return std::nullopt;
  }
  return mac;
}

// Digits and what is behind them.
std::optional<std::pair<std::uint64_t, std::string_view>> split_number(std::string_view text) {
  std::uint64_t number = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc() || stop == text.data())
    return std::nullopt;
  return std::pair(number, text.substr(static_cast<std::size_t>(stop - text.data())));
}

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

std::optional<std::uint64_t> factor_of(std::string_view unit, std::initializer_list<Unit> units) {
  for (const Unit& known : units) {
    if (known.name == unit)
      return known.factor;
  }
  return std::nullopt;
}

// "10Mb/s@20ms": the credit that comes back each interval.
bool parse_rate(std::string_view text, VifConfig& vif) {
  std::uint64_t interval = 50'000;
  if (const std::size_t at = text.find('@'); at != text.npos) {
    const auto number = split_number(text.substr(at + 1));
    const auto factor =
        number ? factor_of(number->second,
                           {{"us", 1}, {"ms", 1000}, {"s", 1'000'000}, {"", 1'000'000}})
               : std::nullopt;
    if (!factor || number->first == 0 || number->first > UINT32_MAX / *factor)
      return false;
    interval = number->first * *factor;
    text = text.substr(0, at);
  }
  const auto number = split_number(text);
  // In eighths of a byte, because there are bits.
  const auto factor = number ? factor_of(number->second, {{"GB/s", 8'000'000'000},
                                                          {"MB/s", 8'000'000},
                                                          {"KB/s", 8000},
                                                          {"B/s", 8},
                                                          {"Gb/s", 1'000'000'000},
                                                          {"Mb/s", 1'000'000},
                                                          {"Kb/s", 1000},
                                                          {"b/s", 1}})
                             : std::nullopt;
  if (!factor || number->first == 0 || number->first > UINT64_MAX / 8 / *factor)
    return false;
  const std::uint64_t bytes_a_second = number->first * *factor / 8;
  if (bytes_a_second > UINT64_MAX / interval)
    return false;
  vif.bytes_per_interval = bytes_a_second * interval / 1'000'000;
  vif.interval_microseconds = static_cast<std::uint32_t>(interval);
  return vif.bytes_per_interval > 0;
}

Result<void> apply(std::string_view name, std::string_view value, VifConfig& vif) {
  const auto number = [&](unsigned most) -> std::optional<unsigned> {
    const auto parsed = parse_c_number(value);
    return parsed && *parsed <= most ? std::optional(static_cast<unsigned>(*parsed)) : std::nullopt;
  };
  if (name == "mac") {
    vif.mac = parse_mac(value);
    if (!vif.mac)
      return trouble(
          fmt::format("mac {} is none; write six bytes, as in 00:16:3e:00:00:01", value));
    if (((*vif.mac)[0] & 1) != 0)
      return trouble(
          fmt::format("mac {} is a group's; clear the lowest bit of its first byte", value));
  } else if (name == "bridge") {
    vif.bridge = value;
  } else if (name == "gatewaydev" || name == "netdev") {
    vif.gateway_device = value;
  } else if (name == "type") {
    if (value != "ioemu" && value != "vif")
      return trouble(fmt::format("type {} is not known; use ioemu or vif", value));
    vif.emulated = value == "ioemu";
  } else if (name == "model") {
    vif.model = value;
  } else if (name == "vifname") {
    vif.name = value;
  } else if (name == "script") {
    vif.script = value;
  } else if (name == "ip") {
    vif.ip = value;
  } else if (name == "backend") {
    vif.backend = value;
  } else if (name == "rate") {
    if (!parse_rate(value, vif))
      return trouble(fmt::format("rate {} is none; write it as in 10Mb/s or 1MB/s@20ms", value));
  } else if (name == "devid") {
    vif.device_number = number(0xffff);
    if (!vif.device_number)
      return trouble(fmt::format("devid {} is none; leave it out", value));
  } else if (name == "mtu") {
    vif.mtu = number(65535);
    if (!vif.mtu || *vif.mtu < 68)
      return trouble(fmt::format("mtu {} is none; write 68 to 65535", value));
  } else {
    return trouble(
        fmt::format("{}= is no parameter of a vif; see xl-network-configuration(5)", name));
  }
  return {};
}

}  // namespace

Result<VifConfig> parse_vif_spec(std::string_view spec) {
  VifConfig vif;
  while (!spec.empty()) {
    const std::size_t comma = spec.find(',');
    std::string_view word = spec.substr(0, comma);
    spec = comma == spec.npos ? std::string_view() : spec.substr(comma + 1);
    word.remove_prefix(std::min(word.find_first_not_of(" \t\n"), word.size()));
    if (word.empty())
      continue;
    const std::size_t equals = word.find('=');
    if (word == "trusted" || word == "untrusted")
      vif.trusted = word == "trusted";
    else if (equals == word.npos)
      return trouble(fmt::format("{} is no parameter of a vif; write key=value", word));
    else
      GV_TRY(apply(word.substr(0, equals), word.substr(equals + 1), vif));
  }
  return vif;
}

}  // namespace gv::xl
