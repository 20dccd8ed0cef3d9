// SPDX-License-Identifier: MIT

#include "engine/kvm/vcpu_state.h"

namespace gv {

namespace {

// Bytes 5 and 6 of a descriptor, without the limit's high bits.
Segment segment_of(const kvm_segment& from) {
  Segment to;
  to.selector = from.selector;
  to.base = from.base;
  to.limit = from.limit;
  to.attributes =
      static_cast<std::uint16_t>(from.type | from.s << 4 | from.dpl << 5 | from.present << 7 |
                                 from.avl << 12 | from.l << 13 | from.db << 14 | from.g << 15);
  return to;
}

kvm_segment kvm_segment_of(const Segment& from) {
  const auto bits = [&](int at, int mask) {
    return static_cast<std::uint8_t>(from.attributes >> at & mask);
  };
  kvm_segment to{};
  to.base = from.base;
  to.limit = from.limit;
  to.selector = from.selector;
  to.type = bits(0, 15);
  to.s = bits(4, 1);
  to.dpl = bits(5, 3);
  to.present = bits(7, 1);
  to.avl = bits(12, 1);
  to.l = bits(13, 1);
  to.db = bits(14, 1);
  to.g = bits(15, 1);
  to.unusable = to.present == 0 ? 1 : 0;
  return to;
}

// Calls visit(ours, theirs) for each segment register.
template <class Registers, class Special, class Visit>
void for_each_segment(Registers& ours, Special& theirs, Visit visit) {
  visit(ours[SegmentName::Es], theirs.es);
  visit(ours[SegmentName::Cs], theirs.cs);
  visit(ours[SegmentName::Ss], theirs.ss);
  visit(ours[SegmentName::Ds], theirs.ds);
  visit(ours[SegmentName::Fs], theirs.fs);
  visit(ours[SegmentName::Gs], theirs.gs);
  visit(ours.tr, theirs.tr);
  visit(ours.ldtr, theirs.ldt);
}

}  // namespace

std::uint64_t& general_register(kvm_regs& general, Gpr which) {
  static constexpr __u64 kvm_regs::*kFields[kGprCount] = {
      &kvm_regs::rax, &kvm_regs::rcx, &kvm_regs::rdx, &kvm_regs::rbx,
      &kvm_regs::rsp, &kvm_regs::rbp, &kvm_regs::rsi, &kvm_regs::rdi,
      &kvm_regs::r8,  &kvm_regs::r9,  &kvm_regs::r10, &kvm_regs::r11,
      &kvm_regs::r12, &kvm_regs::r13, &kvm_regs::r14, &kvm_regs::r15};
  static_assert(sizeof(__u64) == sizeof(std::uint64_t));
  return reinterpret_cast<std::uint64_t&>(general.*kFields[static_cast<std::size_t>(which)]);
}

RegisterFile register_file_of(const kvm_regs& general, const kvm_sregs& special) {
  RegisterFile r;
  kvm_regs copy = general;
  for (int i = 0; i < kGprCount; ++i) {
    r[static_cast<Gpr>(i)] = general_register(copy, static_cast<Gpr>(i));
  }
  r.rip = general.rip;
  r.rflags = general.rflags;
  for_each_segment(r, special,
                   [](Segment& ours, const kvm_segment& theirs) { ours = segment_of(theirs); });
  r.cr0 = special.cr0;
  r.cr2 = special.cr2;
  r.cr3 = special.cr3;
  r.cr4 = special.cr4;
  r.gdtr = {special.gdt.base, special.gdt.limit};
  r.idtr = {special.idt.base, special.idt.limit};
  return r;
}

void put_general(const RegisterFile& from, kvm_regs& general) {
  for (int i = 0; i < kGprCount; ++i) {
    general_register(general, static_cast<Gpr>(i)) = from[static_cast<Gpr>(i)];
  }
  general.rip = from.rip;
  general.rflags = from.rflags;
}

void put_special(const RegisterFile& from, kvm_sregs& special) {
  for_each_segment(from, special,
                   [](const Segment& ours, kvm_segment& theirs) { theirs = kvm_segment_of(ours); });
  special.cr0 = from.cr0;
  special.cr2 = from.cr2;
  special.cr3 = from.cr3;
  special.cr4 = from.cr4;
  special.gdt.base = from.gdtr.base;
  special.gdt.limit = from.gdtr.limit;
  special.idt.base = from.idtr.base;
  special.idt.limit = from.idtr.limit;
}

}  // namespace gv
