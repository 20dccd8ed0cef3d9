// SPDX-License-Identifier: MIT
//
// domain.h - one virtual machine as Xen keeps it: its frames, ports, grants, rings and vCPUs.
//
// A value with its vCPUs, made by domain_builder.h and owned by the Hypervisor. What a guest sees
// of it lies in machine memory: the shared page, the grant table, the rings.
//
// Control thread only.

#pragma once

#include "xen/address_space.h"
#include "xen/event_channels.h"
#include "xen/grants.h"
#include "xen/identity.h"
#include "xen/page_tables.h"
#include "xen/twin_console.h"
#include "xen/virtual_cpu.h"

#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace gv::xen {

// A page that guest and backend share, and the port that goes with it.
struct Ring {
  Mfn frame;
  std::uint32_t port = 0;
};

struct Domain {
  DomainId id = 0;
  Width width = Width::Bits64;
  bool privileged = false;  // Dom0
  bool paused = false;      // by the toolstack
  DomainSlots slots;
  Mfn shared_info;
  std::uint32_t pages = 0, most_pages = 0;  // frames that are its own
  EventChannels channels;
  GrantTable grants;
  Ring console, store;
  std::deque<std::uint8_t> console_input;  // what waits for room in the ring
  TwinConsole twin_console;
  std::uint64_t table_generation = 0;  // see HypercallService
  std::uint64_t assists = 0;           // VMASST_TYPE_… bits
  std::optional<ShutdownReason> shutdown;
  std::vector<std::unique_ptr<Vcpu>> vcpus;

  TableOwner owner() const { return {id, width, slots}; }
  // Its vCPUs may have the CPU.
  bool runs() const { return !paused && !shutdown; }
  bool wide() const { return width == Width::Bits64; }
  void save(StateWriter& out) const;
  void restore(StateReader& in);
};

}  // namespace gv::xen
