// SPDX-License-Identifier: MIT

#include "engine/fiber.h"

#include "gv/result.h"

#include <sys/mman.h>

#include <boost/context/detail/fcontext.hpp>

#if defined(__SANITIZE_ADDRESS__)
#define GV_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define GV_ASAN 1
#endif
#endif
#if defined(__SANITIZE_THREAD__)
#define GV_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GV_TSAN 1
#endif
#endif

#ifdef GV_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef GV_TSAN
#include <sanitizer/tsan_interface.h>
#endif

namespace gv {

namespace {

// Unicorn's translator recurses little; 512 KiB leaves an order of magnitude.
constexpr std::size_t kStackBytes = 512 * 1024;
constexpr std::size_t kGuardBytes = 4096;

}  // namespace

struct Fiber::State {
  Entry entry;
  void* argument;
  std::byte* mapping = nullptr;
  boost::context::detail::fcontext_t inside = nullptr;
  boost::context::detail::fcontext_t outside = nullptr;
#ifdef GV_ASAN
  void* fake_stack_outside = nullptr;
  void* fake_stack_inside = nullptr;
  const void* outside_bottom = nullptr;
  std::size_t outside_size = 0;
#endif
#ifdef GV_TSAN
  void* tsan_inside = nullptr;
  void* tsan_outside = nullptr;
#endif

  std::byte* stack_bottom() const { return mapping + kGuardBytes; }

  static void start(boost::context::detail::transfer_t from) {
    auto* self = static_cast<State*>(from.data);
    self->outside = from.fctx;
#ifdef GV_ASAN
    __sanitizer_finish_switch_fiber(nullptr, &self->outside_bottom, &self->outside_size);
#endif
    self->entry(self->argument);
    GV_CHECK(false && "a fiber's entry returned");
  }
};

Fiber::Fiber(Entry entry, void* argument) : state_(std::make_unique<State>()) {
  state_->entry = entry;
  state_->argument = argument;
  void* mapping = mmap(nullptr, kStackBytes + kGuardBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  GV_CHECK(mapping != MAP_FAILED);
  GV_CHECK(mprotect(mapping, kGuardBytes, PROT_NONE) == 0);
  state_->mapping = static_cast<std::byte*>(mapping);
  state_->inside = boost::context::detail::make_fcontext(state_->stack_bottom() + kStackBytes,
                                                         kStackBytes, &State::start);
#ifdef GV_TSAN
  state_->tsan_inside = __tsan_create_fiber(0);
#endif
}

Fiber::~Fiber() {
#ifdef GV_TSAN
  __tsan_destroy_fiber(state_->tsan_inside);
#endif
#ifdef GV_ASAN
  // Frames that were left suspended poisoned it, and the next mapping may lie here.
  __asan_unpoison_memory_region(state_->mapping, kStackBytes + kGuardBytes);
#endif
  munmap(state_->mapping, kStackBytes + kGuardBytes);
}

void Fiber::resume() {
#ifdef GV_TSAN
  state_->tsan_outside = __tsan_get_current_fiber();
  __tsan_switch_to_fiber(state_->tsan_inside, 0);
#endif
#ifdef GV_ASAN
  __sanitizer_start_switch_fiber(&state_->fake_stack_outside, state_->stack_bottom(), kStackBytes);
#endif
  const auto back = boost::context::detail::jump_fcontext(state_->inside, state_.get());
  state_->inside = back.fctx;
#ifdef GV_ASAN
  __sanitizer_finish_switch_fiber(state_->fake_stack_outside, nullptr, nullptr);
#endif
}

void Fiber::suspend() {
#ifdef GV_TSAN
  __tsan_switch_to_fiber(state_->tsan_outside, 0);
#endif
#ifdef GV_ASAN
  __sanitizer_start_switch_fiber(&state_->fake_stack_inside, state_->outside_bottom,
                                 state_->outside_size);
#endif
  const auto back = boost::context::detail::jump_fcontext(state_->outside, nullptr);
  state_->outside = back.fctx;
#ifdef GV_ASAN
  __sanitizer_finish_switch_fiber(state_->fake_stack_inside, &state_->outside_bottom,
                                  &state_->outside_size);
#endif
}

}  // namespace gv
