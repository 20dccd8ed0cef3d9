// SPDX-License-Identifier: MIT
//
// interpreter_fuzzer.cpp - the interpreter on code from anywhere.
//
// The first input byte chooses the mode, and whether the rest is the code
// itself or the seed of a random program. Bytes must be survived and do the
// same twice; a program must do what it does on Unicorn. Unicorn is given no
// raw bytes: some of them crash it.

#include "differential/comparison.h"

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace {

void expect_nothing(const std::string& differs, const gv::RandomProgram& program) {
  if (!differs.empty()) {
    std::fprintf(stderr, "%s%s", gv::describe(program).c_str(), differs.c_str());
    std::abort();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gv;
  if (size < 9) {
    return 0;
  }
  // Nothing but code takes a CPU from one width to the other in the middle of an exit's hook.
  struct Pair {
    std::unique_ptr<ProgramRunner> interpreter = make_runner(EngineKind::Interpreter);
    std::unique_ptr<ProgramRunner> unicorn = make_runner(EngineKind::Unicorn);
  };
  static const Pair narrow, wide;
  static const auto alone = make_runner(EngineKind::Interpreter);  // its memory goes its own way
  static std::uint32_t position = 0;
  const auto mode = static_cast<ProgramMode>((data[0] >> 3) % 6);
  std::uint64_t seed = 0;
  std::memcpy(&seed, data + 1, sizeof seed);
  RandomProgram program = make_random_program(mode, seed, ++position);
  if ((data[0] & 4) != 0) {
    const Pair& pair = is_long(mode) ? wide : narrow;
    expect_nothing(differences(program, pair.interpreter->run(program), "interpreter",
                               pair.unicorn->run(program), "unicorn"),
                   program);
    return 0;
  }
  program.bytes.assign(data + 9, data + std::min<std::size_t>(size, 9 + 200));
  program.bytes.push_back(0xcd);
  program.bytes.push_back(kEndVector);
  program.undefined_at.clear();
  program.modifies_at.clear();
  program.uses_flags_then_writes_at.clear();
  const ProgramOutcome first = alone->run(program);
  expect_nothing(differences(program, first, "first", alone->run(program), "second"), program);
  return 0;
}
