// SPDX-License-Identifier: MIT
//
// availability.cpp - which engine and technique can be had here, and why not.

#include "gv/machine_config.h"

#include "engine/kvm/kvm_engine.h"

#include <string>

namespace gv {

Result<void> check_available(EngineKind engine, TechniqueKind technique) {
  const std::string pair = std::string(name_of(technique)) + " on " + std::string(name_of(engine));
  const auto refuse = [&](const std::string& why) {
    return Error{ErrorCode::NotAvailable, pair + " cannot be had: " + why};
  };
  if (engine == EngineKind::Kvm) {
    if (technique != TechniqueKind::HardwareAssisted) {
      return refuse("on KVM the CPU itself holds the guest; use --technique hardware-assisted");
    }
    if (const auto here = KvmEngine::check(); !here) {
      return refuse(here.error().message);
    }
    return {};
  }
  switch (technique) {
    case TechniqueKind::BareMetal:
    case TechniqueKind::TrapAndEmulate:
    case TechniqueKind::BinaryTranslation:
      return {};
    case TechniqueKind::Interpretation:
      if (engine == EngineKind::Interpreter) {
        return {};
      }
      return refuse(
          "interpretation means that the hypervisor executes each instruction itself, "
          "and Unicorn is a CPU; use --engine interpreter");
    case TechniqueKind::Paravirtual:
      return {};
    case TechniqueKind::HardwareAssisted:
      if (engine == EngineKind::Unicorn) {
        return {};  // emulated VT-x
      }
      return refuse(
          "hardware assistance is the CPU's, and this engine is our own program; use --engine kvm "
          "for the real one or --engine unicorn for emulated VT-x");
  }
  return refuse("this version has not learnt it");
}

}  // namespace gv
