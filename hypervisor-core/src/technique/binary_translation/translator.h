// SPDX-License-Identifier: MIT
//
// translator.h - guest kernel code in, code for the cache out: one unit at a time.
//
// Analyse, replace, emit. A unit is at most twelve instructions that stand one
// after the other in one page. Each is copied (IDENT), replaced by a sequence
// that works on the virtual CPU's shared words (rewritten), or by an INT that
// calls the hypervisor (callout). What the guest can see is what it would have
// seen: return addresses are its own, flags change as its instructions change
// them, registers that a sequence borrows are given back.
//
// Three rules make faults and stops exact. A sequence saves what it borrows
// before anything can fault, and commits to the guest's state only after
// everything that can. Its last instruction, and no other, retires the guest's.
//
// Pure: bytes to bytes. Where things are is told by Surroundings.
//
// Source: Adams and Agesen, "A Comparison of Software and Hardware Techniques
// for x86 Virtualization", ASPLOS 2006, section 3.

#pragma once

#include "gv/translation_cache.h"
#include "x86/decode.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace gv {

inline constexpr int kUnitInstructions = 12;
inline constexpr std::size_t kUnitGuestBytes = kUnitInstructions * x86::kLongestInstruction;

// Vectors of the INTs that only translated code executes.
namespace cache_call {
inline constexpr std::uint8_t kCallout = 0xf0;  // the guest's instruction needs the hypervisor
inline constexpr std::uint8_t kStub = 0xf1;     // a branch that is not linked yet
inline constexpr std::uint8_t kMiss = 0xf2;     // an indirect branch; its target is in ECX
inline constexpr std::uint8_t kCheck = 0xf3;    // is the guest's code still what was translated?
inline constexpr std::uint32_t kBytes = 2;      // of each INT
}  // namespace cache_call

// What stands at one address of a unit.
struct Place {
  static constexpr std::uint8_t kRetires = 1, kFirst = 2, kInterruptible = 4;
  static constexpr int kTreatmentShift = 4;
  std::uint32_t guest = 0;   // the guest's instruction that it belongs to
  std::uint16_t offset = 0;  // from the unit's beginning in the cache
  std::uint8_t flags = 0;
  std::uint8_t saved = 0;  // a bit per general register: it is in SharedCpu::saved
  Treatment treatment() const { return static_cast<Treatment>(flags >> kTreatmentShift); }
};

struct Draft {
  std::uint32_t guest = 0;
  std::uint32_t entry = 0;  // in the cache; before it may stand a landing
  std::uint16_t guest_bytes = 0;
  std::uint8_t ident = 0, rewritten = 0, callouts = 0;
  std::vector<std::uint8_t> code;
  std::vector<Place> places;
  struct Exit {
    std::uint32_t displacement;  // address of the branch's rel32, in the cache
    std::uint32_t target;        // the guest's
  };
  std::vector<Exit> exits;
};

struct Surroundings {
  std::uint32_t address = 0;       // where the code will stand
  std::uint32_t stub[2] = {0, 0};  // that the exits lead to at first
  std::uint32_t miss = 0;          // the code that reports an indirect branch's miss
  bool landing = false;            // begin with what indirect branches jump to
  bool checked = false;            // begin with a comparison of the guest's bytes
  // Sequences reach the virtual CPU's words through SS. Unless that is flat, all are callouts.
  bool in_cache = true;
};

// `bytes` begin at `guest`; fewer than kUnitGuestBytes when the next page is not there. Empty
// when not even one instruction is complete: the fetch of the first missing byte faults.
std::optional<Draft> translate_unit(std::uint32_t guest, const std::uint8_t* bytes,
                                    std::size_t available, const Surroundings& where);

// What an indirect branch jumps to: checks that it is the right place, then goes to `entry`.
Draft translate_landing(std::uint32_t guest, std::uint32_t entry, const Surroundings& where);

}  // namespace gv
