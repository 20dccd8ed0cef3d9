// SPDX-License-Identifier: MIT
//
// kvm_host.h - this machine's KVM: whether it can be used, and what it can do.
//
// KVM runs on VT-x and AMD-V, and there are kernels that offer the same
// interface by emulating ring 0. Those refuse 32-bit paging; whether this one
// does is found out by asking it, once per process.
//
// Any thread.

#pragma once

#include "engine/kvm/file_descriptor.h"
#include "gv/result.h"

#include <string>

namespace gv {

struct KvmAbilities {
  // CR0.PG without EFER.LME holds. False: an emulating KVM; ring 0 runs about a thousand times
  // slower than on hardware.
  bool legacy_paging = false;
  // After a port write's exit RIP is behind the instruction. It depends on how KVM got there.
  bool port_write_advances = false;
};

class KvmHost {
 public:
  // Error: one sentence that says why there is no KVM here, and the mend.
  static Result<KvmHost> open();
  static Result<KvmAbilities> abilities();

  int device() const { return device_.get(); }
  Result<FileDescriptor> create_machine() const;

 private:
  explicit KvmHost(FileDescriptor device) : device_(std::move(device)) {}
  FileDescriptor device_;
};

// "what: why errno says it failed".
Error kvm_error(const std::string& what);

}  // namespace gv
