// SPDX-License-Identifier: MIT
//
// flags.h - EFLAGS, with the six arithmetic flags worked out only when asked for.
//
// Most instructions set flags and few read them. So an operation leaves two
// words behind: its result, and the carries out of three bit positions. Every
// arithmetic flag follows from these.
//
//   result   sign-extended to 64 bits: ZF, SF and PF
//   carries  bit 31: carry out of the top bit, CF. Bit 30: carry into it, so
//            OF is the two XORed. Bit 3: carry out of bit 3, AF. Bits 0 and 1
//            invert SF and PF, for flags that were written as a word and that
//            no result could have left.
//
// A plain value. Source: SDM vol. 1, "Status Flags".

#pragma once

#include "x86/control_registers.h"

#include <bit>
#include <cstdint>
#include <type_traits>

namespace gv::interpreter {

inline constexpr std::uint32_t kArithmeticFlags = x86::eflags::CF | x86::eflags::PF |
                                                  x86::eflags::AF | x86::eflags::ZF |
                                                  x86::eflags::SF | x86::eflags::OF;

class Flags {
 public:
  bool cf() const { return (carries_ >> 31) != 0; }
  bool of() const { return ((carries_ ^ (carries_ << 1)) >> 31) != 0; }
  bool af() const { return (carries_ & kAf) != 0; }
  bool zf() const { return result_ == 0; }
  bool sf() const { return (result_ < 0) != ((carries_ & kInvertSf) != 0); }
  bool pf() const {
    const bool even = (std::popcount(static_cast<std::uint8_t>(result_)) & 1) == 0;
    return even != ((carries_ & kInvertPf) != 0);
  }

  // The whole register, and back.
  std::uint64_t word() const {
    using namespace x86::eflags;
    return rest_ | (cf() ? CF : 0u) | (pf() ? PF : 0u) | (af() ? AF : 0u) | (zf() ? ZF : 0u) |
           (sf() ? SF : 0u) | (of() ? OF : 0u);
  }
  void set_word(std::uint64_t value) {
    using namespace x86::eflags;
    rest_ = (static_cast<std::uint32_t>(value) & ~kArithmeticFlags) | kAlwaysOne;
    const bool carry = (value & CF) != 0;
    const bool zero = (value & ZF) != 0;
    result_ = zero ? 0 : 1;  // natural PF: set for 0, clear for 1; natural SF: clear
    carries_ = top_bits(carry, (value & OF) != 0) | ((value & AF) != 0 ? kAf : 0u) |
               ((value & SF) != 0 ? kInvertSf : 0u) |
               (((value & PF) != 0) != zero ? kInvertPf : 0u);
  }
  // Everything but the arithmetic flags: IF, DF, IOPL ...
  std::uint32_t rest() const { return rest_; }
  bool has(std::uint32_t mask) const { return (rest_ & mask) != 0; }
  void set_rest(std::uint32_t mask, bool on) { rest_ = on ? rest_ | mask : rest_ & ~mask; }

  // After an operation of T's width. `carries` has a bit set for each position
  // that carried (or borrowed) out; only three of them count.
  template <class T>
  void set(T result, T carries) {
    constexpr int kBits = sizeof(T) * 8;
    result_ = static_cast<std::make_signed_t<T>>(result);
    if constexpr (kBits == 32) {
      carries_ = carries & kKept;
    } else if constexpr (kBits == 64) {
      carries_ = (static_cast<std::uint32_t>(carries >> 32) & kTop) |
                 (static_cast<std::uint32_t>(carries) & kAf);
    } else {
      carries_ = ((std::uint32_t{carries} << (32 - kBits)) & kTop) | (carries & kAf);
    }
  }
  // AND, OR, XOR, TEST: no carries. AF is undefined; hardware and Unicorn clear it.
  template <class T>
  void set_logic(T result) {
    result_ = static_cast<std::make_signed_t<T>>(result);
    carries_ = 0;
  }
  template <class T>
  void set_result(T result, bool carry, bool overflow) {
    result_ = static_cast<std::make_signed_t<T>>(result);
    carries_ = top_bits(carry, overflow);
  }
  void set_cf(bool carry) { carries_ = (carries_ & ~kTop) | top_bits(carry, of()); }
  void set_of(bool overflow) { carries_ = (carries_ & ~kTop) | top_bits(cf(), overflow); }
  void set_carry_and_overflow(bool carry, bool overflow) {
    carries_ = (carries_ & ~kTop) | top_bits(carry, overflow);
  }
  void set_af(bool on) { carries_ = on ? carries_ | kAf : carries_ & ~kAf; }
  void set_zf(bool on) {
    if (on != zf()) {
      set_word((word() & ~std::uint64_t{x86::eflags::ZF}) | (on ? x86::eflags::ZF : 0u));
    }
  }

  // The sixteen conditions of Jcc, SETcc and CMOVcc. SDM vol. 1, appendix "EFLAGS Condition Codes".
  bool condition(unsigned code) const {
    bool holds = false;
    switch (code >> 1) {
      case 0:
        holds = of();
        break;
      case 1:
        holds = cf();
        break;
      case 2:
        holds = zf();
        break;
      case 3:
        holds = cf() || zf();
        break;
      case 4:
        holds = sf();
        break;
      case 5:
        holds = pf();
        break;
      case 6:
        holds = sf() != of();
        break;
      default:
        holds = zf() || sf() != of();
        break;
    }
    return holds != ((code & 1) != 0);
  }

 private:
  static constexpr std::uint32_t kAf = 1u << 3;
  static constexpr std::uint32_t kInvertSf = 1u << 0;
  static constexpr std::uint32_t kInvertPf = 1u << 1;
  static constexpr std::uint32_t kTop = 3u << 30;
  static constexpr std::uint32_t kKept = kTop | kAf;
  static constexpr std::uint32_t top_bits(bool carry, bool overflow) {
    return (std::uint32_t{carry} << 31) | (std::uint32_t{carry != overflow} << 30);
  }

  std::int64_t result_ = 1;
  std::uint32_t carries_ = 0;
  std::uint32_t rest_ = x86::eflags::kAlwaysOne;
};

}  // namespace gv::interpreter
