// SPDX-License-Identifier: MIT
//
// hypervisor.h - Xen on one host: its frames, its domains, and what they do to each other.
//
// Host-wide. Domains come from domain_builder.h; each vCPU is driven by a technique and reaches
// back here by hypercall (hypercall_table.h). All state is in machine memory, in the domains, and
// in save()'s bytes: going back in time takes it along.
//
// What the host itself serves, because no Dom0 does: the far ends of a domain's console ring and
// of its XenStore ring.
//
// Control thread only.

#pragma once

#include "gv/event.h"
#include "gv/ledger.h"
#include "xen/address_space.h"
#include "xen/domain.h"
#include "xen/frame_table.h"
#include "xen/page_tables.h"
#include "xen/scheduler.h"
#include "xen/xenstore/store.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace gv::xen {

// What the hypervisor tells the host it runs on.
class HypervisorHost {
 public:
  virtual ~HypervisorHost() = default;
  // Virtual nanoseconds since the host started.
  virtual Cycles now() const = 0;
  virtual void record(const EventBody& body) = 0;
  // Work that costs virtual time, by a hypercall's number.
  virtual void charge(std::uint32_t cycles) = 0;
  // A byte that a domain wrote to its console, whichever way.
  virtual void console_byte(DomainId domain, std::uint8_t byte) = 0;
  virtual void domain_shut_down(DomainId domain, ShutdownReason reason, const std::string& why) = 0;
  // Machine memory was written by the hypervisor: code there is void.
  virtual void memory_written(Mpa from, std::uint64_t bytes) = 0;
};

class Hypervisor final : private PageTableWatcher, private xenstore::DomainRings {
 public:
  // How many of a machine's frames are Xen's own, for a host with so many in all.
  static std::uint32_t own_frames(std::uint32_t machine_frames, std::uint32_t domains = 1);
  Hypervisor(MachineMemory& memory, HypervisorHost& host, Ledger& ledger, const CostModel& cost,
             SchedulerKind scheduler = SchedulerKind::Credit);
  ~Hypervisor() override;

  FrameTable& frames() { return frames_; }
  AddressSpace& address_space() { return space_; }
  PageTables& page_tables() { return tables_; }
  MachineMemory& memory() { return frames_.memory(); }
  HypervisorHost& host() { return host_; }
  Ledger& ledger() { return ledger_; }
  const CostModel& cost() const { return cost_; }
  Scheduler& scheduler() { return scheduler_; }
  const Scheduler& scheduler() const { return scheduler_; }

  Domain& add_domain(DomainId id, Width width, unsigned vcpus);
  // Null: no such domain. DOMID_SELF is the caller's to resolve.
  Domain* find(DomainId id);
  const std::vector<std::unique_ptr<Domain>>& domains() const { return domains_; }

  // The page-table roots that a vCPU runs on, as references that it holds.
  Status set_root(Vcpu& vcpu, std::uint64_t mfn);
  Status set_user_root(Vcpu& vcpu, std::uint64_t mfn);
  // Frames of the guest's own pages of a vCPU's descriptor table.
  Status set_gdt(Vcpu& vcpu, const std::vector<std::uint64_t>& frames, std::uint32_t entries);
  // A page of Xen's own that the domain may map and write: its shared page, a grant frame.
  Mfn share_page(Domain& domain);
  // False: beyond the limit, or the host is full.
  bool grow_grant_table(Domain& domain, std::uint32_t frames);
  // After a hypercall: what changed in present entries reaches the MMU.
  void flush_if_changed(Vcpu& vcpu);
  void translation_changed() override { flush_due_ = true; }

  // Makes a port pending and whoever it wakes runnable.
  void raise(Domain& domain, std::uint32_t port);
  // The guest has sent through a port of its own.
  Status send(Domain& domain, std::uint32_t port);
  void raise_virq(Domain& domain, std::uint32_t virq, std::uint32_t vcpu);

  // Console: console.cpp.
  void type(Domain& domain, std::uint8_t byte);
  void serve_console(Domain& domain);
  void console_write(Domain& domain, const std::uint8_t* bytes, std::size_t count);
  // XenStore: without a store the rings stay unanswered, as without a xenstored. The store has to
  // outlive the domains. store_service.cpp.
  void attach_store(xenstore::Store& store);
  void serve_store();

  void shut_down(Domain& domain, ShutdownReason reason, const std::string& why);
  void record(const EventBody& body) { host_.record(body); }
  void note_page_table_write();
  // Cycles of work since begin_work(): what a hypercall cost besides the call itself.
  void begin_work() { work_ = 0; }
  std::uint64_t work() const { return work_; }
  // Clocks: the shared page's wall clock and each vCPU's time.
  void start_clocks(Domain& domain);

  void save(StateWriter& out) const;
  bool restore(StateReader& in);

 private:
  // PageTableWatcher
  void entry_written(Mpa at, std::uint64_t value, int level) override;
  void use_changed(Mfn frame, DomainId owner, FrameUse use) override;
  // xenstore::DomainRings
  bool attach(DomainId domain, std::uint64_t frame, std::uint32_t port) override;
  void detach(DomainId) override {}

  HypervisorHost& host_;
  Ledger& ledger_;
  const CostModel& cost_;
  FrameTable frames_;
  AddressSpace space_;
  PageTables tables_;
  Scheduler scheduler_;
  bool flush_due_ = false;
  std::uint64_t work_ = 0;
  std::vector<std::unique_ptr<Domain>> domains_;
  xenstore::Store* store_ = nullptr;
};

}  // namespace gv::xen
