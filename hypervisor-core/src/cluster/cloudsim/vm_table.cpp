// SPDX-License-Identifier: MIT
//
// vm_table.cpp - buckets by hash, and in a bucket the order of arrival.

#include "cluster/cloudsim/vm_table.h"

#include <algorithm>
#include <numeric>
#include <string>

namespace gv::cloudsim {

std::uint32_t table_hash(int vm) {
  std::uint32_t hash = 0;
  for (const char c : "2-" + std::to_string(vm))  // the owner is entity number 2
    hash = hash * 31 + static_cast<unsigned char>(c);
  return hash ^ (hash >> 16);
}

std::size_t grown(std::size_t buckets, std::size_t entries) {
  while (entries * 4 > buckets * 3)
    buckets *= 2;
  return buckets;
}

std::vector<std::size_t> table_order(std::span<const std::uint32_t> hashes, std::size_t buckets) {
  std::vector<std::size_t> order(hashes.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return (hashes[a] & (buckets - 1)) < (hashes[b] & (buckets - 1));
  });
  return order;
}

}  // namespace gv::cloudsim
