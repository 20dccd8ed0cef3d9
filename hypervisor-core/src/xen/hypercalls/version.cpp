// SPDX-License-Identifier: MIT
//
// version.cpp - hypercall xen_version: which Xen this is, and what it offers.

#include "xen/cpuid_policy.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

#include <cstring>

namespace gv::xen {

namespace {

template <class Text>
Status give_text(Call& call, const char* text) {
  Text room{};
  std::strncpy(room, text, sizeof room - 1);
  return call.write_bytes(call.args[1], room, sizeof room) ? 0 : -XEN_EFAULT;
}

std::uint32_t features(std::uint32_t submap) {
  return submap == 0
             ? (1u << XENFEAT_mmu_pt_update_preserve_ad) | (1u << XENFEAT_pae_pgdir_above_4gb)
             : 0;
}

}  // namespace

Status xen_version(Call& call) {
  switch (call.arg32(0)) {
    case XENVER_version:
      return kXenMajor << 16 | kXenMinor;
    case XENVER_extraversion:
      return give_text<xen_extraversion_t>(call, ".0-glassvisor");
    case XENVER_compile_info: {
      ::xen_compile_info made{};
      std::strncpy(made.compiler, "C++20", sizeof made.compiler - 1);
      return call.write(call.args[1], made) ? 0 : -XEN_EFAULT;
    }
    case XENVER_capabilities:
      return give_text<xen_capabilities_info_t>(call, "xen-3.0-x86_64 xen-3.0-x86_32p ");
    case XENVER_changeset:
      return give_text<xen_changeset_info_t>(call, "");
    case XENVER_platform_parameters:
      return call.write_word(call.args[1], AddressSpace::table_start(call.domain().width))
                 ? 0
                 : -XEN_EFAULT;
    case XENVER_get_features: {
      auto asked = call.read<::xen_feature_info>(call.args[1]);
      if (!asked) {
        return -XEN_EFAULT;
      }
      asked->submap = features(asked->submap_idx);
      return call.write(call.args[1], *asked) ? 0 : -XEN_EFAULT;
    }
    case XENVER_pagesize:
      return static_cast<Status>(kPageSize);
    case XENVER_guest_handle: {
      ::xen_domain_handle_t handle{};
      handle[sizeof handle - 1] = static_cast<std::uint8_t>(call.domain().id);
      return call.write_bytes(call.args[1], handle, sizeof handle) ? 0 : -XEN_EFAULT;
    }
    case XENVER_commandline:
      return give_text<xen_commandline_t>(call, "");
    case XENVER_build_id:
      return -XEN_ENODATA;
    default:
      return -XEN_ENOSYS;
  }
}

}  // namespace gv::xen
