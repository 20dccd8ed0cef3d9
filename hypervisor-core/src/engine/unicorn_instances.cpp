// SPDX-License-Identifier: MIT
//
// unicorn_instances.cpp - the 32-bit Unicorn and the 64-bit one behind one CPU.
//
// Both execute every mode alike; they differ in what their interface shows. A
// UC_MODE_32 instance has no names for 64-bit registers and starts nowhere above
// 4 GiB. In a UC_MODE_64 one a write of CS, SS, DS or ES changes the selector and
// neither the hidden part nor the CPL. So a CPU outside long mode is the first,
// one in long mode is the second, and there the first loads segment registers for
// it: the state of one moves into the other as a context image, 0.2 us each way.
//
// The CPL follows the load of SS, and no load lets it change. With PE clear for a moment, SS makes
// it 0; with VM set for a moment, 3. Seen with Unicorn 2.1.1 to 2.1.4.

#include "engine/unicorn_state.h"

namespace gv {

namespace {

// Where machine addresses end for the guest: what CPUID says that a CPU like Unicorn's can address.
constexpr std::uint64_t kAddressSpaceEnd = std::uint64_t{1} << 32;
constexpr std::uint64_t kWideAddressSpaceEnd = std::uint64_t{1} << 40;
constexpr std::uint64_t kStarToUserSegment = 8;

constexpr UnicornRegisterIds kNarrowIds = {
    {UC_X86_REG_EAX, UC_X86_REG_ECX, UC_X86_REG_EDX, UC_X86_REG_EBX, UC_X86_REG_ESP, UC_X86_REG_EBP,
     UC_X86_REG_ESI, UC_X86_REG_EDI},
    8,
    UC_X86_REG_EIP};
constexpr UnicornRegisterIds kWideIds = {
    {UC_X86_REG_RAX, UC_X86_REG_RCX, UC_X86_REG_RDX, UC_X86_REG_RBX, UC_X86_REG_RSP, UC_X86_REG_RBP,
     UC_X86_REG_RSI, UC_X86_REG_RDI, UC_X86_REG_R8, UC_X86_REG_R9, UC_X86_REG_R10, UC_X86_REG_R11,
     UC_X86_REG_R12, UC_X86_REG_R13, UC_X86_REG_R14, UC_X86_REG_R15},
    16,
    UC_X86_REG_RIP};

constexpr int kSegmentIds[kSegmentCount] = {UC_X86_REG_ES, UC_X86_REG_CS, UC_X86_REG_SS,
                                            UC_X86_REG_DS, UC_X86_REG_FS, UC_X86_REG_GS};

std::uint64_t read_from(uc_engine* uc, int id) {
  std::uint64_t value = 0;
  uc_reg_read(uc, id, &value);
  return value;
}

void write_to(uc_engine* uc, int id, std::uint64_t value) { uc_reg_write(uc, id, &value); }

Error broke(uc_err error, const char* doing) {
  return Error{ErrorCode::Internal,
               std::string("Unicorn failed while ") + doing + ": " + uc_strerror(error)};
}

}  // namespace

const UnicornRegisterIds& register_ids(uc_mode mode) {
  return mode == UC_MODE_64 ? kWideIds : kNarrowIds;
}

// RAM up to memory_end, and an empty bus behind it. Behind all of the machine's memory the bus is
// mapped once: taking it away again would cost Unicorn a look at each of a million pages.
Result<void> UnicornEngine::State::lay_out_memory(UnicornInstance& instance, uc_mode mode) {
  const std::uint64_t size = machine.size();
  const auto map_ram = [&](std::uint64_t from, std::uint64_t to) {
    return uc_mem_map_ptr(instance.uc, from, to - from, UC_PROT_ALL, machine.at(Mpa(from)));
  };
  const auto map_bus = [&](std::uint64_t from, std::uint64_t to) {
    return uc_mmio_map(instance.uc, from, to - from, &UnicornHooks::bus_read, nullptr,
                       &UnicornHooks::bus_write, nullptr);
  };
  uc_err error = UC_ERR_OK;
  if (instance.memory_end == 0) {
    const std::uint64_t end = mode == UC_MODE_64 ? kWideAddressSpaceEnd : kAddressSpaceEnd;
    error = map_ram(0, size);
    if (error == UC_ERR_OK && size < end) {
      error = map_bus(size, end);
    }
    instance.memory_split = size;
  }
  if (error == UC_ERR_OK && memory_end < size && instance.memory_split != memory_end) {
    uc_mem_unmap(instance.uc, 0, instance.memory_split);
    if (instance.memory_split < size) {
      uc_mem_unmap(instance.uc, instance.memory_split, size - instance.memory_split);
    }
    error = map_ram(0, memory_end);
    if (error == UC_ERR_OK) {
      error = map_bus(memory_end, size);
    }
    instance.memory_split = memory_end;
  } else if (error == UC_ERR_OK && instance.memory_split < size) {
    uc_mem_unmap(instance.uc, instance.memory_split, size - instance.memory_split);
    error = memory_end == size ? map_ram(instance.memory_split, size)
                               : map_bus(instance.memory_split, size);
  }
  if (error != UC_ERR_OK) {
    return broke(error, "mapping the machine's memory");
  }
  instance.memory_end = memory_end;
  return {};
}

Result<void> UnicornEngine::State::open_instance(UnicornInstance& instance, uc_mode mode) {
  if (const uc_err error = uc_open(UC_ARCH_X86, mode, &instance.uc)) {
    return broke(error, "opening a CPU");
  }
  // Before anything else: later Unicorn has already reserved its default.
  uc_ctl_set_tcg_buffer_size(instance.uc, kTranslationBufferBytes);
  GV_TRY(lay_out_memory(instance, mode));
  if (!UnicornHooks::install(*this, instance) ||
      uc_context_alloc(instance.uc, &instance.context) != UC_ERR_OK) {
    return Error{ErrorCode::Internal, "Unicorn refused a hook or a context"};
  }
  return {};
}

void UnicornEngine::State::close_instance(UnicornInstance& instance) {
  if (instance.context != nullptr) {
    uc_context_free(instance.context);
  }
  if (instance.uc != nullptr) {
    uc_close(instance.uc);
  }
  instance = {};
}

Result<void> UnicornEngine::State::settle_instance() {
  return in_long_mode() == is_wide ? Result<void>{}
                                   : use_instance(is_wide ? UC_MODE_32 : UC_MODE_64);
}

Result<void> UnicornEngine::State::use_instance(uc_mode mode) {
  UnicornInstance& next = mode == UC_MODE_64 ? wide : narrow;
  if (next.uc == uc) {
    return {};
  }
  if (next.uc == nullptr) {
    GV_TRY(open_instance(next, mode));
  }
  const std::array<std::uint64_t, kGprCount> pending = gprs;
  // Hooks that come and go stay behind.
  for (const uc_hook hook : memory_hooks) {
    uc_hook_del(uc, hook);
  }
  memory_hooks.clear();
  if (code_hook != 0) {
    uc_hook_del(uc, std::exchange(code_hook, 0));
  }
  uc_context_save(uc, next.context);
  uc_context_restore(next.uc, next.context);
  uc = next.uc;
  context = next.context;
  ids = &register_ids(mode);
  is_wide = mode == UC_MODE_64;
  // What was read is read anew; what is still to be written stays so.
  gprs_valid = gprs_valid && gprs_dirty != 0;
  if (std::exchange(gprs_valid, false)) {
    load_gprs();
    for (std::size_t i = 0; i < gprs.size(); ++i) {
      gprs[i] = (gprs_dirty >> i & 1) != 0 ? pending[i] : gprs[i];
    }
  }
  rip_valid = rip_dirty;
  eflags_valid = eflags_dirty;
  // What the other one knew of memory and code is from when it ran last.
  ranges_stale = code_stale = tlb_stale = true;
  known_segment_valid = false;
  spaces.clear();
  counter.clear();
  trap_index.clear();
  refresh_space();
  return {};
}

void UnicornEngine::State::load_segments_by(uc_engine* loader) {
  if (is_wide && (read_from(loader, UC_X86_REG_EFLAGS) & x86::eflags::VM) != 0) {
    // Not there in long mode: see UnicornHooks::trap().
    write_to(loader, UC_X86_REG_EFLAGS, x86::eflags::kAlwaysOne);
  }
  if (privilege_switch) {
    const std::uint64_t cr0 = read_from(loader, UC_X86_REG_CR0);
    const int cpl = static_cast<int>(read_from(loader, UC_X86_REG_SS) & 3);
    const int target = privilege_switch->ss & 3;
    const bool protected_mode = (cr0 & x86::cr0::PE) != 0;
    if (protected_mode && cpl != target && target == 3) {
      const std::uint64_t flags = read_from(loader, UC_X86_REG_EFLAGS);
      write_to(loader, UC_X86_REG_EFLAGS, flags | x86::eflags::VM);
      write_to(loader, UC_X86_REG_SS, 0);
      write_to(loader, UC_X86_REG_EFLAGS, flags);
    } else if (protected_mode && cpl != target) {
      write_to(loader, UC_X86_REG_CR0, cr0 & ~std::uint64_t{x86::cr0::PG | x86::cr0::PE});
      write_to(loader, UC_X86_REG_SS, 0);
      write_to(loader, UC_X86_REG_CR0, cr0);
    }
    write_to(loader, UC_X86_REG_CS, privilege_switch->cs);
    write_to(loader, UC_X86_REG_SS, privilege_switch->ss);
  }
  for (std::size_t i = 0; i < selectors.size(); ++i) {
    if (selectors[i]) {
      write_to(loader, kSegmentIds[i], *selectors[i]);
    }
  }
}

void UnicornEngine::State::load_segments() {
  const bool data = std::any_of(selectors.begin(), selectors.end(),
                                [](const auto& selector) { return selector.has_value(); });
  if (!is_wide) {
    load_segments_by(uc);
  } else if (privilege_switch && !data &&
             (privilege_switch->cs & 3) == (read_register(UC_X86_REG_CS) & 3) &&
             read_code_segment(privilege_switch->cs).bits == 64 &&
             read_code_segment(static_cast<std::uint16_t>(read_register(UC_X86_REG_CS))).bits ==
                 64) {
    // From 64-bit code to 64-bit code of the same ring: the hidden parts are the same.
    write_register(UC_X86_REG_CS, privilege_switch->cs);
    write_register(UC_X86_REG_SS, privilege_switch->ss);
  } else if (privilege_switch || data) {
    const std::uint64_t rip_now = read_rip();  // leaving long mode for a moment cuts it
    uc_context_save(wide.uc, wide.context);
    uc_context_restore(narrow.uc, wide.context);
    uc_ctl_flush_tlb(narrow.uc);
    load_segments_by(narrow.uc);
    uc_context_save(narrow.uc, wide.context);
    uc_context_reg_write(wide.context, UC_X86_REG_RIP, &rip_now);
    uc_context_restore(wide.uc, wide.context);
  }
  known_segment_valid = known_segment_valid && !privilege_switch;
  privilege_switch.reset();
  selectors = {};
}

// SDM vol. 2B, "SYSCALL". The segments are read from the tables, where a CPU makes them up; an
// operating system has the same ones there.
void UnicornEngine::State::enter_system_call(std::uint64_t next_rip, std::uint64_t length) {
  const auto msr = [this](Msr which) {
    uc_x86_msr value{};
    value.rid = static_cast<std::uint32_t>(which);
    uc_reg_read(uc, UC_X86_REG_MSR, &value);
    return value.value;
  };
  const std::uint64_t flags = read_register(UC_X86_REG_EFLAGS);
  const auto cs = static_cast<std::uint16_t>((msr(Msr::Star) >> 32) & 0xfffc);
  privilege_switch = PrivilegeSwitch{cs, static_cast<std::uint16_t>(cs + kStarToUserSegment), {}};
  const std::uint64_t r11 = flags & ~std::uint64_t{x86::eflags::RF};
  const std::uint64_t handler_flags =
      (r11 & ~msr(Msr::Fmask)) | std::uint64_t{x86::eflags::kAlwaysOne};
  // Unicorn goes on behind the instruction, as if it were where RIP says.
  const std::uint64_t rip_before_handler = msr(Msr::Lstar) - length;
  load_segments();
  uc_context_save(uc, context);
  uc_context_reg_write(context, UC_X86_REG_RCX, &next_rip);
  uc_context_reg_write(context, UC_X86_REG_R11, &r11);
  uc_context_reg_write(context, UC_X86_REG_EFLAGS, &handler_flags);
  uc_context_reg_write(context, UC_X86_REG_RIP, &rip_before_handler);
  uc_context_restore(uc, context);
  known_segment_valid = false;
}

}  // namespace gv
