// SPDX-License-Identifier: MIT

#include "engine/interpreter/descriptor_access.h"

#include "x86/exceptions.h"

#include <algorithm>

namespace gv::interpreter {

using namespace x86;

bool look_up_descriptor(Cpu& cpu, std::uint16_t selector, Described& out, bool& found) {
  out = {.selector = selector};
  found = false;
  const bool local = selector_in_ldt(selector);
  const std::uint32_t offset = selector_offset(selector);
  const std::uint64_t limit = local ? cpu.ldtr.value.limit : cpu.gdtr.limit;
  if ((local && !cpu.ldtr.present()) || offset + 7 > limit) {
    return true;
  }
  const std::uint64_t base = local ? cpu.ldtr.value.base : cpu.gdtr.base;
  const std::uint64_t mask = cpu.long_mode() ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  if (!cpu.read_linear((base + offset) & mask, out.raw, false)) {
    return false;
  }
  out.descriptor = parse_descriptor(out.raw);
  found = true;
  return true;
}

bool find_descriptor(Cpu& cpu, std::uint16_t selector, std::uint8_t vector, Described& out) {
  bool found = false;
  return look_up_descriptor(cpu, selector, out, found) &&
         (found || cpu.fault(vector, blame(selector)));
}

bool read_upper_half(Cpu& cpu, Described& d) {
  if (!cpu.long_mode()) {
    return true;
  }
  const std::uint32_t offset = selector_offset(d.selector);
  if (offset + 15 > cpu.gdtr.limit) {
    return cpu.general_protection(blame(d.selector));
  }
  return cpu.read_linear(cpu.gdtr.base + offset + 8, d.upper, false);
}

bool mark_accessed(Cpu& cpu, Described& d) {
  if ((d.descriptor.type & segment_type::kAccessed) != 0) {
    return true;
  }
  const std::uint64_t base = selector_in_ldt(d.selector) ? cpu.ldtr.value.base : cpu.gdtr.base;
  d.descriptor.type |= segment_type::kAccessed;
  d.raw |= std::uint64_t{segment_type::kAccessed} << 40;
  const std::uint64_t mask = cpu.long_mode() ? ~std::uint64_t{0} : std::uint64_t{0xffffffff};
  return cpu.write_linear((base + selector_offset(d.selector) + 5) & mask,
                          static_cast<std::uint8_t>(d.raw >> 40), false);
}

void put_segment(Cpu& cpu, SegmentName name, const Described& d) {
  SegmentRegister& s = cpu.segment(name);
  s.value = segment_of(d.selector, d.descriptor);
  if (name == SegmentName::Ss) {
    cpu.mode_changed();
  } else {
    s.work_out_bounds(cpu.in_64_bit_mode(), name == SegmentName::Fs || name == SegmentName::Gs);
  }
}

void put_null_segment(Cpu& cpu, SegmentName name, std::uint16_t selector) {
  SegmentRegister& s = cpu.segment(name);
  s.value = {.selector = selector};
  s.work_out_bounds(cpu.in_64_bit_mode(), name == SegmentName::Fs || name == SegmentName::Gs);
  if (name == SegmentName::Ss) {
    cpu.mode_changed();
  }
}

// Real mode sets selector and base; the limit stays what it was ("unreal mode" lives on that).
void put_real_mode_segment(Cpu& cpu, SegmentName name, std::uint16_t selector) {
  SegmentRegister& s = cpu.segment(name);
  const std::uint16_t kept = s.value.attributes & (attribute::DB | attribute::G);
  const bool had_limit = s.present();
  s.value.selector = selector;
  s.value.base = std::uint64_t{selector} << 4;
  s.value.limit = had_limit ? s.value.limit : 0xffff;
  s.value.attributes = static_cast<std::uint16_t>(real_mode_segment(0).attributes | kept);
  cpu.mode_changed();
}

void put_code_segment(Cpu& cpu, const Described& d, int cpl) {
  cpu.segment(SegmentName::Cs).value = segment_of(with_rpl(d.selector, cpl), d.descriptor);
  cpu.set_cpl(cpl);
  cpu.mode_changed();
}

bool check_stack_segment(Cpu& cpu, std::uint16_t selector, int cpl, std::uint8_t vector,
                         Described& out) {
  if (selector_is_null(selector)) {
    return cpu.fault(vector, vector == kInvalidTss ? blame(selector) : 0);
  }
  if (!find_descriptor(cpu, selector, vector, out)) {
    return false;
  }
  if (selector_rpl(selector) != cpl || !out.descriptor.is_writable() || out.descriptor.dpl != cpl) {
    return cpu.fault(vector, blame(selector));
  }
  return out.descriptor.present || cpu.fault(kStackFault, blame(selector));
}

bool load_segment(Cpu& cpu, SegmentName name, std::uint16_t selector) {
  if (!cpu.protected_mode()) {
    put_real_mode_segment(cpu, name, selector);
    return true;
  }
  Described d;
  if (name == SegmentName::Ss) {
    const bool null_allowed = cpu.in_64_bit_mode() && cpu.cpl() < 3;
    if (selector_is_null(selector) && null_allowed && selector_rpl(selector) == cpu.cpl()) {
      put_null_segment(cpu, name, selector);
      return true;
    }
    if (!check_stack_segment(cpu, selector, cpu.cpl(), kGeneralProtection, d) ||
        !mark_accessed(cpu, d)) {
      return false;
    }
    put_segment(cpu, name, d);
    return true;
  }
  if (selector_is_null(selector)) {
    put_null_segment(cpu, name, selector);
    return true;
  }
  if (!find_descriptor(cpu, selector, kGeneralProtection, d)) {
    return false;
  }
  const int needed = std::max<int>(selector_rpl(selector), cpu.cpl());
  const bool ranked = d.descriptor.is_data() || !d.descriptor.is_conforming();
  if (!d.descriptor.is_readable() || (ranked && d.descriptor.dpl < needed)) {
    return cpu.general_protection(blame(selector));
  }
  if (!d.descriptor.present) {
    return cpu.fault(kSegmentNotPresent, blame(selector));
  }
  if (!mark_accessed(cpu, d)) {
    return false;
  }
  put_segment(cpu, name, d);
  return true;
}

void drop_inner_segments(Cpu& cpu) {
  for (const SegmentName name :
       {SegmentName::Es, SegmentName::Ds, SegmentName::Fs, SegmentName::Gs}) {
    SegmentRegister& s = cpu.segment(name);
    if (s.present() && !s.is_conforming() && s.dpl() < cpu.cpl()) {
      put_null_segment(cpu, name, 0);
    }
  }
}

}  // namespace gv::interpreter
