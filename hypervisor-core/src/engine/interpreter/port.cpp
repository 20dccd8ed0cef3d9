// SPDX-License-Identifier: MIT
//
// port.cpp - IN, OUT, INS, OUTS: in two halves.
//
// The first half checks rights and memory and stops with PortAccessed; the
// instruction has not happened yet. When the run goes on, the second half puts
// the answer where it belongs and the instruction retires. INS looks whether
// its store will succeed before it asks the port.
//
// Source: SDM vol. 1, "I/O Privilege Level", "I/O Permission Bit Map".

#include "engine/interpreter/handlers.h"
#include "x86/descriptor.h"
#include "x86/exceptions.h"

namespace gv::interpreter {

using namespace x86;

namespace {

// SDM vol. 1, "I/O Permission Bit Map": all bits of the ports touched must be clear.
bool allowed_by_map(Cpu& cpu, std::uint16_t port, int bytes) {
  const Segment& tss = cpu.tr.value;
  const bool wide = (tss.attributes & attribute::P) != 0 && (tss.attributes & 0xd) == 9;
  std::uint16_t map = 0, bits = 0;
  if (!wide || tss.limit < tss32::kSize - 1) {
    return cpu.general_protection();
  }
  if (!cpu.read_linear(tss.base + tss32::kIoMapBase, map, false)) {
    return false;
  }
  const std::uint32_t at = std::uint32_t{map} + port / 8u;
  if (at + 1 > tss.limit) {
    return cpu.general_protection();
  }
  if (!cpu.read_linear(tss.base + at, bits, false)) {
    return false;
  }
  const unsigned mask = ((1u << bytes) - 1) << (port & 7);
  return (bits & mask) == 0 || cpu.general_protection();
}

bool allowed(Cpu& cpu, std::uint16_t port, int bytes) {
  if (!cpu.protected_mode() || cpu.cpl() <= eflags::iopl(cpu.flags.rest())) {
    return true;
  }
  if (cpu.deprivileged) {
    return cpu.cpl() < 3 || cpu.general_protection();
  }
  return allowed_by_map(cpu, port, bytes);
}

// Not yet done, and no fault: the port is asked first.
bool ask(Cpu& cpu, PortUse use, std::uint16_t port, int bytes, std::uint32_t value) {
  const bool reads = use == PortUse::In || use == PortUse::Ins;
  cpu.port_use = use;
  cpu.outcome = Outcome::Fault;
  cpu.exit = PortAccessed{port, static_cast<std::uint8_t>(bytes),
                          reads ? Direction::Read : Direction::Write, value};
  return false;
}

std::uint16_t port_of(Cpu& cpu, const Operation& op) {
  return op.extra == 1 ? cpu.reg<std::uint16_t>(16) : static_cast<std::uint16_t>(op.immediate);
}

std::uint32_t cut(std::uint64_t value, int bytes) {
  return static_cast<std::uint32_t>(bytes == 4 ? value : value & ((1u << (8 * bytes)) - 1));
}

int address_bytes(const Operation& op) {
  return op.address_mask == 0xffff ? 2 : op.address_mask == 0xffffffff ? 4 : 8;
}

bool counted_out(Cpu& cpu, const Operation& op) {
  return op.repeat != Repeat::None && (cpu.gpr(Gpr::Cx) & op.address_mask) == 0;
}

void advance(Cpu& cpu, const Operation& op, Gpr which) {
  const auto width = static_cast<std::uint64_t>(op.operand_bytes);
  const std::uint64_t to =
      cpu.flags.has(eflags::DF) ? cpu.gpr(which) - width : cpu.gpr(which) + width;
  cpu.set_gpr_part(which, to & op.address_mask, address_bytes(op));
  if (op.repeat != Repeat::None) {
    cpu.set_gpr_part(Gpr::Cx, (cpu.gpr(Gpr::Cx) - 1) & op.address_mask, address_bytes(op));
  }
}

bool store_reply(Cpu& cpu, const Operation& op, std::uint32_t reply) {
  const std::uint64_t offset = cpu.gpr(Gpr::Di) & op.address_mask;
  switch (op.operand_bytes) {
    case 1:
      return cpu.write(SegmentName::Es, offset, static_cast<std::uint8_t>(reply));
    case 2:
      return cpu.write(SegmentName::Es, offset, static_cast<std::uint16_t>(reply));
    default:
      return cpu.write(SegmentName::Es, offset, reply);
  }
}

}  // namespace

bool port_in(Cpu& cpu, const Operation& op) {
  const std::uint16_t port = port_of(cpu, op);
  return allowed(cpu, port, op.operand_bytes) && ask(cpu, PortUse::In, port, op.operand_bytes, 0);
}

bool port_out(Cpu& cpu, const Operation& op) {
  const std::uint16_t port = port_of(cpu, op);
  return allowed(cpu, port, op.operand_bytes) &&
         ask(cpu, PortUse::Out, port, op.operand_bytes, cut(cpu.gpr(Gpr::Ax), op.operand_bytes));
}

bool port_in_string(Cpu& cpu, const Operation& op) {
  if (counted_out(cpu, op)) {
    return true;
  }
  const std::uint16_t port = port_of(cpu, op);
  return allowed(cpu, port, op.operand_bytes) &&
         cpu.writable(SegmentName::Es, cpu.gpr(Gpr::Di) & op.address_mask, op.operand_bytes) &&
         ask(cpu, PortUse::Ins, port, op.operand_bytes, 0);
}

bool port_out_string(Cpu& cpu, const Operation& op) {
  if (counted_out(cpu, op)) {
    return true;
  }
  const std::uint16_t port = port_of(cpu, op);
  const std::uint64_t offset = cpu.gpr(Gpr::Si) & op.address_mask;
  std::uint8_t byte = 0;
  std::uint16_t word = 0;
  std::uint32_t value = 0;
  if (!allowed(cpu, port, op.operand_bytes)) {
    return false;
  }
  bool read = false;
  switch (op.operand_bytes) {
    case 1:
      read = cpu.read(op.segment, offset, byte);
      value = byte;
      break;
    case 2:
      read = cpu.read(op.segment, offset, word);
      value = word;
      break;
    default:
      read = cpu.read(op.segment, offset, value);
      break;
  }
  return read && ask(cpu, PortUse::Outs, port, op.operand_bytes, value);
}

bool complete_port(Cpu& cpu, const Operation& op, std::uint32_t reply) {
  switch (std::exchange(cpu.port_use, PortUse::None)) {
    case PortUse::In:
      cpu.set_gpr_part(Gpr::Ax, reply, op.operand_bytes);
      return true;
    case PortUse::Ins:
      if (!store_reply(cpu, op, reply)) {
        return false;
      }
      advance(cpu, op, Gpr::Di);
      return true;
    case PortUse::Outs:
      advance(cpu, op, Gpr::Si);
      return true;
    case PortUse::Out:
    case PortUse::None:
      return true;
  }
  return true;
}

}  // namespace gv::interpreter
