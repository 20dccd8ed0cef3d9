// SPDX-License-Identifier: MIT

#include "differential/random_program.h"

#include "x86/control_registers.h"

#include <algorithm>

namespace gv {

namespace {

using namespace x86::eflags;
constexpr std::uint32_t kAllArithmetic = CF | PF | AF | ZF | SF | OF;

class Maker {
 public:
  Maker(ProgramMode mode, std::uint64_t seed, std::uint32_t position) : random_(seed) {
    p_.mode = mode;
    const std::uint32_t slots = (arena::kCodeEnd - arena::kCode) / arena::kSlot;
    p_.address = arena::kCode + position % slots * arena::kSlot;
    if (wide() && chance(50)) {
      p_.address += arena::kUpperHalf;
    }
  }

  RandomProgram make() {
    registers();
    const int length = 1 + static_cast<int>(below(6));
    for (int i = 0; i < length; ++i) {
      instruction();
      make_flags_defined();
    }
    bytes({0xcd, kEndVector});
    return std::move(p_);
  }

 private:
  bool real() const { return p_.mode == ProgramMode::Real; }
  bool wide() const { return is_long(p_.mode); }
  bool flat() const { return real() || p_.mode == ProgramMode::Ring0Flat; }
  bool ring_0() const {
    return p_.mode != ProgramMode::Ring3Paged && p_.mode != ProgramMode::Ring3Long;
  }

  std::uint32_t below(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
  bool chance(std::uint32_t percent) { return below(100) < percent; }
  std::uint32_t any() { return static_cast<std::uint32_t>(random_()); }

  void byte(std::uint32_t b) { p_.bytes.push_back(static_cast<std::uint8_t>(b)); }
  void bytes(std::initializer_list<std::uint32_t> list) {
    for (const std::uint32_t b : list) {
      byte(b);
    }
  }
  void little(std::uint32_t value, int count) {
    for (int i = 0; i < count; ++i) {
      byte((value >> (8 * i)) & 0xff);
    }
  }

  std::uint32_t data_pointer() {
    const std::uint32_t at = below(arena::kDataEnd - arena::kData - 64);
    // Near the end of a page rather more often than chance would have it.
    return arena::kData + (chance(20) ? (at | 0xfff) - below(8) : at);
  }
  std::uint32_t interesting() {
    static constexpr std::uint32_t kValues[] = {0,          1,          0x7f,       0x80, 0xff,
                                                0x7fff,     0x8000,     0xffff,     2,    0x1f,
                                                0x7fffffff, 0x80000000, 0xffffffff, 0x10, 0x99};
    return chance(50) ? kValues[below(std::size(kValues))] : any();
  }
  std::uint64_t interesting_quad() {
    const std::uint32_t low = interesting();
    switch (below(3)) {
      case 0:
        return low;
      case 1:
        return static_cast<std::uint64_t>(static_cast<std::int32_t>(low));
      default:
        return random_();
    }
  }
  void registers() {
    for (std::uint64_t& r : p_.gpr) {
      if (wide()) {
        r = chance(50) ? data_pointer() + (chance(40) ? arena::kUpperHalf : 0) : interesting_quad();
      } else if (real()) {
        // Offsets into the 64 KiB that DS has, or anything.
        r = chance(60) ? below(0xfff0) : interesting();
      } else {
        r = chance(50) ? data_pointer() : interesting();
      }
    }
    if (!wide()) {
      std::fill(p_.gpr + 8, p_.gpr + 16, 0);
    }
    p_.gpr[4] = real() ? 0x8000 + (below(0x1000) & ~1u)
                       : arena::kStack + 0x8000 + (below(0x1000) & (chance(80) ? ~3u : ~0u));
    p_.eflags = kAlwaysOne | (any() & (kAllArithmetic | DF));
  }

  // --- operands
  std::uint32_t some_register() {  // not the stack pointer
    const std::uint32_t r = below(7);
    return r >= 4 ? r + 1 : r;
  }
  void prefixes() {
    short_addresses_ = wide() && chance(3);
    if (short_addresses_) {
      byte(0x67);
    }
    if (chance(4)) {
      static constexpr std::uint8_t kSegments[] = {0x26, 0x36, 0x3e, 0x64, 0x65};
      byte(kSegments[below(5)]);
    }
  }
  // Returns the operand size in bytes that results. The last prefix: it may be a REX.
  int operand_prefix(std::uint32_t rex_bits = 0xf) {
    const bool other = chance(25);
    if (other) {
      byte(0x66);
    }
    if (wide() && chance(60)) {
      const std::uint32_t rex = 0x40 | (below(16) & rex_bits);
      byte(rex);
      if ((rex & 8) != 0) {
        return 8;
      }
    }
    return (real() != other) ? 2 : 4;
  }
  // There are no immediates of eight bytes but for MOV.
  void immediate(int size) { little(interesting(), size == 8 ? 4 : size); }
  void memory(std::uint32_t reg) {
    reg &= 7;
    if (real()) {
      const std::uint32_t mod = below(3);
      const std::uint32_t rm = below(8);
      byte(mod << 6 | reg << 3 | rm);
      little(any(), mod == 0 ? (rm == 6 ? 2 : 0) : static_cast<int>(mod));
      return;
    }
    switch (below(6)) {
      case 0:  // [disp32]; in long mode relative to RIP, or behind a SIB byte
        if (wide() && (no_rip_relative_ || chance(50))) {
          bytes({reg << 3 | 4, 0x25});
          little(data_pointer(), 4);
          break;
        }
        byte(reg << 3 | 5);
        little(data_pointer() -
                   (wide() ? p_.physical() + static_cast<std::uint32_t>(p_.bytes.size()) + 4 : 0),
               4);
        break;
      case 1:
        byte(reg << 3 | simple_base());
        break;
      case 2:
        byte(0x40 | reg << 3 | simple_base());
        byte(any() & 0xff);
        break;
      case 3:
        byte(0x80 | reg << 3 | simple_base());
        little(any() & 0xffff, 4);
        break;
      case 4: {  // base + index * scale + disp8
        byte(0x44 | reg << 3);
        byte(below(4) << 6 | below(8) << 3 | below(8));
        byte(any() & 0xff);
        break;
      }
      default:  // [ESP + disp8]
        byte(0x44 | reg << 3);
        byte(0x24);
        byte(below(64));
        break;
    }
  }
  std::uint32_t simple_base() {
    static constexpr std::uint8_t kBases[] = {0, 1, 2, 3, 6, 7};
    return kBases[below(6)];
  }
  // r/m: a register (never SP when `writes`), or memory.
  void operand(std::uint32_t reg, bool writes, bool wide) {
    if (chance(50)) {
      byte(0xc0 | (reg & 7) << 3 | (writes && wide ? some_register() : below(8)));
    } else {
      memory(reg);
    }
  }
  std::uint32_t reg_for(bool wide) { return wide ? some_register() : below(8); }

  void begin() { start_ = static_cast<std::uint32_t>(p_.bytes.size()); }
  void modifies() { p_.modifies_at.push_back(start_); }
  void undefined(std::uint32_t mask) { undefined_ |= mask; }
  void make_flags_defined() {
    if (undefined_ == 0) {
      return;
    }
    p_.undefined_at.emplace_back(static_cast<std::uint32_t>(p_.bytes.size()), undefined_);
    const std::uint32_t keep = ~std::exchange(undefined_, 0u);
    if (real()) {
      // pushf; push bp; mov bp, sp; and word [bp+2], keep; pop bp; popf - the AND's own
      // flags are gone again with the POPF.
      bytes({0x9c, 0x55, 0x89, 0xe5, 0x81, 0x66, 0x02});
      little(keep, 2);
      bytes({0x5d, 0x9d});
    } else {
      bytes({0x9c, 0x81, 0x24, 0x24});  // pushfd; and dword [esp], keep; popfd
      little(keep, 4);
      byte(0x9d);
    }
  }

  // --- instructions
  void arithmetic() {
    const std::uint32_t which = below(8);
    const std::uint32_t form = below(6);
    prefixes();
    const int size = operand_prefix();
    const bool wide = (form & 1) != 0;
    if (form < 2) {
      modifies();
      byte(which << 3 | form);
      operand(reg_for(false), which != 7, wide);
    } else if (form < 4) {
      byte(which << 3 | form);
      operand(reg_for(wide), false, wide);
    } else {
      byte(which << 3 | form);
      immediate(wide ? size : 1);
    }
    if (which == 1 || which == 4 || which == 6) {
      undefined(AF);
    }
  }
  void arithmetic_immediate() {
    modifies();
    static constexpr std::uint8_t kOpcodes[] = {0x80, 0x81, 0x83};
    const std::uint32_t which = below(8);
    const std::uint8_t opcode = kOpcodes[below(3)];
    prefixes();
    const bool locked = which != 7 && chance(8);
    if (locked) {
      byte(0xf0);
    }
    const int size = operand_prefix();
    if (locked) {
      byte(opcode);
      memory(which);
    } else {
      byte(opcode);
      operand(which, which != 7, opcode != 0x80);
    }
    immediate(opcode == 0x81 ? size : 1);
    if (which == 1 || which == 4 || which == 6) {
      undefined(AF);
    }
  }
  void unary() {
    modifies();
    const bool wide = chance(60);
    prefixes();
    operand_prefix();
    const std::uint32_t which = below(4);
    if (which < 2) {
      byte(wide ? 0xff : 0xfe);
      operand(which, true, wide);
    } else {
      byte(wide ? 0xf7 : 0xf6);
      operand(which, true, wide);
    }
  }
  void short_inc_dec() {
    if (wide()) {  // these bytes are REX prefixes there
      unary();
      return;
    }
    operand_prefix();
    byte((chance(50) ? 0x40u : 0x48u) + some_register());
  }
  void shift() {
    const bool wide = chance(70);
    const std::uint32_t which = below(8);
    if (which == 2 || which == 3) {
      bytes({0x9c, 0x9d});  // pushf; popf: a fault in RCL or RCR would poison Unicorn's EFLAGS
      begin();
    }
    modifies();
    prefixes();
    const int size = wide ? operand_prefix() : (operand_prefix(), 1);
    const std::uint32_t form = below(3);
    static constexpr std::uint8_t kBytes[] = {0xc0, 0xd0, 0xd2};
    byte(kBytes[form] | (wide ? 1u : 0u));
    operand(which, true, wide);
    std::uint32_t count = 1;
    if (form == 0) {
      count = chance(20) ? any() & 0xff : below(33);
      byte(count);
    }
    const std::uint32_t counted = size == 8 ? 63 : 31;
    const bool rotates = which < 4;
    if (which == 2 || which == 3) {
      p_.uses_flags_then_writes_at.push_back(start_);
    }
    std::uint32_t mask = rotates ? 0 : AF;
    if (form == 2 || (count & counted) != 1) {
      mask |= OF;
    }
    // Shifts of bytes and words by their width or more.
    if (!rotates && size < 4 &&
        (form == 2 || (count & 31) >= static_cast<std::uint32_t>(size) * 8)) {
      mask |= CF;
    }
    if (form == 0 && (count & counted) == 0) {
      mask = 0;
    }
    undefined(mask);
  }
  void double_shift() {
    modifies();
    prefixes();
    const int size = operand_prefix();
    const bool left = chance(50);
    const bool by_cl = size >= 4 && chance(40);
    bytes({0x0f, (left ? 0xa4u : 0xacu) | (by_cl ? 1u : 0u)});
    no_rip_relative_ = true;  // known_defects_test.cpp
    operand(below(8), true, true);
    no_rip_relative_ = false;
    if (!by_cl) {
      byte(size == 2 ? below(16) : below(64));
    }
    undefined(AF | OF);
  }
  void multiply() {
    prefixes();
    const int size = operand_prefix();
    switch (below(4)) {
      case 0:
        bytes({0x0f, 0xaf});
        operand(reg_for(true), false, true);
        break;
      case 1:
        byte(0x6b);
        operand(reg_for(true), false, true);
        byte(any() & 0xff);
        break;
      case 2:
        byte(0x69);
        operand(reg_for(true), false, true);
        immediate(size);
        break;
      default:
        byte(chance(50) ? 0xf6 : 0xf7);
        operand(4 + below(2), false, true);
        break;
    }
    undefined(SF | ZF | AF | PF);
  }
  void divide() {
    if (chance(60)) {
      bytes({0x31, 0xd2});  // xor edx, edx: a quotient that fits, mostly
      undefined(AF);
      make_flags_defined();
    }
    prefixes();
    operand_prefix();
    byte(chance(30) ? 0xf6 : 0xf7);
    operand(6 + below(2), false, true);
    undefined(kAllArithmetic);
  }
  void move() {
    prefixes();
    const std::uint32_t which = below(6);
    // REX.R before C6 and C7: known_defects_test.cpp.
    const int size = operand_prefix(which == 4 ? 0xb : 0xf);
    switch (which) {
      case 0: {
        const bool wide = chance(70);
        byte(0x88u | (wide ? 1u : 0u));
        operand(below(8), true, wide);
        break;
      }
      case 1: {
        const bool wide = chance(70);
        byte(0x8au | (wide ? 1u : 0u));
        operand(reg_for(wide), false, wide);
        break;
      }
      case 2:
        byte(0xb8 + some_register());
        little(interesting(), size == 8 ? 4 : size);
        if (size == 8) {
          little(interesting(), 4);
        }
        break;
      case 3:
        byte(0xb0 + below(8));
        byte(interesting() & 0xff);
        break;
      case 4: {
        const bool wide = chance(70);
        byte(0xc6u | (wide ? 1u : 0u));
        operand(0, true, wide);
        immediate(wide ? size : 1);
        break;
      }
      default:
        byte(0xa0 + below(4));
        little(real() ? any() : data_pointer(), real() ? 2 : 4);
        if (this->wide() && !short_addresses_) {
          little(chance(50) ? 0 : static_cast<std::uint32_t>(arena::kUpperHalf >> 32), 4);
        }
        break;
    }
  }
  void extend() {
    static constexpr std::uint8_t kOpcodes[] = {0xb6, 0xb7, 0xbe, 0xbf};
    prefixes();
    const int size = operand_prefix();
    if (wide() && size != 2 && chance(30)) {
      byte(0x63);  // movsxd; of words: known_defects_test.cpp
    } else {
      bytes({0x0f, kOpcodes[below(4)]});
    }
    operand(reg_for(true), false, true);
  }
  void exchange() {
    modifies();
    prefixes();
    const int size = operand_prefix();
    const bool wide = chance(60);
    switch (below(4)) {
      case 0:
        byte(0x86u | (wide ? 1u : 0u));
        operand(reg_for(wide), true, wide);
        break;
      case 1:
        bytes({0x0f, 0xb0u | (wide ? 1u : 0u)});
        if (this->wide() && size == 4) {  // known_defects_test.cpp
          memory(below(8));
        } else {
          operand(below(8), true, wide);
        }
        break;
      case 2:
        bytes({0x0f, 0xc0u | (wide ? 1u : 0u)});
        operand(reg_for(wide), true, wide);
        break;
      default:
        byte(0x90 + some_register());
        break;
    }
  }
  void bits() {
    modifies();
    prefixes();
    const int size = operand_prefix();
    switch (below(4)) {
      case 0: {
        static constexpr std::uint8_t kOpcodes[] = {0xa3, 0xab, 0xb3, 0xbb};
        bytes({0x0f, kOpcodes[below(4)]});
        operand(below(8), true, true);
        undefined(OF | SF | AF | PF);
        break;
      }
      case 1:
        bytes({0x0f, 0xba});
        operand(4 + below(4), true, true);
        byte(any() & 0xff);
        undefined(OF | SF | AF | PF);
        break;
      case 2:
        if (wide() && size == 4) {  // of a zero: whether the upper half is cleared is undefined
          byte(0x90);
          break;
        }
        bytes({0x0f, chance(50) ? 0xbcu : 0xbdu});
        operand(reg_for(true), false, true);
        undefined(kAllArithmetic & ~ZF);
        break;
      default:
        if (size >= 4) {
          bytes({0x0f, 0xc8 + some_register()});
        } else {
          byte(0x90);
        }
        break;
    }
  }
  void conditional() {
    prefixes();
    operand_prefix();
    if (chance(50)) {
      p_.uses_flags_then_writes_at.push_back(start_);
      bytes({0x0f, 0x90 + below(16)});
      operand(0, true, false);
    } else {
      bytes({0x0f, 0x40 + below(16)});
      operand(reg_for(true), false, true);
    }
  }
  void small_ones() {
    switch (below(11)) {
      case 0:
        operand_prefix();
        byte(0x98);
        break;
      case 1:
        operand_prefix();
        byte(0x99);
        break;
      case 2:
        byte(0x9f);
        break;
      case 3:
        byte(0x9e);
        break;
      case 4:
        byte(0xd6);
        break;
      case 5:
        byte(0xf5);
        break;
      case 6:
        byte(0xf8 + below(2));
        break;
      case 7:
        byte(0xfc + below(2));
        break;
      case 8:
        prefixes();
        byte(0xd7);
        break;
      case 9:
        prefixes();
        operand_prefix();
        byte(0x8d);
        memory(reg_for(true));
        break;
      default:
        // Unicorn needs its flags worked out before this: known_defects_test.cpp.
        bytes({0x9c, 0x9d});  // pushf; popf
        begin();
        modifies();
        bytes({0x0f, 0xc7});  // cmpxchg8b
        memory(1);
        break;
    }
  }
  void decimal() {
    if (wide() && chance(80)) {  // not there any more: enough have tried
      move();
      return;
    }
    switch (below(6)) {
      case 0:
        byte(0x27);
        undefined(OF);
        break;
      case 1:
        byte(0x2f);
        undefined(OF);
        break;
      case 2:
        byte(0x37);
        undefined(OF | SF | ZF | PF);
        break;
      case 3:
        byte(0x3f);
        undefined(OF | SF | ZF | PF);
        break;
      case 4:
        bytes({0xd4, chance(90) ? 10 : below(256)});
        undefined(OF | AF | CF);
        break;
      default:
        bytes({0xd5, chance(90) ? 10 : below(256)});
        undefined(OF | AF | CF);
        break;
    }
  }
  void stack() {
    const std::uint32_t which = below(9);
    if (which != 8) {
      operand_prefix();
    }
    switch (which) {
      case 0:
        byte(0x50 + below(8));
        break;
      case 1:
        byte(0x58 + some_register());
        break;
      case 2:
        byte(0x60 + below(2));
        break;
      case 3:
        byte(0x9c);
        break;
      case 4:
        bytes({0x6a, any() & 0xff});
        break;
      case 5:
        byte(0xff);
        memory(6);
        break;
      case 6:
        byte(0x8f);
        memory(0);
        break;
      case 7:
        bytes({0xc8, below(64), 0, chance(70) ? 0 : below(4)});
        break;
      default:
        // push flags; popf
        if (real()) {
          byte(0x68);
          little(any() & ~(TF | NT | IOPL | IF), 2);
        } else {
          byte(0x68);
          little(any() & (kAllArithmetic | DF | IF | IOPL | AC | ID), 4);
        }
        byte(0x9d);
        break;
    }
  }
  void strings() {
    static constexpr std::uint8_t kOpcodes[] = {0xa4, 0xa5, 0xa6, 0xa7, 0xaa,
                                                0xab, 0xac, 0xad, 0xae, 0xaf};
    const bool repeated = chance(60);
    if (repeated) {
      byte(0xb9);  // mov ecx, few
      little(chance(15) ? 0 : below(24), real() ? 2 : 4);
    }
    prefixes();
    if (repeated) {
      byte(chance(50) ? 0xf2 : 0xf3);
    }
    operand_prefix();
    byte(kOpcodes[below(10)]);
  }
  void jump() {
    // Over an instruction that is made first.
    const std::size_t at = p_.bytes.size();
    const std::uint32_t kind = below(5);
    move();
    const auto length = static_cast<std::uint32_t>(p_.bytes.size() - at);
    std::vector<std::uint8_t> over(p_.bytes.begin() + static_cast<std::ptrdiff_t>(at),
                                   p_.bytes.end());
    p_.bytes.resize(at);
    switch (kind) {
      case 0:
        bytes({0xeb, length});
        break;
      case 1: {
        const std::uint32_t which = below(4);
        if (which < 2) {
          bytes({0x9c, 0x9d});  // pushf; popf: as for CMPXCHG8B
        }
        bytes({0xe0 + which, length});
        break;
      }
      case 2:
        byte(0xe8);
        little(length, real() ? 2 : 4);
        break;
      default:
        bytes({0x70 + below(16), length});
        break;
    }
    p_.bytes.insert(p_.bytes.end(), over.begin(), over.end());
  }
  void segments() {
    // Selectors that the harness's table knows, and some that it does not.
    switch (below(6)) {
      case 0: {
        static constexpr std::uint8_t kTargets[] = {0xc0, 0xd8, 0xe0, 0xe8};  // ES DS FS GS from AX
        static constexpr std::uint16_t kSelectors[] = {0x00, 0x03, 0x08, 0x10,  0x1b, 0x23,
                                                       0x28, 0x33, 0x38, 0x43,  0x48, 0x50,
                                                       0x58, 0x60, 0x68, 0x100, 0x14};
        const std::uint16_t selector =
            real() ? static_cast<std::uint16_t>(any()) : kSelectors[below(std::size(kSelectors))];
        byte(0xb8);
        little(selector, real() ? 2 : 4);
        const std::uint32_t target = kTargets[below(4)];
        bytes({0x8e, target});
        if (!real() && !wide() && selector != 0x10 && selector != 0x23 && selector != 0x48) {
          // Unicorn would let the program use null and write through read-only: put it right.
          byte(0xb8);
          little(ring_0() ? 0x10 : 0x23, 4);
          bytes({0x8e, target});
        }
        break;
      }
      case 1:
        prefixes();
        operand_prefix();
        byte(0x8c);
        operand(below(6), true, true);
        break;
      case 2:
        operand_prefix();
        byte(0x06 + 8 * below(4));
        break;  // push es, cs, ss, ds
      case 3:
        operand_prefix();
        bytes({0x0f, chance(50) ? 0xa0u : 0xa8u});
        break;
      case 4:
        if (real()) {
          byte(0x90);
        } else {  // lar, lsl of a known selector; in long mode no task gate: known_defects_test.cpp
          byte(0xb8);
          little(8 * (wide() ? below(13) : below(16)) + below(4), 4);
          bytes({0x0f, 0x02 + below(2), 0xc8});  // ecx, eax
        }
        break;
      default:
        if (real()) {
          byte(0x90);
        } else {  // verr, verw
          byte(0xb8);
          little(8 * below(16) + below(4), 4);
          bytes({0x0f, 0x00, chance(50) ? 0xe0u : 0xe8u});
        }
        break;
    }
  }
  void system() {
    switch (below(8)) {
      case 0:
        byte(chance(50) ? 0xfa : 0xfb);
        break;
      case 1:
        bytes({0x0f, 0x01});
        if (!flat()) {  // not across pages: known_defects_test.cpp
          bytes({below(2) << 3 | 4, 0x25});
          little(data_pointer() & ~15u, 4);
        } else {
          memory(below(2));
        }
        break;  // sgdt, sidt
      case 2:   // smsw r16: of r32 the upper half is undefined
        if (!real()) {
          byte(0x66);
        }
        bytes({0x0f, 0x01, 0xe0 + some_register()});
        break;
      case 3:
        bytes({0x0f, 0x20, 0xc0 + some_register()});
        break;  // mov r, cr0
      case 4:
        bytes({0x0f, 0x06});
        break;  // clts
      case 5:
        bytes({0x0f, chance(50) ? 0x08u : 0x09u});
        break;  // invd, wbinvd
      case 6:
        if (real()) {
          byte(0xf4);
        } else {
          bytes({0x0f, 0x00, 0xc0 + some_register() + 8 * below(2)});  // sldt, str
        }
        break;
      default:
        if (ring_0()) {  // what ring 3 may do is tests/engine/privilege_test.cpp's
          bytes({chance(50) ? 0xe4u : 0xe6u, below(256)});  // in, out
        }
        break;
    }
  }
  void odd_ones() {
    switch (below(6)) {
      case 0:
        byte(0xce);
        break;  // into
      case 1:
        byte(0xcc);
        break;
      case 2:
        bytes({0xcd, 7 + below(249)});
        break;  // 6 looks like #UD on Unicorn
      case 3:
        if (wide()) {  // EVEX
          byte(0x90);
          break;
        }
        byte(0x62);
        memory(some_register());
        break;
      case 4:
        bytes({0x0f, 0x0b});
        break;
      default:
        bytes({0x0f, 0x1f});
        memory(0);
        break;
    }
  }

  void instruction() {
    begin();
    const std::uint32_t pick = below(100);
    if (pick < 14)
      arithmetic();
    else if (pick < 22)
      arithmetic_immediate();
    else if (pick < 27)
      unary();
    else if (pick < 30)
      short_inc_dec();
    else if (pick < 39)
      shift();
    else if (pick < 42)
      double_shift();
    else if (pick < 47)
      multiply();
    else if (pick < 50)
      divide();
    else if (pick < 58)
      move();
    else if (pick < 61)
      extend();
    else if (pick < 66)
      exchange();
    else if (pick < 71)
      bits();
    else if (pick < 74)
      conditional();
    else if (pick < 78)
      small_ones();
    else if (pick < 80)
      decimal();
    else if (pick < 86)
      stack();
    else if (pick < 90)
      strings();
    else if (pick < 94)
      jump();
    else if (pick < 96)
      segments();
    else if (pick < 98)
      system();
    else
      odd_ones();
  }

  std::mt19937_64 random_;
  RandomProgram p_;
  std::uint32_t undefined_ = 0;
  std::uint32_t start_ = 0;  // offset of the instruction being made
  bool short_addresses_ = false, no_rip_relative_ = false;
};

}  // namespace

RandomProgram make_random_program(ProgramMode mode, std::uint64_t seed, std::uint32_t position) {
  return Maker(mode, seed, position).make();
}

}  // namespace gv
