// SPDX-License-Identifier: MIT

#include "engine/kvm/kvm_engine.h"

#include "engine/kvm/cpuid_policy.h"
#include "engine/kvm/kvm_state.h"
#include "x86/control_registers.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>

namespace gv {

namespace {

// Ring 0 of an emulating KVM runs at about one instruction in a microsecond, and a timer
// interrupt takes a few hundred: at a dilation of 8 a millisecond's timer leaves room for work.
constexpr std::uint64_t kDilationWhenEmulated = 8;
constexpr std::uint64_t kLongestSlice = 1'000'000'000;  // virtual nanoseconds; beyond: no limit

std::chrono::nanoseconds host_clock() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

void enable(int machine, std::uint32_t capability, std::uint64_t argument) {
  kvm_enable_cap request{};
  request.cap = capability;
  request.args[0] = argument;
  ioctl(machine, KVM_ENABLE_CAP, &request);  // an older kernel's default will do
}

}  // namespace

KvmEngine::KvmEngine(std::unique_ptr<State> state) : state_(std::move(state)) {}
KvmEngine::~KvmEngine() = default;

KvmEngine::State::~State() {
  alarm.reset();
  if (run != nullptr) {
    munmap(run, run_bytes);
  }
}

Result<void> KvmEngine::check() {
  if (const auto found = KvmHost::abilities(); !found) {
    return found.error();
  }
  return {};
}

Result<void> KvmEngine::check_legacy_paging() {
  const auto found = KvmHost::abilities();
  if (!found) {
    return found.error();
  }
  if (!found->legacy_paging) {
    return Error{ErrorCode::NotAvailable,
                 "this machine's KVM refuses 32-bit paging, which the guest switches on; boot a "
                 "64-bit guest such as tinykernel64, or use --engine unicorn"};
  }
  return {};
}

Result<std::unique_ptr<KvmEngine>> KvmEngine::create(MachineMemory& memory) {
  const auto abilities = KvmHost::abilities();
  if (!abilities) {
    return abilities.error();
  }
  auto host = KvmHost::open();
  if (!host) {
    return host.error();
  }
  auto state = std::make_unique<State>(std::move(*host), *abilities);
  State& s = *state;
  auto machine = s.host.create_machine();
  if (!machine) {
    return machine.error();
  }
  s.machine = std::move(*machine);
  // A stray VMCALL is #UD: KVM's repair of it would patch guest memory.
  enable(s.machine.get(), KVM_CAP_DISABLE_QUIRKS2, KVM_X86_QUIRK_FIX_HYPERCALL_INSN);
  enable(s.machine.get(), KVM_CAP_X86_USER_SPACE_MSR, KVM_MSR_EXIT_REASON_UNKNOWN);
  auto slots = MemorySlots::create(s.machine.get(), memory);
  if (!slots) {
    return slots.error();
  }
  s.slots = *slots;
  s.vcpu = FileDescriptor(ioctl(s.machine.get(), KVM_CREATE_VCPU, 0));
  if (!s.vcpu.is_open()) {
    return kvm_error("KVM refuses a virtual CPU");
  }
  GV_TRY(apply_cpuid_policy(s.host.device(), s.vcpu.get()));
  s.run_bytes = static_cast<std::size_t>(ioctl(s.host.device(), KVM_GET_VCPU_MMAP_SIZE, 0));
  void* page = mmap(nullptr, s.run_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, s.vcpu.get(), 0);
  if (page == MAP_FAILED) {
    return kvm_error("KVM's run page cannot be mapped");
  }
  s.run = static_cast<kvm_run*>(page);
  s.run->kvm_valid_regs = KVM_SYNC_X86_REGS | KVM_SYNC_X86_SREGS;
  s.alarm.emplace(s.run);
  if (!s.abilities.legacy_paging) {
    s.find_paging_guards(memory);
    s.debug(true, false);
  }
  s.dilation = s.abilities.legacy_paging ? 1 : kDilationWhenEmulated;
  GV_TRY(s.fetch_registers());
  return std::unique_ptr<KvmEngine>(new KvmEngine(std::move(state)));
}

EngineTraits KvmEngine::traits() const {
  return {.name = "kvm",
          .deterministic = false,
          .delivers = true,
          .port_writes_advance = state_->abilities.port_write_advances,
          .dilation = state_->dilation};
}

Result<Exit> KvmEngine::run(const Entry& entry) {
  State& s = *state_;
  if (s.ports.awaits_reply) {
    std::memcpy(s.port_element(s.ports.next), &entry.port_reply, s.run->io.size);
    s.ports.awaits_reply = false;
  }
  if (s.ports.count != 0) {
    if (++s.ports.next < s.ports.count) {
      return s.next_port_element();
    }
    s.ports = {};
  }
  s.run->request_interrupt_window = entry.stop_when_if_may_change ? 1 : 0;
  for (;;) {
    // A breakpoint stops before its instruction, every time: that one is stepped without.
    const bool passing = s.breakpoint_to_pass == s.general().rip;
    s.breakpoint_to_pass.reset();
    if (passing) {
      s.debug(false, true);
    }
    GV_TRY(s.enter(entry.slice));
    if (passing) {
      if (!s.paging_guards.empty() && (s.special().efer & x86::efer::LMA) != 0) {
        s.paging_guards.clear();  // long mode is on: its paging is not refused
      }
      s.debug(true, false);
    }
    if (s.run->exit_reason != KVM_EXIT_DEBUG) {
      return s.translate_exit();
    }
    if (passing) {
      return Exit(BudgetSpent{});  // one instruction further
    }
    const std::uint64_t here = s.run->debug.arch.pc;
    const auto is_one_of = [&](const std::vector<std::uint64_t>& list) {
      return std::find(list.begin(), list.end(), here) != list.end();
    };
    if (is_one_of(s.paging_guards) && s.switches_legacy_paging_on()) {
      return check_legacy_paging().error();
    }
    if (is_one_of(s.watched)) {
      return s.translate_exit();
    }
    s.breakpoint_to_pass = s.general().rip;
  }
}

// One KVM_RUN. Error: KVM itself broke.
Result<void> KvmEngine::State::enter(std::uint64_t slice) {
  // In this order: whatever comes from here on sets immediate_exit, and is not lost.
  run->immediate_exit = 0;
  const std::chrono::nanoseconds before = host_clock();
  alarm->set(before,
             slice > kLongestSlice ? Alarm::kNever : std::chrono::nanoseconds(slice * dilation));
  const int failed = ioctl(vcpu.get(), KVM_RUN, 0);
  const int why = errno;
  const std::chrono::nanoseconds after = host_clock();
  in_guest += after - before;
  if (failed != 0) {
    if (why != EINTR && why != EAGAIN) {
      errno = why;
      const bool special_refused = (run->kvm_dirty_regs & KVM_SYNC_X86_SREGS) != 0;
      return kvm_error(special_refused ? "KVM refuses the guest's segment and control registers"
                                       : "KVM_RUN failed");
    }
    run->exit_reason = KVM_EXIT_INTR;
    alarm->rang(after);
  }
  return {};
}

std::uint64_t KvmEngine::measured() const {
  return static_cast<std::uint64_t>(state_->in_guest.count()) / state_->dilation;
}

void KvmEngine::interrupt() { state_->alarm->ring(); }

bool KvmEngine::ready_for_interrupt() {
  // IF of the last exit, and of now: an assisted instruction may have changed it.
  return state_->run->ready_for_interrupt_injection != 0 && state_->run->if_flag != 0 &&
         (state_->general().rflags & x86::eflags::IF) != 0 && state_->ports.count == 0;
}

void KvmEngine::inject(std::uint8_t vector) {
  kvm_interrupt request{};
  request.irq = vector;
  GV_CHECK(ioctl(state_->vcpu.get(), KVM_INTERRUPT, &request) == 0);
  state_->run->ready_for_interrupt_injection = 0;
}

Result<void> KvmEngine::start_dirty_log() { return state_->slots->start_dirty_log(); }
Result<std::vector<Mfn>> KvmEngine::take_dirty_log() { return state_->slots->take_dirty_log(); }

}  // namespace gv
