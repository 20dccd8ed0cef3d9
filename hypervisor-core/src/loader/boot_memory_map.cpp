// SPDX-License-Identifier: MIT

#include "loader/boot_memory_map.h"

#include "loader/image.h"

namespace gv {

std::vector<MemoryRange> boot_memory_map(std::uint64_t memory_bytes) {
  constexpr std::uint64_t kVideo = 0xa0000, kBios = 0xf0000;
  std::vector<MemoryRange> map = {{0, kLowMemoryEnd, MemoryUse::Available},
                                  {kLowMemoryEnd, kVideo - kLowMemoryEnd, MemoryUse::Reserved},
                                  {kBios, kOneMiB - kBios, MemoryUse::Reserved}};
  if (memory_bytes > kOneMiB) {
    map.push_back({kOneMiB, memory_bytes - kOneMiB, MemoryUse::Available});
  }
  return map;
}

}  // namespace gv
