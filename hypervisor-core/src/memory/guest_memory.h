// SPDX-License-Identifier: MIT
//
// guest_memory.h - a guest's physical memory: machine memory seen through its p2m.
//
// Everything that touches guest-physical bytes (walkers, loaders, devices,
// reflection) goes through here, so that a frame the guest does not own can
// not be reached. Accesses outside the guest's memory read as ones and drop
// writes, as an empty bus does.
//
// Control thread only.

#pragma once

#include "gv/address.h"
#include "memory/machine_memory.h"
#include "memory/memory_watch.h"
#include "memory/p2m.h"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace gv {

class GuestMemory {
 public:
  GuestMemory(MachineMemory& machine, P2m p2m) : machine_(machine), p2m_(std::move(p2m)) {}

  std::uint64_t size() const { return std::uint64_t{p2m_.guest_frames()} * kPageSize; }
  const P2m& p2m() const { return p2m_; }
  MachineMemory& machine() { return machine_; }
  const MachineMemory& machine() const { return machine_; }

  std::optional<Mpa> translate(Gpa address) const;
  // The frame's bytes, or null outside guest memory. Valid until the session ends.
  std::uint8_t* frame(Gfn gfn);
  const std::uint8_t* frame(Gfn gfn) const;

  void read(Gpa address, void* out, std::size_t bytes) const;
  void write(Gpa address, const void* from, std::size_t bytes);

  // Write for the guest: a device's or an emulated instruction's, which a watch may wait for.
  void write_for_guest(Gpa address, const void* from, std::size_t bytes) {
    if (!watch_.ranges().empty()) {
      note_write(address, bytes);
    }
    write(address, from, bytes);
  }
  MemoryWatch& watch() { return watch_; }

  template <class T>
  T load(Gpa address) const {
    T value{};
    read(address, &value, sizeof value);
    return value;
  }
  template <class T>
  void store(Gpa address, T value) {
    write(address, &value, sizeof value);
  }

 private:
  void note_write(Gpa address, std::size_t bytes);

  MachineMemory& machine_;
  P2m p2m_;
  MemoryWatch watch_;  // its touches carry no counts: the run loop knows when
};

}  // namespace gv
