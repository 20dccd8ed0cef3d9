// SPDX-License-Identifier: MIT
//
// string.cpp - MOVS, CMPS, STOS, LODS, SCAS, alone and repeated.
//
// Each iteration of a repeated one retires by itself, and so does the check
// that finds the counter at zero: the counting rule of vcpu_engine.h. So the
// CPU can stop between two iterations, as for an interrupt.

#include "engine/interpreter/handlers.h"

namespace gv::interpreter {

namespace {

struct Pointers {
  std::uint64_t mask;
  int bytes;
  std::uint64_t step;
};

Pointers pointers(const Cpu& cpu, const Operation& op, std::size_t width) {
  const std::uint64_t step = cpu.flags.has(x86::eflags::DF) ? ~static_cast<std::uint64_t>(width) + 1
                                                            : static_cast<std::uint64_t>(width);
  return {op.address_mask,
          op.address_mask == 0xffff       ? 2
          : op.address_mask == 0xffffffff ? 4
                                          : 8,
          step};
}

void advance(Cpu& cpu, Gpr which, const Pointers& p) {
  cpu.set_gpr_part(which, (cpu.gpr(which) + p.step) & p.mask, p.bytes);
}

template <class T>
void compare(Flags& flags, T a, T b) {
  const T difference = static_cast<T>(a - b);
  flags.set<T>(difference, static_cast<T>((~a & b) | ((~a | b) & difference)));
}

template <StringKind kWhich, class T>
bool iterate(Cpu& cpu, const Operation& op, const Pointers& p) {
  const std::uint64_t source = cpu.gpr(Gpr::Si) & p.mask;
  const std::uint64_t destination = cpu.gpr(Gpr::Di) & p.mask;
  T value{}, other{};
  if constexpr (kWhich == StringKind::Movs) {
    if (!cpu.read(op.segment, source, value) || !cpu.write(SegmentName::Es, destination, value)) {
      return false;
    }
  } else if constexpr (kWhich == StringKind::Cmps) {
    // The order is nowhere laid down; this is Unicorn's.
    if (!cpu.read(SegmentName::Es, destination, other) || !cpu.read(op.segment, source, value)) {
      return false;
    }
    compare<T>(cpu.flags, value, other);
  } else if constexpr (kWhich == StringKind::Stos) {
    if (!cpu.write(SegmentName::Es, destination, cpu.reg<T>(0))) {
      return false;
    }
  } else if constexpr (kWhich == StringKind::Lods) {
    if (!cpu.read(op.segment, source, value)) {
      return false;
    }
    cpu.set_reg<T>(0, value);
  } else {
    if (!cpu.read(SegmentName::Es, destination, value)) {
      return false;
    }
    compare<T>(cpu.flags, cpu.reg<T>(0), value);
  }
  if constexpr (kWhich != StringKind::Stos && kWhich != StringKind::Scas) {
    advance(cpu, Gpr::Si, p);
  }
  if constexpr (kWhich != StringKind::Lods) {
    advance(cpu, Gpr::Di, p);
  }
  return true;
}

template <StringKind kWhich, class T>
bool once(Cpu& cpu, const Operation& op) {
  return iterate<kWhich, T>(cpu, op, pointers(cpu, op, sizeof(T)));
}

template <StringKind kWhich, class T>
bool repeat(Cpu& cpu, const Operation& op) {
  const Pointers p = pointers(cpu, op, sizeof(T));
  for (;;) {
    const std::uint64_t count = cpu.gpr(Gpr::Cx) & p.mask;
    if (count == 0) {
      return true;
    }
    const std::uint64_t withdrawn = cpu.code_version();
    if (!iterate<kWhich, T>(cpu, op, p)) {
      return false;
    }
    cpu.set_gpr_part(Gpr::Cx, count - 1, p.bytes);
    if constexpr (kWhich == StringKind::Cmps || kWhich == StringKind::Scas) {
      if (cpu.flags.zf() != (op.repeat == Repeat::WhileEqual)) {
        return true;
      }
    }
    ++cpu.retired;
    // Out of budget; or the store hit decoded code, perhaps this very instruction.
    if (cpu.retired >= cpu.limit || cpu.code_version() != withdrawn) {
      return cpu.again();
    }
  }
}

template <StringKind kWhich>
Handler string_form(bool repeated, int bytes) {
  return for_width(bytes, [repeated](auto zero) -> Handler {
    using T = decltype(zero);
    return repeated ? &repeat<kWhich, T> : &once<kWhich, T>;
  });
}

}  // namespace

Handler string(StringKind which, bool repeated, int bytes) {
  switch (which) {
    case StringKind::Movs:
      return string_form<StringKind::Movs>(repeated, bytes);
    case StringKind::Cmps:
      return string_form<StringKind::Cmps>(repeated, bytes);
    case StringKind::Stos:
      return string_form<StringKind::Stos>(repeated, bytes);
    case StringKind::Lods:
      return string_form<StringKind::Lods>(repeated, bytes);
    case StringKind::Scas:
      return string_form<StringKind::Scas>(repeated, bytes);
  }
  return nullptr;
}

}  // namespace gv::interpreter
