// SPDX-License-Identifier: MIT

#include "technique/deprivileged/virtual_cpu.h"

namespace gv {

namespace {

void save_table(StateWriter& out, const DescriptorTableRegister& table) {
  out.u64(table.base);
  out.u16(table.limit);
}

DescriptorTableRegister load_table(StateReader& in) {
  DescriptorTableRegister table;
  table.base = in.u64();
  table.limit = in.u16();
  return table;
}

void save_segment(StateWriter& out, const Segment& segment) {
  out.u16(segment.selector);
  out.u64(segment.base);
  out.u32(segment.limit);
  out.u16(segment.attributes);
}

Segment load_segment(StateReader& in) {
  Segment segment;
  segment.selector = in.u16();
  segment.base = in.u64();
  segment.limit = in.u32();
  segment.attributes = in.u16();
  return segment;
}

}  // namespace

void VirtualCpu::save(StateWriter& out) const {
  out.u32(cr0);
  out.u32(cr2);
  out.u32(cr3);
  out.u32(cr4);
  save_table(out, gdtr);
  save_table(out, idtr);
  save_segment(out, tr);
  save_segment(out, ldtr);
  out.flag(interrupt_flag);
  out.u8(iopl);
  out.flag(in_kernel);
  out.flag(interrupt_shadow);
  for (const std::uint32_t value : debug) {
    out.u32(value);
  }
}

void VirtualCpu::restore(StateReader& in) {
  cr0 = in.u32();
  cr2 = in.u32();
  cr3 = in.u32();
  cr4 = in.u32();
  gdtr = load_table(in);
  idtr = load_table(in);
  tr = load_segment(in);
  ldtr = load_segment(in);
  interrupt_flag = in.flag();
  iopl = in.u8();
  in_kernel = in.flag();
  interrupt_shadow = in.flag();
  for (std::uint32_t& value : debug) {
    value = in.u32();
  }
}

}  // namespace gv
