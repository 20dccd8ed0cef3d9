// SPDX-License-Identifier: MIT

#include "machine/engines.h"

#include "engine/interpreter/interpreter_engine.h"
#include "engine/kvm/kvm_engine.h"
#include "engine/unicorn_engine.h"

namespace gv {

Result<std::unique_ptr<VcpuEngine>> create_engine(const MachineConfig& config, GuestMemory& guest) {
  MachineMemory& memory = guest.machine();
  const auto as_engine = [](auto created) -> Result<std::unique_ptr<VcpuEngine>> {
    if (!created) {
      return created.error();
    }
    return std::unique_ptr<VcpuEngine>(std::move(*created));
  };
  switch (config.engine) {
    case EngineKind::Interpreter: {
      // Interpreting, the hypervisor finds the guest's memory through the p2m, access by access.
      P2m seen = config.technique == TechniqueKind::Interpretation ? guest.p2m()
                                                                   : P2m::identity(memory.frames());
      return std::unique_ptr<VcpuEngine>(
          std::make_unique<InterpreterEngine>(memory, std::move(seen)));
    }
    case EngineKind::Kvm:
      return as_engine(KvmEngine::create(memory));
    case EngineKind::Unicorn:
      break;
  }
  return as_engine(UnicornEngine::create(memory));
}

}  // namespace gv
