// SPDX-License-Identifier: MIT
//
// machine_memory.h - the RAM of one simulated host.
//
// One anonymous mapping that the engine executes from directly, so host
// pointers and guest instructions see the same bytes. Frames are handed out
// from the bottom; who owns which is the caller's knowledge (see p2m.h).
//
// Control thread only. Units: bytes and 4 KiB frames.

#pragma once

#include "gv/address.h"
#include "gv/result.h"

#include <cstdint>
#include <cstring>

namespace gv {

class MachineMemory {
 public:
  // Error: the host refuses that much memory.
  static Result<MachineMemory> create(std::uint64_t bytes);
  MachineMemory(MachineMemory&& other) noexcept;
  MachineMemory& operator=(MachineMemory&&) = delete;
  ~MachineMemory();

  std::uint64_t size() const { return size_; }
  std::uint32_t frames() const { return static_cast<std::uint32_t>(size_ / kPageSize); }
  bool contains(Mpa address, std::uint64_t bytes = 1) const {
    return address.value < size_ && bytes <= size_ - address.value;
  }
  // REQUIRES: contains(address).
  std::uint8_t* at(Mpa address) { return base_ + address.value; }
  const std::uint8_t* at(Mpa address) const { return base_ + address.value; }

  template <class T>
  T load(Mpa address) const {
    T value;
    std::memcpy(&value, at(address), sizeof value);
    return value;
  }
  template <class T>
  void store(Mpa address, T value) {
    std::memcpy(at(address), &value, sizeof value);
  }

 private:
  MachineMemory(std::uint8_t* base, std::uint64_t size) : base_(base), size_(size) {}
  std::uint8_t* base_;
  std::uint64_t size_;
};

}  // namespace gv
