// SPDX-License-Identifier: MIT
//
// machine_config.h - what a machine is made of, as data.
//
// Everything that a run depends on is here: on a deterministic engine the same
// config and the same inputs give the same events, byte for byte.

#pragma once

#include "gv/domain_config.h"
#include "gv/execution_controls.h"
#include "gv/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gv {

enum class EngineKind : std::uint8_t { Unicorn, Kvm, Interpreter };
enum class TechniqueKind : std::uint8_t {
  BareMetal,
  Interpretation,
  TrapAndEmulate,
  BinaryTranslation,
  Paravirtual,
  HardwareAssisted,
};

// What a pair is called where it is shown: "hardware-assisted on unicorn (emulated VT-x)".
std::string title_of(EngineKind engine, TechniqueKind technique);

std::string_view name_of(EngineKind engine);        // "unicorn"
std::string_view name_of(TechniqueKind technique);  // "trap-and-emulate"
Result<EngineKind> engine_from_name(std::string_view name);
Result<TechniqueKind> technique_from_name(std::string_view name);
std::string engine_names();  // "unicorn, kvm or interpreter"; not every pair can be had
std::string technique_names();
// Whether the pair can be had in this program on this machine; the error is the sentence why not.
Result<void> check_available(EngineKind engine, TechniqueKind technique);

enum class ImageKind : std::uint8_t { Auto, Multiboot, Elf32, Flat, BootSector, BzImage };

// As which kind of Xen guest an image with Xen's notes starts. Auto: as its notes say.
enum class GuestType : std::uint8_t { Auto, Pv, Pvh };
std::string_view name_of(GuestType type);  // "pv"
Result<GuestType> guest_type_from_name(std::string_view name);

// Virtual cycles that hypervisor work costs. The numbers and their sources: cost_model.json in
// hypervisor-core; a test keeps the two equal.
struct CostModel {
  std::uint32_t exit_and_entry = 900;      // the trap into the hypervisor and the return
  std::uint32_t decode_and_emulate = 600;  // one privileged instruction
  std::uint32_t reflect = 800;             // building the guest's exception frame
  std::uint32_t shadow_fill = 700;         // two walks and one shadow entry
  std::uint32_t shadow_flush = 500;
  std::uint32_t device_access = 200;  // a device model, without the exit
  std::uint32_t interrupt = 800;      // delivering a virtual interrupt
  std::uint32_t interpret = 12;       // one instruction executed in software, besides its own cycle
  std::uint32_t callout = 16;         // from translated code into the hypervisor and back
  std::uint32_t translate = 300;      // one guest instruction
  std::uint32_t find_translation = 100;
  std::uint32_t hypercall = 300;         // into the hypervisor by SYSCALL or INT and back
  std::uint32_t page_table_write = 150;  // checking one entry of a guest's page table
  bool operator==(const CostModel&) const = default;
};

enum class TracePolicy : std::uint8_t {
  Off,      // ledger only
  Bounded,  // keep the newest events; a gap is recorded as EventsLost
  Keep,     // keep everything
};

// A domain of a Xen host, its files read.
struct HostDomain {
  DomainConfig config;
  std::vector<std::uint8_t> kernel, ramdisk;
  bool privileged = false;  // Dom0
};

enum class SchedulerKind : std::uint8_t { Credit, RoundRobin };

struct MachineConfig {
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::TrapAndEmulate;
  std::string image_path;  // for messages; the bytes are in `image`
  std::vector<std::uint8_t> image;
  ImageKind image_kind = ImageKind::Auto;
  GuestType guest_type = GuestType::Auto;
  std::string command_line;              // multiboot, bzImage, Xen
  std::vector<std::uint8_t> initrd;      // Xen
  std::optional<std::string> disk_path;  // BIOS disk; default: the boot-sector image itself
  std::uint64_t memory_mib = 32;         // guest memory: 1 to 2048
  // A Xen host: domains by their numbers, Dom0 first if there is one. Then `image` and what goes
  // with it are not looked at. Empty: `image` alone, as a domain of its own under Xen.
  std::vector<HostDomain> domains;
  SchedulerKind scheduler = SchedulerKind::Credit;
  std::uint64_t seed = 0;
  CostModel cost{};
  ExecutionControls controls{};  // hardware assistance on unicorn
  TracePolicy trace = TracePolicy::Keep;
  std::uint64_t bounded_events = 1 << 20;
  bool time_travel = true;  // keep checkpoints
  // Of code; binary translation alone has it. When full, it is emptied.
  std::uint32_t translation_cache_bytes = 256 << 10;
};

// What a guest is run with when nobody says: paravirtual for an image with Xen's notes.
TechniqueKind default_technique(const MachineConfig& config);

// Reads the file into a config's image. Error: one sentence that names the path and the mend.
Result<MachineConfig> config_for_image(const std::string& path);

}  // namespace gv
