// SPDX-License-Identifier: MIT
//
// domain_config.h - a domain as an xl configuration file describes it.
//
// All that can be had here is a typed field. What xl knows and this lab does
// not have is named in a warning; what xl does not know is an error. Paths are
// as written: whether the files are there is for whoever creates the domain.
//
// Source: xl.cfg(5), xl-disk-configuration(5), xl-network-configuration(5) of
// Xen 4.17. Threads: values.

#pragma once

#include "gv/result.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

enum class DomainType : std::uint8_t { Pv, Pvh, Hvm };
std::string_view name_of(DomainType type);

// What becomes of a domain that ends.
enum class EndAction : std::uint8_t {
  Destroy,
  Restart,
  RenameRestart,
  Preserve,
  CoredumpDestroy,
  CoredumpRestart,
  SoftReset,
};
std::string_view name_of(EndAction action);

enum class DiskFormat : std::uint8_t { Raw, Qcow, Qcow2, Vhd, Qed, Empty };
std::string_view name_of(DiskFormat format);

struct DiskConfig {
  std::string target;  // a path; empty for a drive without a medium
  DiskFormat format = DiskFormat::Raw;
  std::string vdev;  // "xvda", as the guest calls it
  bool writable = true;
  bool cdrom = false;
  std::string backend;       // a domain's name; empty: Dom0
  std::string backend_type;  // phy, qdisk, standalone; empty: whichever fits
  std::string script;
  bool direct_io_safe = false;
  std::optional<bool> discard;
  bool trusted = true;
};

using MacAddress = std::array<std::uint8_t, 6>;
std::string format(const MacAddress& mac);

struct VifConfig {
  std::optional<MacAddress> mac;  // none: the toolstack makes one up
  std::string bridge;             // empty: the default one
  std::string model;              // of the emulated card, for HVM
  bool emulated = true;           // for HVM: an emulated card beside the paravirtual one
  std::string backend;            // a domain's name; empty: Dom0
  std::string ip, script, name, gateway_device;
  // Outgoing traffic; 0: no limit.
  std::uint64_t bytes_per_interval = 0;
  std::uint32_t interval_microseconds = 0;
  std::optional<unsigned> device_number;
  std::optional<unsigned> mtu;
  bool trusted = true;
};

// Which pCPUs a vCPU may run on, as terms that add or, with ^, take away.
class CpuList {
 public:
  struct Term {
    unsigned first = 0, last = 0;
    bool excluded = false;
    bool operator==(const Term&) const = default;
  };
  explicit CpuList(std::vector<Term> terms = {}) : terms_(std::move(terms)) {}
  bool allows(unsigned pcpu) const;
  const std::vector<Term>& terms() const { return terms_; }
  bool operator==(const CpuList&) const = default;

 private:
  std::vector<Term> terms_;  // an exclusion counts wherever it stands
};

struct DomainConfig {
  std::string name;
  DomainType type = DomainType::Pv;
  std::string uuid;  // lower case with hyphens; empty: the toolstack makes one up

  std::string kernel, ramdisk, command_line;
  std::uint64_t memory_mib = 32;  // libxl's default, too
  std::uint64_t max_memory_mib = 32;

  unsigned vcpus = 1, max_vcpus = 1;
  std::vector<CpuList> pinning;  // by vCPU; the last one is for those beyond; empty: anywhere
  unsigned cpu_weight = 256;
  unsigned cap_percent = 0;  // of one pCPU; 0: none

  std::vector<DiskConfig> disks;
  std::vector<VifConfig> vifs;

  EndAction on_poweroff = EndAction::Destroy;
  EndAction on_reboot = EndAction::Restart;
  EndAction on_crash = EndAction::Destroy;
  EndAction on_watchdog = EndAction::Destroy;
  EndAction on_soft_reset = EndAction::SoftReset;

  std::string boot_order = "cd";    // HVM: c disk, d CD-ROM, n network, a floppy
  std::vector<std::string> serial;  // HVM: where each serial line goes, "pty" for example
  bool vnc = false, sdl = false, nographic = false;
  unsigned max_event_channels = 1023;
  std::optional<unsigned> max_grant_frames, max_maptrack_frames;
};

struct ParsedDomainConfig {
  DomainConfig config;
  std::vector<std::string> warnings;  // one sentence each, with file and line
};

// Error: file, line, one sentence and the mend. `file` is only named.
Result<ParsedDomainConfig> parse_domain_config(std::string_view text, const std::string& file);

}  // namespace gv
