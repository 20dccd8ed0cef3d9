// SPDX-License-Identifier: MIT
//
// alarm.h - takes the CPU back from a guest that does not exit.
//
// A signal to the thread that runs the guest, after a time or at another
// thread's wish. Its handler sets KVM's immediate_exit, so that a signal that
// arrives just before KVM_RUN is not lost.
//
// ring() may be called by any thread; everything else by the running thread.

#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include <pthread.h>
#include <time.h>

struct kvm_run;

namespace gv {

class Alarm {
 public:
  explicit Alarm(kvm_run* run) : run_(run) {}
  ~Alarm();
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;

  static constexpr std::chrono::nanoseconds kNever = std::chrono::nanoseconds::max();

  // REQUIRES: immediate_exit was cleared before `now` was read.
  // This thread runs the guest from now on; at most `slice` later its KVM_RUN returns. An alarm
  // that is already set and comes earlier stays: who is woken early goes on.
  void set(std::chrono::nanoseconds now, std::chrono::nanoseconds slice);
  // KVM_RUN was interrupted: the alarm that is set has been used up, unless it is still to come.
  void rang(std::chrono::nanoseconds now);
  // KVM_RUN, now or the next time, returns at once.
  void ring();

 private:
  void adopt_thread();
  kvm_run* run_;
  bool has_timer_ = false;
  timer_t timer_{};
  pthread_t thread_{};
  std::atomic<bool> has_thread_{false};
  std::atomic<bool> wanted_{false};  // by ring(), and not yet obeyed
  std::chrono::nanoseconds due_{0};  // on the monotonic clock; 0: not set
};

}  // namespace gv
