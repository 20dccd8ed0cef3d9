// SPDX-License-Identifier: MIT
//
// domain_builder.h - makes a domain that stands at its kernel's first instruction.
//
// Gives it frames from the host's top, lays kernel, ramdisk, start-of-day page, rings, page
// tables and a stack into them as Xen's toolstack does, and has Xen check the tables. A guest
// relies on that order and on nothing else:
//
//   kernel | ramdisk | p2m list | start_info | XenStore ring | console ring | page tables |
//   boot stack | room up to a 4 MiB boundary
//
// Everything is mapped from the kernel's virtual base up, the tables read-only.
//
// Source: Xen's public header xen.h, "Start-of-day memory layout". Control thread only.

#pragma once

#include "gv/machine_config.h"
#include "gv/registers.h"
#include "gv/result.h"
#include "xen/hypervisor.h"
#include "xen/kernel_image.h"

namespace gv::xen {

struct BuiltDomain {
  Domain* domain = nullptr;
  RegisterFile entry;                // of vCPU 0
  paravirtual::VirtualCpuState cpu;  // of vCPU 0
};

// What the domain may do and has, besides what its image and command line say.
struct DomainRole {
  bool privileged = false;  // Dom0
  unsigned vcpus = 1;       // the first runs, the others wait to be started
};

// A domain of config.memory_mib MiB. Error: the image or its wishes do not fit.
Result<BuiltDomain> build_pv_domain(Hypervisor& xen, DomainId id, const MachineConfig& config,
                                    const KernelImage& image, DomainRole role = {});

}  // namespace gv::xen
