// SPDX-License-Identifier: MIT

#include "xen/domain.h"

namespace gv::xen {

namespace {

void put(StateWriter& out, const Ring& ring) {
  out.u32(ring.frame.number);
  out.u32(ring.port);
}

Ring take_ring(StateReader& in) {
  Ring ring;
  ring.frame = Mfn(in.u32());
  ring.port = in.u32();
  return ring;
}

}  // namespace

void Domain::save(StateWriter& out) const {
  out.u16(id);
  out.u8(static_cast<std::uint8_t>(width));
  out.flag(privileged);
  out.flag(paused);
  out.u32(slots.top.number);
  out.u32(slots.descriptors.number);
  out.u32(shared_info.number);
  out.u32(pages);
  out.u32(most_pages);
  channels.save(out);
  grants.save(out);
  put(out, console);
  put(out, store);
  out.bytes({console_input.begin(), console_input.end()});
  twin_console.save(out);
  out.u64(table_generation);
  out.u64(assists);
  out.u8(shutdown ? static_cast<std::uint8_t>(*shutdown) : std::uint8_t{0xff});
  for (const auto& vcpu : vcpus) {
    vcpu->save(out);
  }
}

void Domain::restore(StateReader& in) {
  id = in.u16();
  width = in.u8() == 0 ? Width::Bits32 : Width::Bits64;
  privileged = in.flag();
  paused = in.flag();
  slots.top = Mfn(in.u32());
  slots.descriptors = Mfn(in.u32());
  shared_info = Mfn(in.u32());
  pages = in.u32();
  most_pages = in.u32();
  channels.restore(in);
  grants.restore(in);
  console = take_ring(in);
  store = take_ring(in);
  const auto input = in.bytes();
  console_input.assign(input.begin(), input.end());
  twin_console.restore(in);
  table_generation = in.u64();
  assists = in.u64();
  const std::uint8_t reason = in.u8();
  shutdown = reason == 0xff ? std::nullopt : std::optional(static_cast<ShutdownReason>(reason));
  for (const auto& vcpu : vcpus) {
    vcpu->restore(in);
  }
}

}  // namespace gv::xen
