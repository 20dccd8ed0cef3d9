// SPDX-License-Identifier: MIT

#include "engine/kvm/alarm.h"

#include "gv/result.h"

#include <linux/kvm.h>

#include <sys/syscall.h>
#include <unistd.h>
#include <csignal>

// glibc names the field since 2.38 only.
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

namespace gv {

namespace {

// The vCPU that this thread is running. Per thread, because a signal handler gets no argument.
thread_local volatile kvm_run* running = nullptr;

int alarm_signal() { return SIGRTMIN + 3; }

void on_alarm(int) {
  if (running != nullptr) {
    running->immediate_exit = 1;
  }
}

void install_handler() {
  static const bool installed = [] {
    struct sigaction action {};
    action.sa_handler = on_alarm;  // without SA_RESTART: KVM_RUN is to return
    return sigaction(alarm_signal(), &action, nullptr) == 0;
  }();
  GV_CHECK(installed);
}

}  // namespace

Alarm::~Alarm() {
  if (has_timer_) {
    timer_delete(timer_);
  }
  if (running == run_) {
    running = nullptr;
  }
}

void Alarm::adopt_thread() {
  running = run_;
  if (has_thread_ && pthread_equal(thread_, pthread_self()) != 0) {
    return;
  }
  install_handler();
  if (has_timer_) {
    timer_delete(timer_);
    has_timer_ = false;
  }
  sigevent event{};
  event.sigev_notify = SIGEV_THREAD_ID;
  event.sigev_signo = alarm_signal();
  event.sigev_notify_thread_id = static_cast<pid_t>(syscall(SYS_gettid));
  GV_CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0);
  has_timer_ = true;
  thread_ = pthread_self();
  has_thread_ = true;
  due_ = {};
}

void Alarm::set(std::chrono::nanoseconds now, std::chrono::nanoseconds slice) {
  adopt_thread();
  if (wanted_.exchange(false)) {
    run_->immediate_exit = 1;
  }
  if (slice == kNever) {
    return;
  }
  const std::chrono::nanoseconds wanted = now + slice;
  if (due_ > now && due_ <= wanted) {
    return;
  }
  due_ = wanted;
  itimerspec when{};
  when.it_value.tv_sec = wanted.count() / 1'000'000'000;
  when.it_value.tv_nsec = wanted.count() % 1'000'000'000;
  timer_settime(timer_, TIMER_ABSTIME, &when, nullptr);
}

void Alarm::rang(std::chrono::nanoseconds now) {
  if (due_ <= now) {
    due_ = {};
  }
}

void Alarm::ring() {
  wanted_ = true;
  if (has_thread_) {
    pthread_kill(thread_, alarm_signal());
  }
}

}  // namespace gv
