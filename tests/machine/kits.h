// SPDX-License-Identifier: MIT
//
// kits.h - configs of the guest kits, and of guests that are a few bytes of a test.

#pragma once

#include "gv/machine_config.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <vector>

namespace gv {

inline constexpr TechniqueKind kTechniques[] = {
    TechniqueKind::BareMetal, TechniqueKind::BinaryTranslation, TechniqueKind::TrapAndEmulate};

// The name of a kit: "tinykernel". Its file has been built before the tests run.
inline MachineConfig config_of_kit(const std::string& name, TechniqueKind technique) {
  const std::string file = name == "bootsector" ? name + ".bin" : name + ".elf";
  auto config = config_for_image(std::string(GV_KITS) + "/" + file);
  if (!config) {
    ADD_FAILURE() << config.error().message;
    return {};
  }
  config->technique = technique;
  return std::move(*config);
}

// Code for ring 0 of a flat 32-bit machine with paging off, loaded and entered at 1 MiB.
inline MachineConfig config_of_code(std::vector<std::uint8_t> code, TechniqueKind technique) {
  MachineConfig config;
  config.image_path = "code.bin";
  config.image = std::move(code);
  config.image_kind = ImageKind::Flat;
  config.technique = technique;
  config.memory_mib = 2;
  return config;
}

// Test names may hold letters and digits only.
inline std::string identifier(TechniqueKind technique) {
  switch (technique) {
    case TechniqueKind::BareMetal:
      return "BareMetal";
    case TechniqueKind::Interpretation:
      return "Interpretation";
    case TechniqueKind::BinaryTranslation:
      return "BinaryTranslation";
    case TechniqueKind::HardwareAssisted:
      return "HardwareAssisted";
    default:
      return "TrapAndEmulate";
  }
}
inline std::string identifier(EngineKind engine) {
  return engine == EngineKind::Unicorn ? "OnUnicorn" : "OnInterpreter";
}

// Where a guest runs. The engines that every machine has; on them runs are deterministic.
struct Pair {
  EngineKind engine = EngineKind::Unicorn;
  TechniqueKind technique = TechniqueKind::BareMetal;
};
inline constexpr Pair kEveryPair[] = {{EngineKind::Unicorn, TechniqueKind::BareMetal},
                                      {EngineKind::Unicorn, TechniqueKind::TrapAndEmulate},
                                      {EngineKind::Unicorn, TechniqueKind::BinaryTranslation},
                                      {EngineKind::Interpreter, TechniqueKind::BareMetal},
                                      {EngineKind::Interpreter, TechniqueKind::TrapAndEmulate},
                                      {EngineKind::Interpreter, TechniqueKind::BinaryTranslation},
                                      {EngineKind::Interpreter, TechniqueKind::Interpretation}};
// Those of them that carry 64-bit code to the end of a guest's boot.
inline constexpr Pair kEveryLongModePair[] = {
    {EngineKind::Unicorn, TechniqueKind::BareMetal},
    {EngineKind::Unicorn, TechniqueKind::HardwareAssisted},
    {EngineKind::Interpreter, TechniqueKind::BareMetal},
    {EngineKind::Interpreter, TechniqueKind::Interpretation}};
inline std::string identifier(Pair pair) {
  return identifier(pair.technique) + identifier(pair.engine);
}
inline void PrintTo(const Pair& pair, std::ostream* out) {
  *out << name_of(pair.technique) << " on " << name_of(pair.engine);
}

}  // namespace gv
