// SPDX-License-Identifier: MIT

#include "xen/hypercall_bench.h"

#include "gv/device.h"
#include "x86/page_table_entry.h"
#include "xen/hypercall_table.h"

#include <xxhash.h>

#include <cstring>

namespace gv::xen {

namespace {

template <class T>
void append(std::vector<std::uint8_t>& out, T value) {
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(&value);
  out.insert(out.end(), bytes, bytes + sizeof value);
}

void append_note(std::vector<std::uint8_t>& out, std::uint32_t type, const char* text) {
  append<std::uint32_t>(out, 4);
  append<std::uint32_t>(out, 8);
  append<std::uint32_t>(out, type);
  out.insert(out.end(), {'X', 'e', 'n', 0});
  char padded[8] = {};
  std::strncpy(padded, text, sizeof padded - 1);
  out.insert(out.end(), padded, padded + sizeof padded);
}

}  // namespace

std::vector<std::uint8_t> tiny_kernel(Width width) {
  const bool wide = width == Width::Bits64;
  std::vector<std::uint8_t> notes;
  append_note(notes, XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
  append_note(notes, XEN_ELFNOTE_LOADER, "generic");
  constexpr std::uint32_t kHeaders = 0x200, kCode = 0x1000, kAddress = 0x100000;
  std::vector<std::uint8_t> elf = {
      0x7f, 'E', 'L', 'F', static_cast<std::uint8_t>(wide ? 2 : 1), 1, 1, 0, 0, 0, 0, 0,
      0,    0,   0,   0};
  append<std::uint16_t>(elf, 2);
  append<std::uint16_t>(elf, wide ? 62 : 3);
  append<std::uint32_t>(elf, 1);
  const auto word = [&](std::uint64_t value) {
    wide ? append<std::uint64_t>(elf, value)
         : append<std::uint32_t>(elf, static_cast<std::uint32_t>(value));
  };
  word(kAddress);
  word(wide ? 64 : 52);
  word(0);
  append<std::uint32_t>(elf, 0);
  append<std::uint16_t>(elf, wide ? 64 : 52);
  append<std::uint16_t>(elf, wide ? 56 : 32);
  append<std::uint16_t>(elf, 2);
  append<std::uint16_t>(elf, wide ? 64 : 40);
  append<std::uint32_t>(elf, 0);
  const auto program = [&](std::uint32_t type, std::uint64_t offset, std::uint64_t address,
                           std::uint64_t bytes) {
    append<std::uint32_t>(elf, type);
    if (wide) {
      append<std::uint32_t>(elf, 7);
    }
    word(offset);
    word(address);
    word(address);
    word(bytes);
    word(bytes);
    if (!wide) {
      append<std::uint32_t>(elf, 7);
    }
    word(4);
  };
  program(1, kCode, kAddress, kPageSize);
  program(4, kHeaders, 0, notes.size());
  elf.resize(kHeaders);
  elf.insert(elf.end(), notes.begin(), notes.end());
  elf.resize(kCode + kPageSize, 0x90);
  elf[kCode] = 0xeb;  // JMP to itself
  elf[kCode + 1] = 0xfe;
  return elf;
}

HypercallBench::HypercallBench(Width width) : wide_(width == Width::Bits64) {
  MachineConfig config;
  config.image_path = "tiny kernel";
  config.image = tiny_kernel(width);
  config.engine = EngineKind::Interpreter;
  config.technique = TechniqueKind::Paravirtual;
  config.memory_mib = 8;
  auto machine = Machine::create(config);
  EXPECT_TRUE(machine) << machine.error().message;
  machine_ = std::move(*machine);
}

Status HypercallBench::call_all(unsigned number, const std::vector<std::uint64_t>& arguments) {
  constexpr Gpr k64[] = {Gpr::Di, Gpr::Si, Gpr::Dx, Gpr::R10, Gpr::R8, Gpr::R9};
  constexpr Gpr k32[] = {Gpr::Bx, Gpr::Cx, Gpr::Dx, Gpr::Si, Gpr::Di, Gpr::Bp};
  ParavirtualGuest& guest = vcpu().guest();
  guest.set_register(Gpr::Ax, number);
  std::size_t i = 0;
  for (const std::uint64_t argument : arguments) {
    guest.set_register(wide_ ? k64[i] : k32[i], argument);
    ++i;
  }
  for (; i < 6; ++i) {
    guest.set_register(wide_ ? k64[i] : k32[i], 0);
  }
  dispatch_hypercall(vcpu());
  const std::uint64_t result = guest.register_value(Gpr::Ax);
  return wide_ ? static_cast<Status>(result)
               : static_cast<std::int32_t>(static_cast<std::uint32_t>(result));
}

Status HypercallBench::call(unsigned number, std::initializer_list<std::uint64_t> arguments) {
  return call_all(number, arguments);
}

Status HypercallBench::mmu_update(std::uint64_t pointer, std::uint64_t value,
                                  std::uint32_t domains) {
  const ::mmu_update_t request{pointer, value};
  put(kScratch, &request, sizeof request);
  return call(__HYPERVISOR_mmu_update, {kScratch, 1, 0, domains});
}

Status HypercallBench::mmuext(std::uint32_t command, std::uint64_t first, std::uint64_t second) {
  if (wide_) {
    ::mmuext_op op{};
    op.cmd = command;
    op.arg1.mfn = first;
    op.arg2.src_mfn = second;
    put(kScratch, &op, sizeof op);
  } else {
    const std::uint32_t op[3] = {command, static_cast<std::uint32_t>(first),
                                 static_cast<std::uint32_t>(second)};
    put(kScratch, op, sizeof op);
  }
  return call(__HYPERVISOR_mmuext_op, {kScratch, 1, 0, DOMID_SELF});
}

Status HypercallBench::map(std::uint64_t address, std::uint64_t entry) {
  return wide_ ? call(__HYPERVISOR_update_va_mapping, {address, entry, UVMF_INVLPG})
               : call(__HYPERVISOR_update_va_mapping,
                      {address, entry & 0xffffffff, entry >> 32, UVMF_INVLPG});
}

void HypercallBench::put(std::uint64_t address, const void* from, std::size_t bytes) {
  ASSERT_EQ(vcpu().guest().linear().poke(Gva(address), from, bytes), bytes);
}

void HypercallBench::get(std::uint64_t address, void* to, std::size_t bytes) {
  ASSERT_EQ(vcpu().guest().linear().peek(Gva(address), to, bytes), bytes);
}

Mfn HypercallBench::mfn(std::uint64_t pfn) {
  // The domain builder maps everything from zero up, in order.
  const std::uint64_t leaf = entry_value(1, va(pfn));
  return frame_of(Mpa(leaf & x86::paging64::kFrameMask));
}

Mfn HypercallBench::table(int level, std::uint64_t address) {
  const int top = wide_ ? 4 : 3;
  Mpa table = vcpu().guest().cpu().kernel_root;
  for (int at = top; at > level; --at) {
    const std::uint32_t index = x86::paging64::index(address, at) & (wide_ || at != 3 ? 511u : 3u);
    table = Mpa(xen().memory().load<std::uint64_t>(table + index * std::uint64_t{8}) &
                x86::paging64::kFrameMask);
  }
  return frame_of(table);
}

Mpa HypercallBench::entry(int level, std::uint64_t address) {
  const std::uint32_t index =
      x86::paging64::index(address, level) & (wide_ || level != 3 ? 511u : 3u);
  return base_of(table(level, address)) + index * std::uint64_t{8};
}

std::uint64_t HypercallBench::entry_value(int level, std::uint64_t address) {
  return xen().memory().load<std::uint64_t>(entry(level, address));
}

std::uint64_t HypercallBench::fingerprint() {
  XXH3_state_t* hash = XXH3_createState();
  XXH3_64bits_reset(hash);
  XXH3_64bits_update(hash, xen().memory().at(Mpa(0)), xen().memory().size());
  StateWriter state;
  xen().save(state);
  vcpu().guest().cpu().save(state);
  const std::vector<std::uint8_t> bytes = state.take();
  XXH3_64bits_update(hash, bytes.data(), bytes.size());
  const std::uint64_t digest = XXH3_64bits_digest(hash);
  XXH3_freeState(hash);
  return digest;
}

}  // namespace gv::xen
