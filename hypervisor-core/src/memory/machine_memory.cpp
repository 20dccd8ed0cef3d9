// SPDX-License-Identifier: MIT

#include "memory/machine_memory.h"

#include <sys/mman.h>

#include <string>
#include <utility>

namespace gv {

Result<MachineMemory> MachineMemory::create(std::uint64_t bytes) {
  void* base = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (base == MAP_FAILED) {
    return Error{ErrorCode::InvalidInput,
                 "cannot reserve " + std::to_string(bytes >> 20) +
                     " MiB for the machine's memory; choose less with --memory"};
  }
  return MachineMemory(static_cast<std::uint8_t*>(base), bytes);
}

MachineMemory::MachineMemory(MachineMemory&& other) noexcept
    : base_(std::exchange(other.base_, nullptr)), size_(std::exchange(other.size_, 0)) {}

MachineMemory::~MachineMemory() {
  if (base_ != nullptr) {
    munmap(base_, size_);
  }
}

}  // namespace gv
