// SPDX-License-Identifier: MIT

#include "xen/xl/known_keys.h"

#include <algorithm>
#include <vector>

namespace gv::xl {

namespace {

constexpr std::string_view kGiven;
constexpr std::string_view kPassThrough = "this lab has no real devices to pass through";
constexpr std::string_view kOneNode = "this lab's hosts are one NUMA node and one CPU pool";
constexpr std::string_view kBoot =
    "a domain boots the kernel it names, without a boot loader in Dom0";
constexpr std::string_view kFirmware = "an HVM domain starts with this lab's own BIOS";
constexpr std::string_view kPlatform = "an HVM domain's platform is fixed: PIC, PIT, CMOS, no ACPI";
constexpr std::string_view kProcessor = "the processor's features are those of the engine";
constexpr std::string_view kPaging = "the technique decides how memory is virtualized";
constexpr std::string_view kTime = "a domain's time is the host's virtual time";
constexpr std::string_view kDeviceModel = "the device model is part of this lab, and Dom0's";
constexpr std::string_view kGraphics = "an HVM domain has a VGA text screen";
constexpr std::string_view kDisplay =
    "the workbench shows the screen; there is no server to set up";
constexpr std::string_view kDevices = "Dom0 has no back-end for this kind of device";
constexpr std::string_view kSecurity = "no security labels are in use here";
constexpr std::string_view kArm = "it is for Arm, and this host is an x86";
constexpr std::string_view kShim = "PV domains run as they are, without a shim around them";
constexpr std::string_view kTrace = "no processor tracing is here";
constexpr std::string_view kLimits = "version 1 is what there is";

constexpr KnownKey kKeys[] = {
    {"name", kGiven},
    {"type", kGiven},
    {"builder", kGiven},
    {"uuid", kGiven},
    {"kernel", kGiven},
    {"ramdisk", kGiven},
    {"cmdline", kGiven},
    {"root", kGiven},
    {"extra", kGiven},
    {"memory", kGiven},
    {"maxmem", kGiven},
    {"vcpus", kGiven},
    {"maxvcpus", kGiven},
    {"cpus", kGiven},
    {"cpu_weight", kGiven},
    {"cap", kGiven},
    {"disk", kGiven},
    {"vif", kGiven},
    {"on_poweroff", kGiven},
    {"on_reboot", kGiven},
    {"on_crash", kGiven},
    {"on_watchdog", kGiven},
    {"on_soft_reset", kGiven},
    {"boot", kGiven},
    {"serial", kGiven},
    {"vnc", kGiven},
    {"sdl", kGiven},
    {"nographic", kGiven},
    {"max_event_channels", kGiven},
    {"max_grant_frames", kGiven},
    {"max_maptrack_frames", kGiven},

    {"pool", kOneNode},
    {"vnuma", kOneNode},
    {"cpus_soft", "only hard pinning is here; use cpus"},
    {"period", "the credit scheduler has weight and cap"},
    {"slice", "the credit scheduler has weight and cap"},
    {"latency", "the credit scheduler has weight and cap"},
    {"extratime", "the credit scheduler has weight and cap"},

    {"bootloader", kBoot},
    {"bootloader_args", kBoot},
    {"firmware", kFirmware},
    {"bios", kFirmware},
    {"bios_path_override", kFirmware},
    {"firmware_override", kFirmware},
    {"hvmloader", kFirmware},
    {"acpi_firmware", kFirmware},
    {"smbios_firmware", kFirmware},
    {"pvshim", kShim},
    {"pvshim_path", kShim},
    {"pvshim_cmdline", kShim},
    {"pvshim_extra", kShim},

    {"acpi", kPlatform},
    {"acpi_s3", kPlatform},
    {"acpi_s4", kPlatform},
    {"acpi_laptop_slate", kPlatform},
    {"apic", kPlatform},
    {"hpet", kPlatform},
    {"mmio_hole", kPlatform},
    {"ms_vm_genid", kPlatform},
    {"xen_platform_pci", kPlatform},
    {"vendor_device", kPlatform},
    {"viridian", kPlatform},
    {"hdtype", kPlatform},
    {"e820_host", kPlatform},
    {"driver_domain", "Dom0 is the only driver domain"},

    {"pae", kProcessor},
    {"nx", kProcessor},
    {"cpuid", kProcessor},
    {"nestedhvm", kProcessor},
    {"mca_caps", kProcessor},
    {"msr_relaxed", kProcessor},
    {"vpmu", kProcessor},
    {"altp2m", kPaging},
    {"altp2mhvm", kPaging},
    {"hap", kPaging},
    {"oos", kPaging},
    {"shadow_memory", kPaging},

    {"tsc_mode", kTime},
    {"localtime", kTime},
    {"rtc_timeoffset", kTime},
    {"vpt_align", kTime},
    {"timer_mode", kTime},
    {"vmtrace_buf_kb", kTrace},
    {"max_grant_version", kLimits},
    {"nomigrate", "every domain can be migrated"},
    {"xend_suspend_evtchn_compat", "xend is history"},

    {"pci", kPassThrough},
    {"pci_permissive", kPassThrough},
    {"pci_msitranslate", kPassThrough},
    {"pci_seize", kPassThrough},
    {"pci_power_mgmt", kPassThrough},
    {"gfx_passthru", kPassThrough},
    {"rdm", kPassThrough},
    {"rdm_mem_boundary", kPassThrough},
    {"dtdev", kPassThrough},
    {"ioports", kPassThrough},
    {"iomem", kPassThrough},
    {"irqs", kPassThrough},
    {"passthrough", kPassThrough},
    {"usbctrl", kPassThrough},
    {"usbdev", kPassThrough},

    {"vtpm", kDevices},
    {"p9", kDevices},
    {"pvcalls", kDevices},
    {"vfb", kDevices},
    {"channel", kDevices},
    {"vdispl", kDevices},
    {"vsnd", kDevices},
    {"vkb", kDevices},
    {"vif2", kDevices},

    {"videoram", kGraphics},
    {"stdvga", kGraphics},
    {"vga", kGraphics},
    {"soundhw", kGraphics},
    {"usb", kGraphics},
    {"usbversion", kGraphics},
    {"usbdevice", kGraphics},
    {"vkb_device", kGraphics},
    {"keymap", kDisplay},
    {"opengl", kDisplay},
    {"vnclisten", kDisplay},
    {"vncdisplay", kDisplay},
    {"vncunused", kDisplay},
    {"vncpasswd", kDisplay},
    {"vncviewer", kDisplay},
    {"display", kDisplay},
    {"xauthority", kDisplay},
    {"spice", kDisplay},
    {"spicehost", kDisplay},
    {"spiceport", kDisplay},
    {"spicetls_port", kDisplay},
    {"spicedisable_ticketing", kDisplay},
    {"spicepasswd", kDisplay},
    {"spiceagent_mouse", kDisplay},
    {"spicevdagent", kDisplay},
    {"spice_clipboard_sharing", kDisplay},
    {"spiceusbredirection", kDisplay},
    {"spice_image_compression", kDisplay},
    {"spice_streaming_video", kDisplay},

    {"device_model", kDeviceModel},
    {"device_model_version", kDeviceModel},
    {"device_model_override", kDeviceModel},
    {"device_model_user", kDeviceModel},
    {"device_model_args", kDeviceModel},
    {"device_model_args_pv", kDeviceModel},
    {"device_model_args_hvm", kDeviceModel},
    {"device_model_stubdomain_override", kDeviceModel},
    {"device_model_stubdomain_seclabel", kDeviceModel},
    {"dm_restrict", kDeviceModel},
    {"stubdomain_kernel", kDeviceModel},
    {"stubdomain_cmdline", kDeviceModel},
    {"stubdomain_ramdisk", kDeviceModel},
    {"stubdomain_memory", kDeviceModel},

    {"seclabel", kSecurity},
    {"init_seclabel", kSecurity},
    {"device_tree", kArm},
    {"tee", kArm},
    {"gic_version", kArm},
    {"vuart", kArm},
};

// Levenshtein's distance, by rows.
std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, changed});
    }
  }
  return row[b.size()];
}

}  // namespace

const KnownKey* find_key(std::string_view key) {
  const auto* const found = std::find_if(std::begin(kKeys), std::end(kKeys),
                                         [&](const KnownKey& known) { return known.key == key; });
  return found == std::end(kKeys) ? nullptr : found;
}

std::string_view nearest_key(std::string_view key) {
  std::string_view nearest;
  std::size_t best = key.size() < 40 ? key.size() / 3 + 2 : 0;
  for (const KnownKey& known : kKeys) {
    if (const std::size_t far = best == 0 ? 1 : distance(key, known.key); far < best)
      best = far, nearest = known.key;
  }
  return nearest;
}

}  // namespace gv::xl
