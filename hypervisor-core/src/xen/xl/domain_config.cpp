// SPDX-License-Identifier: MIT
//
// domain_config.cpp - settings become a domain; what cannot be had is named.

#include "gv/domain_config.h"

#include "xen/xl/cpu_list.h"
#include "xen/xl/disk_spec.h"
#include "xen/xl/known_keys.h"
#include "xen/xl/setting_reader.h"
#include "xen/xl/vif_spec.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv {

namespace {

using xl::Setting;
using xl::SettingReader;
using xl::Value;

constexpr std::array kTypes = {DomainType::Pv, DomainType::Pvh, DomainType::Hvm};
constexpr std::array kActions = {
    EndAction::Destroy,   EndAction::Restart,         EndAction::RenameRestart,
    EndAction::Preserve,  EndAction::CoredumpDestroy, EndAction::CoredumpRestart,
    EndAction::SoftReset,
};
constexpr std::uint64_t kMostMemory = 1 << 20;  // MiB: a TiB, beyond any host here

std::optional<std::string> normal_uuid(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == '-')
      continue;
    const char lower = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
    if (std::string_view("0123456789abcdef").find(lower) == std::string_view::npos)
      return std::nullopt;
    digits += lower;
  }
  if (digits.size() != 32)
    return std::nullopt;
  for (const std::size_t at : {8, 13, 18, 23})
    digits.insert(at, 1, '-');
  return digits;
}

class DomainReader {
 public:
  DomainReader(const std::vector<Setting>& settings, const std::string& file)
      : settings_(settings), file_(file), reader_(settings, file) {}

  Result<ParsedDomainConfig> read() {
    check_keys();
    identity();
    kernel();
    memory();
    processors();
    disks();
    vifs();
    ends();
    platform();
    if (reader_.error())
      return *reader_.error();
    std::stable_sort(warnings_.begin(), warnings_.end(),
                     [](const auto& a, const auto& b) { return a.first < b.first; });
    for (auto& [line, text] : warnings_)
      out_.warnings.push_back(std::move(text));
    return std::move(out_);
  }

 private:
  void warn(unsigned line, const std::string& what) {
    warnings_.emplace_back(line, xl::complaint(file_, line, what).message);
  }
  unsigned line_of(std::string_view key) const {
    const Setting* const setting = reader_.find(key);
    return setting != nullptr ? setting->line : 1;
  }

  void check_keys() {
    for (const Setting& setting : settings_) {
      const xl::KnownKey* const known = xl::find_key(setting.key);
      if (known == nullptr) {
        const std::string_view nearest = xl::nearest_key(setting.key);
        reader_.refuse(setting.line,
                       fmt::format("xl knows no key {}; {}", setting.key,
                                   nearest.empty() ? "take the line out"
                                                   : fmt::format("is {} meant?", nearest)));
      } else if (!known->why_not.empty()) {
        warn(setting.line, fmt::format("{} is not given: {}", setting.key, known->why_not));
      }
      if (setting.replaced_line != 0) {
        warn(setting.line, fmt::format("{} is set in line {} already; this one counts", setting.key,
                                       setting.replaced_line));
      }
    }
  }

  void identity() {
    reader_.text("name", config_.name);
    if (config_.name.empty())
      reader_.refuse(line_of("name"), "the domain has no name; write name = \"...\"");
    std::string builder, type, uuid;
    reader_.text("builder", builder);
    reader_.text("type", type);
    if (!builder.empty()) {
      warn(line_of("builder"), "builder is the old way; write type = \"pv\" or \"hvm\"");
      if (type.empty())
        type = builder == "generic" || builder == "linux" ? "pv" : builder;
    }
    const auto* const known = std::find_if(kTypes.begin(), kTypes.end(),
                                           [&](DomainType t) { return name_of(t) == type; });
    if (known != kTypes.end())
      config_.type = *known;
    else if (!type.empty())
      reader_.refuse(line_of(reader_.find("type") != nullptr ? "type" : "builder"),
                     fmt::format("type {} is not known; use pv, pvh or hvm", type));
    reader_.text("uuid", uuid);
    if (const auto normal = normal_uuid(uuid))
      config_.uuid = *normal;
    else if (!uuid.empty())
      reader_.refuse(line_of("uuid"), fmt::format("uuid {} is none; write 32 hexadecimal digits or "
                                                  "leave it out",
                                                  uuid));
  }

  void kernel() {
    reader_.text("kernel", config_.kernel);
    reader_.text("ramdisk", config_.ramdisk);
    std::string whole, root, extra;
    reader_.text("cmdline", whole);
    reader_.text("root", root);
    reader_.text("extra", extra);
    if (!whole.empty() && !(root.empty() && extra.empty()))
      warn(line_of("cmdline"), "cmdline counts; root and extra do not beside it");
    if (whole.empty()) {
      whole = root.empty() ? "" : "root=" + root;
      whole += !whole.empty() && !extra.empty() ? " " + extra : extra;
    }
    config_.command_line = whole;
    if (config_.kernel.empty() && config_.type != DomainType::Hvm)
      reader_.refuse(line_of(reader_.find("bootloader") != nullptr ? "bootloader" : "name"),
                     fmt::format("a {} domain boots a kernel of Dom0's; write kernel = \"...\"",
                                 name_of(config_.type)));
  }

  void memory() {
    reader_.number("memory", 1, kMostMemory, config_.memory_mib);
    config_.max_memory_mib = config_.memory_mib;
    reader_.number("maxmem", 1, kMostMemory, config_.max_memory_mib);
    if (reader_.find("memory") == nullptr)
      config_.memory_mib = config_.max_memory_mib;
    if (config_.max_memory_mib < config_.memory_mib)
      reader_.refuse(line_of("maxmem"), fmt::format("maxmem {} is less than memory {}; raise it",
                                                    config_.max_memory_mib, config_.memory_mib));
  }

  void processors() {
    reader_.number("vcpus", 1, 128, config_.vcpus);
    config_.max_vcpus = config_.vcpus;
    reader_.number("maxvcpus", 1, 128, config_.max_vcpus);
    if (reader_.find("vcpus") == nullptr)
      config_.vcpus = config_.max_vcpus;
    if (config_.max_vcpus < config_.vcpus)
      reader_.refuse(line_of("maxvcpus"), fmt::format("maxvcpus {} is less than vcpus {}; raise it",
                                                      config_.max_vcpus, config_.vcpus));
    reader_.number("cpu_weight", 1, 65535, config_.cpu_weight);
    reader_.number("cap", 0, 409600, config_.cap_percent);
    for (const Value& item : reader_.texts("cpus", true)) {
      auto list = xl::parse_cpu_list(item.text);
      if (!list)
        reader_.refuse(item.line, "cpus: " + list.error().message);
      else
        config_.pinning.push_back(std::move(*list));
    }
  }

  void disks() {
    for (const Value& item : reader_.texts("disk")) {
      auto disk = xl::parse_disk_spec(item.text);
      if (!disk) {
        reader_.refuse(item.line, "disk: " + disk.error().message);
        continue;
      }
      const auto not_given = [&](bool asked, std::string_view what) {
        if (asked)
          warn(item.line, fmt::format("disk {}: {}", disk->vdev, what));
      };
      not_given(disk->format != DiskFormat::Raw && disk->format != DiskFormat::Empty,
                fmt::format("{} images cannot be opened here; convert it: qemu-img convert -O raw",
                            name_of(disk->format)));
      not_given(!disk->script.empty(), "script is not given: no scripts run here");
      not_given(!disk->backend.empty() && disk->backend != "0" && disk->backend != "Domain-0",
                "backend is not given: Dom0 is the only driver domain");
      not_given(!disk->backend_type.empty() && disk->backend_type != "phy",
                "backendtype is not given: Dom0's blkback serves every disk");
      not_given(disk->direct_io_safe,
                "direct-io-safe is not given: images are not opened that way");
      not_given(disk->discard.value_or(false), "discard is not given: blkback does not offer it");
      config_.disks.push_back(std::move(*disk));
    }
    for (std::size_t i = 1; i < config_.disks.size(); ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (config_.disks[i].vdev == config_.disks[j].vdev)
          reader_.refuse(line_of("disk"),
                         fmt::format("disk: {} is there twice; rename one", config_.disks[i].vdev));
      }
    }
  }

  void vifs() {
    for (const Value& item : reader_.texts("vif")) {
      auto vif = xl::parse_vif_spec(item.text);
      if (!vif) {
        reader_.refuse(item.line, "vif: " + vif.error().message);
        continue;
      }
      const auto not_given = [&](bool asked, std::string_view what) {
        if (asked)
          warn(item.line, fmt::format("vif {}: {}", config_.vifs.size(), what));
      };
      not_given(!vif->script.empty(), "script is not given: no scripts run here");
      not_given(!vif->ip.empty(), "ip is not given: nothing here filters by address");
      not_given(!vif->gateway_device.empty(),
                "gatewaydev is not given: Dom0 bridges, and does not route");
      not_given(!vif->name.empty(),
                "vifname is not given: Dom0 names its end by domain and number");
      not_given(!vif->backend.empty() && vif->backend != "0" && vif->backend != "Domain-0",
                "backend is not given: Dom0 is the only driver domain");
      not_given(vif->bytes_per_interval != 0, "rate is not given: netback sends as fast as it can");
      not_given(vif->mtu.value_or(1500) != 1500, "mtu is not given: it is 1500");
      config_.vifs.push_back(std::move(*vif));
    }
  }

  void end(std::string_view key, EndAction& into) {
    std::string text;
    reader_.text(key, text);
    const auto* const known = std::find_if(kActions.begin(), kActions.end(),
                                           [&](EndAction a) { return name_of(a) == text; });
    if (known != kActions.end())
      into = *known;
    else if (!text.empty())
      reader_.refuse(
          line_of(key),
          fmt::format("{} {} is not known; use destroy, restart or preserve", key, text));
    if (!text.empty() && text.substr(0, 8) == "coredump")
      warn(line_of(key), fmt::format("{}: no core is dumped here; a checkpoint keeps more", key));
  }

  void ends() {
    end("on_poweroff", config_.on_poweroff);
    end("on_reboot", config_.on_reboot);
    end("on_crash", config_.on_crash);
    end("on_watchdog", config_.on_watchdog);
    end("on_soft_reset", config_.on_soft_reset);
  }

  void platform() {
    reader_.text("boot", config_.boot_order);
    if (config_.boot_order.find_first_not_of("acdn") != std::string::npos)
      reader_.refuse(line_of("boot"), fmt::format("boot {} has other letters than a, c, d and n; "
                                                  "take them out",
                                                  config_.boot_order));
    for (const Value& item : reader_.texts("serial", true))
      config_.serial.push_back(item.text);
    reader_.flag("vnc", config_.vnc);
    reader_.flag("sdl", config_.sdl);
    reader_.flag("nographic", config_.nographic);
    reader_.number("max_event_channels", 1, 0x7fffffff, config_.max_event_channels);
    if (const auto frames = reader_.number("max_grant_frames", 1, 0x7fffffff))
      config_.max_grant_frames = static_cast<unsigned>(*frames);
    if (const auto frames = reader_.number("max_maptrack_frames", 0, 0x7fffffff))
      config_.max_maptrack_frames = static_cast<unsigned>(*frames);
  }

  const std::vector<Setting>& settings_;
  const std::string& file_;
  SettingReader reader_;
  ParsedDomainConfig out_;
  DomainConfig& config_ = out_.config;
  std::vector<std::pair<unsigned, std::string>> warnings_;
};

}  // namespace

std::string_view name_of(DomainType type) {
  constexpr std::string_view kNames[] = {"pv", "pvh", "hvm"};
  return kNames[static_cast<std::size_t>(type)];
}

std::string_view name_of(EndAction action) {
  constexpr std::string_view kNames[] = {"destroy",   "restart",          "rename-restart",
                                         "preserve",  "coredump-destroy", "coredump-restart",
                                         "soft-reset"};
  return kNames[static_cast<std::size_t>(action)];
}

std::string_view name_of(DiskFormat format) {
  constexpr std::string_view kNames[] = {"raw", "qcow", "qcow2", "vhd", "qed", "empty"};
  return kNames[static_cast<std::size_t>(format)];
}

std::string format(const MacAddress& mac) {
  return fmt::format("{:02x}:{:02x}:{:02x}:{:02x}:{:02x}:{:02x}", mac[0], mac[1], mac[2], mac[3],
                     mac[4], mac[5]);
}

bool CpuList::allows(unsigned pcpu) const {
  bool allowed = terms_.empty();
  for (const Term& term : terms_) {
    if (pcpu < term.first || pcpu > term.last)
      continue;
    if (term.excluded)
      return false;
    allowed = true;
  }
  return allowed;
}

Result<ParsedDomainConfig> parse_domain_config(std::string_view text, const std::string& file) {
  const auto settings = xl::parse_settings(text, file);
  if (!settings)
    return settings.error();
  return DomainReader(*settings, file).read();
}

}  // namespace gv
