// SPDX-License-Identifier: MIT
//
// vm_table.h - the order in which CloudSim walks a host's VMs when it adds them up.
//
// A quirk that reaches results: the sums run in the order of a hash table of
// the VMs' names, floating-point sums depend on their order, and on a host
// filled to the brim the last bit decides whether one more VM fits.
//
// Pure functions; any thread.
// Source: Java's documented String hash, and HashMap's doubling table.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace gv::cloudsim {

// Hash of the name that CloudSim gives the VM of this number.
std::uint32_t table_hash(int vm);

// Buckets of a table that had `buckets` and now holds `entries`.
std::size_t grown(std::size_t buckets, std::size_t entries);
inline constexpr std::size_t kFewestBuckets = 16;

// Positions in `hashes`, in the order in which a table filled from it is walked.
std::vector<std::size_t> table_order(std::span<const std::uint32_t> hashes, std::size_t buckets);

}  // namespace gv::cloudsim
