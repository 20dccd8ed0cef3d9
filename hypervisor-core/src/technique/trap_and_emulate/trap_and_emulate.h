// SPDX-License-Identifier: MIT
//
// trap_and_emulate.h - the classical hypervisor: deprivilege, trap, emulate.
//
// All of it is in technique/deprivileged/: guest code runs where it stands, its
// privileged instructions trap, and a trap is emulated or reflected. Nothing is
// added to that here, and that is the technique.
//
// Left as it truly is: the seventeen sensitive instructions that do not trap
// on this architecture. POPF in ring 1 silently keeps IF; SGDT shows the
// hypervisor's table. A guest that depends on them fails here, as it did.
//
// Sources: Popek and Goldberg 1974; Robin and Irvine 2000; SDM vol. 3A.
// Control thread only.

#pragma once

#include "technique/deprivileged/deprivileged_guest.h"

namespace gv {

class TrapAndEmulate final : public DeprivilegedGuest {
 public:
  using DeprivilegedGuest::DeprivilegedGuest;
  TechniqueKind kind() const override { return TechniqueKind::TrapAndEmulate; }
};

}  // namespace gv
