// SPDX-License-Identifier: MIT
//
// hypercall_bench.h - a paravirtual domain that stands still, whose hypercalls a test makes.
//
// The machine is a real one: the domain builder's tables, Xen's checks, an engine whose registers
// carry the call. Only the guest's own instructions are missing; what they would write into
// memory and registers, the test writes.

#pragma once

#include "machine/machine.h"
#include "xen/call.h"
#include "xen/public_headers.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

namespace gv::xen {

// An ELF file with notes for Xen and one page of code, entered at its start.
std::vector<std::uint8_t> tiny_kernel(Width width);

class HypercallBench {
 public:
  explicit HypercallBench(Width width);

  Machine& machine() { return *machine_; }
  Hypervisor& xen() { return *machine_->xen(); }
  Domain& domain() { return *xen().domains()[0]; }
  Vcpu& vcpu() { return *domain().vcpus[0]; }
  FrameTable& frames() { return xen().frames(); }
  bool wide() const { return wide_; }

  Status call(unsigned number, std::initializer_list<std::uint64_t> arguments);
  // With a structure that is put where the last argument points. What Xen wrote back is in it.
  template <class T>
  Status call_with(unsigned number, std::initializer_list<std::uint64_t> arguments, T& in_out) {
    put(kScratch, &in_out, sizeof in_out);
    std::vector<std::uint64_t> all(arguments);
    all.push_back(kScratch);
    const Status status = call_all(number, all);
    get(kScratch, &in_out, sizeof in_out);
    return status;
  }
  Status mmu_update(std::uint64_t pointer, std::uint64_t value, std::uint32_t domains = DOMID_SELF);
  Status mmuext(std::uint32_t command, std::uint64_t first, std::uint64_t second = 0);
  Status map(std::uint64_t address, std::uint64_t entry);

  void put(std::uint64_t address, const void* from, std::size_t bytes);
  void get(std::uint64_t address, void* to, std::size_t bytes);
  // The guest's frames by their number in its own memory, and back.
  Mfn mfn(std::uint64_t pfn);
  static std::uint64_t va(std::uint64_t pfn) { return pfn * kPageSize; }
  // The table of a level that maps an address, and the machine address of the entry in it.
  Mfn table(int level, std::uint64_t address);
  Mpa entry(int level, std::uint64_t address);
  std::uint64_t entry_value(int level, std::uint64_t address);
  Mfn root() { return frame_of(vcpu().guest().cpu().kernel_root); }
  // Pages of the guest that nothing was built in.
  std::uint64_t spare(unsigned i) const { return kFirstSpare + i; }
  // What a hostile call must leave alone: all of memory, and all that Xen keeps elsewhere.
  std::uint64_t fingerprint();

  static constexpr std::uint64_t kScratch = 0x200000;  // page 512: mapped, and nobody's
  static constexpr std::uint64_t kFirstSpare = 600;

 private:
  Status call_all(unsigned number, const std::vector<std::uint64_t>& arguments);
  bool wide_;
  std::unique_ptr<Machine> machine_;
};

}  // namespace gv::xen
