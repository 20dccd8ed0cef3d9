// SPDX-License-Identifier: MIT
//
// run_context.h - what a technique may use while it answers an exit.
//
// The machine owns these parts; a technique borrows them for one vCPU. Facts
// go to the recorder, costs to the ledger, both through here, so that the two
// cannot disagree and virtual time follows from them.
//
// Control thread only.

#pragma once

#include "engine/vcpu_engine.h"
#include "gv/event.h"
#include "gv/ledger.h"
#include "gv/machine_config.h"
#include "memory/guest_memory.h"
#include "trace/recorder.h"

#include <cstdint>
#include <string>

namespace gv {

// The machine's ports, and its end.
class MachineServices {
 public:
  virtual ~MachineServices() = default;
  virtual std::uint32_t read_port(std::uint16_t port, std::uint8_t size) = 0;
  virtual void write_port(std::uint16_t port, std::uint8_t size, std::uint32_t value) = 0;
  virtual void end_guest(GuestEnd how, std::uint32_t code) = 0;
  // The vCPU executed HLT: nothing runs until an interrupt.
  virtual void halt() = 0;
  // The guest wants what this technique cannot give it, and is stopped before it: one sentence.
  // Not the guest's fault, and not a crash.
  virtual void refuse(const std::string& why) = 0;
};

struct RunContext {
  VcpuEngine& engine;
  GuestMemory& memory;
  MachineServices& machine;
  Recorder& recorder;
  Ledger& ledger;
  const CostModel& cost;

  const std::uint64_t cycles_per_instruction = 1;  // more where each one is interpreted
  std::uint64_t emulated = 0;  // instructions that the hypervisor retired for the guest
  std::uint64_t time = 0;      // virtual cycles besides retired instructions: exits and idling

  std::uint64_t retired() const { return engine.retired() + emulated; }
  // What the CPU executed besides the guest's instructions costs time like them.
  std::uint64_t now() const { return retired() * cycles_per_instruction + engine.added() + time; }

  std::uint16_t vcpu = 0;      // whom the CPU runs now, host-wide

  std::uint64_t kinds_recorded = 0;  // a bit per event kind, since somebody last looked
  Event last_exit{};                 // the ExitTaken event recorded last

  template <class Body>
  void record(Gva rip, const Body& body) {
    kinds_recorded |= std::uint64_t{1} << EventBody(body).index();
    recorder.record(retired(), now(), rip, body, vcpu);
  }
};

}  // namespace gv
