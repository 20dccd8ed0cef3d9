// SPDX-License-Identifier: MIT
//
// floating_point.h - the x87 unit: a stack of eight 80-bit registers.
//
// Guests of the kits have no floating point; guests that others wrote do. The
// host's long double is the same format, so its arithmetic is used.
//
// Not modelled: precision control and the rounding mode of arithmetic (results
// are rounded to nearest, 64 bits of significand; FIST and FRNDINT do obey the
// mode), unmasked exceptions, the exception flags besides the stack fault,
// logarithms and angles, BCD, the environment's saving, MMX.
//
// A plain value. Source: SDM vol. 1, "Programming with the x87 FPU".

#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <limits>

namespace gv::interpreter {

// The eighty bits as memory has them.
struct ExtendedReal {
  std::uint64_t significand = 0;
  std::uint16_t sign_and_exponent = 0;
};

inline long double real_of(const ExtendedReal& bits) {
  long double value = 0;
  std::memcpy(&value, &bits.significand, sizeof bits.significand);
  std::memcpy(reinterpret_cast<char*>(&value) + sizeof bits.significand, &bits.sign_and_exponent,
              sizeof bits.sign_and_exponent);
  return value;
}
inline ExtendedReal extended_of(long double value) {
  ExtendedReal bits;
  std::memcpy(&bits.significand, &value, sizeof bits.significand);
  std::memcpy(&bits.sign_and_exponent,
              reinterpret_cast<const char*>(&value) + sizeof bits.significand,
              sizeof bits.sign_and_exponent);
  return bits;
}

static_assert(std::numeric_limits<long double>::digits == 64, "the host has the x87 format");

class FloatingPoint {
 public:
  static constexpr std::uint16_t kC0 = 0x100, kC1 = 0x200, kC2 = 0x400, kC3 = 0x4000;
  static constexpr std::uint16_t kInvalid = 0x01, kStackFault = 0x40;
  static constexpr std::uint16_t kControlAfterInit = 0x37f;

  std::uint16_t control = kControlAfterInit;

  std::uint16_t status() const { return static_cast<std::uint16_t>(status_ | top_ << 11); }
  void set_status(std::uint16_t value) {
    status_ = static_cast<std::uint16_t>(value & ~kTopMask);
    top_ = (value >> 11) & 7;
  }
  // A bit for each physical register that holds something: FXSAVE's tag byte.
  std::uint8_t in_use() const { return in_use_; }
  void set_in_use(std::uint8_t registers) { in_use_ = registers; }

  void init() { *this = FloatingPoint(); }
  void clear_exceptions() { status_ &= kC0 | kC1 | kC2 | kC3; }

  // ST(i). Reading an empty register is a stack fault and gives the indefinite value.
  long double st(unsigned i);
  // ST(i) as it is, whether in use or not.
  long double raw(unsigned i) const { return registers_[physical(i)]; }
  void set_raw(unsigned i, long double value) { registers_[physical(i)] = value; }
  void set_st(unsigned i, long double value) {
    registers_[physical(i)] = value;
    in_use_ = static_cast<std::uint8_t>(in_use_ | 1u << physical(i));
  }
  bool is_empty(unsigned i) const { return (in_use_ >> physical(i) & 1) == 0; }
  void free(unsigned i) { in_use_ = static_cast<std::uint8_t>(in_use_ & ~(1u << physical(i))); }
  void push(long double value);
  void pop() {
    free(0);
    rotate(1);
  }
  void rotate(int by) { top_ = static_cast<unsigned>(static_cast<int>(top_) + by) & 7; }

  // Rounded to an integer by the control word's rounding mode.
  long double to_integer(long double value) const;
  void set_conditions(std::uint16_t bits) {
    status_ = static_cast<std::uint16_t>((status_ & ~(kC0 | kC1 | kC2 | kC3)) | bits);
  }
  void invalid() { status_ |= kInvalid; }

 private:
  static constexpr std::uint16_t kTopMask = 0x3800;
  unsigned physical(unsigned i) const { return (top_ + i) & 7; }

  std::array<long double, 8> registers_{};  // physical: R0 to R7
  unsigned top_ = 0;
  std::uint16_t status_ = 0;  // without TOP
  std::uint8_t in_use_ = 0;
};

}  // namespace gv::interpreter
