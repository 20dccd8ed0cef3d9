// SPDX-License-Identifier: MIT
//
// bare_unicorn.h - the baseline: Unicorn alone, in the mode a deprivileged guest runs in.
//
// Ring 1, 32-bit, 4 KiB pages, identity mapped; entered by an IRET. No
// hook counts, nothing can stop it exactly, nothing is decided: what is left is
// what Unicorn itself costs. With traps, the least that answers them rightly.

#pragma once

#include <cstdint>
#include <span>

struct uc_struct;

namespace gv::bench {

// How a trap is answered: each moves EIP over the instruction and clears the pending exception.
enum class TrapAnswer : std::uint8_t {
  None,        // no hook at all
  InContext,   // EIP in the saved context
  ByRegister,  // EIP by a register write after the context went back
};

// The simplest thing that counts at all: a block hook that adds one, and nothing is known by it.
enum class BlockHook : std::uint8_t { None, AddsOne };

class BareUnicorn {
 public:
  BareUnicorn(std::span<const std::uint8_t> image, TrapAnswer answer,
              BlockHook block_hook = BlockHook::None);
  ~BareUnicorn();
  BareUnicorn(const BareUnicorn&) = delete;
  BareUnicorn& operator=(const BareUnicorn&) = delete;

  // Runs the image to its end; nanoseconds of processor time, or -1 when it did not get there.
  double run();
  std::uint64_t traps() const { return traps_; }

 private:
  static void add_one(uc_struct* uc, std::uint64_t address, std::uint32_t size, void* self);
  static void answer_trap(uc_struct* uc, std::uint32_t vector, void* self);

  uc_struct* uc_ = nullptr;
  void* context_ = nullptr;
  std::uint8_t* memory_ = nullptr;
  TrapAnswer answer_;
  std::uint32_t finish_ = 0;
  std::size_t old_exception_ = 0;
  std::uint64_t traps_ = 0;
  std::uint64_t blocks_ = 0;
};

}  // namespace gv::bench
