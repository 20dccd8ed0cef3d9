// SPDX-License-Identifier: MIT
//
// interpretation.h - the hypervisor decodes and executes every instruction itself.
//
// The oldest way to run a machine inside a machine, and the simplest that is
// right: no instruction of the guest ever reaches the CPU, so none has to trap,
// and the seventeen that would not come out right all the same. The guest
// believes to be at ring 0 and nothing is hidden from it. Its memory is
// scattered over the host's: each access goes through the p2m.
//
// What that costs is not an exit but a little of every instruction: cost model,
// "interpret". So the ledger has no exits and one line, "interpreted".
//
// Which registers it has and how it takes interrupts is the guest's hardware, played as on bare
// metal; that is inherited. Needs the interpreter engine with the guest's p2m.
// Control thread only.

#pragma once

#include "technique/bare_metal/bare_metal.h"

namespace gv {

class Interpretation final : public BareMetal {
 public:
  explicit Interpretation(RunContext& context) : BareMetal(context) {}
  TechniqueKind kind() const override { return TechniqueKind::Interpretation; }
};

}  // namespace gv
