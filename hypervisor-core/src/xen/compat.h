// SPDX-License-Identifier: MIT
//
// compat.h - arguments of a 32-bit guest's hypercalls that have another layout than a 64-bit one's.
//
// Xen's public headers give only some of a foreign width's structures; these are the others that
// we read. A guest's long and pointer have 32 bits here, and 64-bit fields are aligned to four
// bytes. tests/xen/compat_test.cpp holds the sizes to what a 32-bit compiler makes of the headers.

#pragma once

#include <cstdint>

namespace gv::xen::compat {

#pragma pack(push, 4)

struct multicall_entry {
  std::uint32_t op, result, args[6];
};
struct mmuext_op {
  std::uint32_t cmd, arg1, arg2;
};
struct callback_register {
  std::uint16_t type, flags;
  std::uint32_t cs, eip;
};
struct callback_unregister {
  std::uint16_t type, _unused;
};
struct gnttab_setup_table {
  std::uint16_t dom;
  std::uint32_t nr_frames;
  std::int16_t status;
  std::uint32_t frame_list;
};
struct gnttab_copy_ptr {
  std::uint32_t u;
  std::uint16_t domid, offset;
};
struct gnttab_copy {
  gnttab_copy_ptr source, dest;
  std::uint16_t len, flags;
  std::int16_t status;
};
struct xen_memory_reservation {
  std::uint32_t extent_start, nr_extents, extent_order, mem_flags;
  std::uint16_t domid;
};
struct xen_machphys_mapping {
  std::uint32_t v_start, v_end, max_mfn;
};
struct sched_poll {
  std::uint32_t ports, nr_ports;
  std::uint64_t timeout;
};
struct vcpu_register_vcpu_info {
  std::uint64_t mfn;
  std::uint32_t offset, rsvd;
};

#pragma pack(pop)

static_assert(sizeof(multicall_entry) == 32 && sizeof(mmuext_op) == 12);
static_assert(sizeof(callback_register) == 12 && sizeof(gnttab_setup_table) == 16);
static_assert(sizeof(gnttab_copy) == 24 && sizeof(xen_memory_reservation) == 20);
static_assert(sizeof(sched_poll) == 16);

}  // namespace gv::xen::compat
