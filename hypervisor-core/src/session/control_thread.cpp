// SPDX-License-Identifier: MIT

#include "session/control_thread.h"

#include "session/snapshot_builder.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv {

namespace {

// Virtual time between two looks at the queue and the host's clock.
constexpr std::uint64_t kLookAroundEvery = 2'000'000;
constexpr auto kPublishEvery = std::chrono::milliseconds(16);

bool before(Position a, Position b) {
  return a.retired != b.retired ? a.retired < b.retired : a.events < b.events;
}

bool is_harmless_while_running(const Command& command) {
  return std::holds_alternative<Type>(command) || std::holds_alternative<PressKeys>(command) ||
         std::holds_alternative<SetView>(command) ||
         std::holds_alternative<SetExecutionControls>(command) ||
         std::holds_alternative<ControlDomain>(command) ||
         std::holds_alternative<SetDomainShare>(command) || std::holds_alternative<Look>(command);
}

constexpr const char* kCannotWatch =
    "this engine does not see memory accesses; unicorn and the interpreter do";

}  // namespace

ControlThread::ControlThread(std::unique_ptr<Machine> machine, const MachineConfig& config,
                             const SymbolTable& symbols)
    : timeline_(std::move(machine), config.time_travel && config.trace != TracePolicy::Off &&
                                        config.engine != EngineKind::Kvm),
      machine_(&timeline_.machine()),
      config_(config),
      symbols_(symbols) {
  registers_at_last_stop_ = machine_->technique().registers();
  publish(RunState::Stopped, StopCause::NotStarted, 0);
  thread_ = std::thread([this] { live(); });
}

ControlThread::~ControlThread() {
  {
    const std::lock_guard lock(mutex_);
    quitting_ = true;
    attention_ = true;
  }
  work_.notify_all();
  machine_->engine().interrupt();
  thread_.join();
}

std::uint64_t ControlThread::enqueue(Command command, bool awaited) {
  std::uint64_t id = 0;
  {
    const std::lock_guard lock(mutex_);
    id = next_id_++;
    queue_.push_back({id, std::move(command)});
    if (awaited) {
      awaited_.insert(id);
    }
    attention_ = true;
  }
  work_.notify_all();
  // A guest on the CPU itself may never exit by its own doing. The engine outlives this thread.
  machine_->engine().interrupt();
  return id;
}

std::uint64_t ControlThread::submit(Command command) { return enqueue(std::move(command), false); }

Notice ControlThread::perform(Command command) {
  const std::uint64_t id = enqueue(std::move(command), true);
  std::unique_lock lock(mutex_);
  answered_.wait(lock, [&] { return answers_.contains(id); });
  Notice notice = std::move(answers_.extract(id).mapped());
  return notice;
}

std::vector<Notice> ControlThread::take_notices() {
  const std::lock_guard lock(mutex_);
  return std::exchange(notices_, {});
}

std::shared_ptr<const Snapshot> ControlThread::snapshot() const {
  const std::lock_guard lock(mutex_);
  return snapshot_;
}

void ControlThread::live() {
  for (;;) {
    Queued next;
    {
      std::unique_lock lock(mutex_);
      work_.wait(lock, [&] { return quitting_ || !queue_.empty(); });
      if (quitting_) {
        return;
      }
      next = std::move(queue_.front());
      queue_.pop_front();
      attention_ = !queue_.empty();
    }
    execute(next);
  }
}

void ControlThread::answer(Notice notice) {
  {
    const std::lock_guard lock(mutex_);
    if (awaited_.erase(notice.command) != 0) {
      answers_.emplace(notice.command, std::move(notice));
    } else {
      notices_.push_back(std::move(notice));
    }
  }
  answered_.notify_all();
}

void ControlThread::execute(const Queued& queued) {
  if (const auto* look = std::get_if<Look>(&queued.command)) {
    answer(answer_to(*look, queued.id));
    return;
  }
  const Outcome outcome = carry_out(queued.command);
  Notice notice;
  notice.command = queued.id;
  notice.refused = !outcome.refusal.empty();
  notice.cause = outcome.cause;
  notice.breakpoint = outcome.breakpoint;
  if (!notice.refused) {
    const bool moved = outcome.cause != StopCause::NotStarted;
    const auto last = snapshot();
    publish(machine_->end() ? RunState::Ended : RunState::Stopped,
            moved ? outcome.cause : last->cause, outcome.breakpoint);
  }
  notice.snapshot = snapshot();
  notice.text = notice.refused ? outcome.refusal : notice.snapshot->cause_text;
  answer(std::move(notice));
}

ControlThread::Outcome ControlThread::cause_of_end() {
  switch (machine_->end()->how) {
    case GuestEnd::Exited:
      return stopped(StopCause::GuestExited);
    case GuestEnd::Halted:
      return stopped(StopCause::GuestHalted);
    case GuestEnd::Crashed:
      break;
  }
  return stopped(StopCause::GuestCrashed);
}

StopCause ControlThread::cause_of_failure() const {
  return machine_->engine_failure().code == ErrorCode::NotAvailable ? StopCause::EngineRefused
                                                                    : StopCause::EngineFailed;
}

// An exit on a port leaves the machine in the middle of an instruction. With a
// history it is replayed to the instant right after; without, the block ends first.
void ControlThread::settle_after_exit() {
  if (!machine_->inside_block() || machine_->end()) {
    return;
  }
  if (timeline_.can_go_back()) {
    StopWatch::disarm(*machine_);
    timeline_.seek_again(position_after_exit(*machine_), [] { return true; });
    return;
  }
  RunLimits limits;
  limits.stop_at_cycles = 0;
  timeline_.advance(limits, 1);
}

// The engine tells of a touch at the end of the block: back to the instant right after it.
void ControlThread::stand_after_touch(std::uint64_t retired) {
  StopWatch::disarm(*machine_);
  if (timeline_.can_go_back() && retired < machine_->position().retired) {
    timeline_.seek_again({retired, 0, 0}, [] { return true; });
  }
}

ControlThread::Outcome ControlThread::run(const Run& command) {
  if (machine_->end()) {
    return refused(kEndedRefusal);
  }
  if (command.instructions && !machine_->engine().traits().deterministic) {
    return refused(kUncountedRefusal);
  }
  StopWatch watch(*machine_);
  for (const std::vector<Breakpoint>& breakpoints : {breakpoints_, command.until}) {
    if (const auto added = watch.add(breakpoints); !added) {
      return refused(added.error().message);
    }
  }
  if (command.until_console) {
    if (const auto ready = watch.wait_for_console(*command.until_console); !ready) {
      return refused(ready.error().message);
    }
  }
  if (!watch.arm()) {
    return refused(kCannotWatch);
  }
  const auto started = Clock::now();
  const std::uint64_t from = machine_->position().retired;
  RunLimits limits;
  limits.pause = &attention_;
  limits.observer = &watch;
  if (command.instructions) {
    limits.stop_exactly = from + std::min(*command.instructions, UINT64_MAX - from);
  }
  for (;;) {
    const RunStop stop = timeline_.advance(limits, kLookAroundEvery);
    if (stop == RunStop::ObserverStopped) {
      if (watch.touched_at()) {
        stand_after_touch(*watch.touched_at());
      } else if (watch.stopped_after_exit()) {
        settle_after_exit();
      }
      if (watch.breakpoint()) {
        return stopped(StopCause::BreakpointHit, *watch.breakpoint());
      }
      return stopped(StopCause::ConsoleMatched);
    }
    if (stop == RunStop::GuestEnded) {
      return cause_of_end();
    }
    if (stop == RunStop::EngineFailed) {
      return stopped(cause_of_failure());
    }
    if (machine_->position().retired >= limits.stop_exactly) {
      return stopped(StopCause::InstructionLimit);
    }
    if (attention_ && !serve_queue_while_running(Others::AreRefused)) {
      return stopped(StopCause::Paused);
    }
    if (command.host_milliseconds &&
        Clock::now() - started > std::chrono::milliseconds(*command.host_milliseconds)) {
      return stopped(StopCause::TimeLimit);
    }
    publish_if_due();
  }
}

bool ControlThread::serve_queue_while_running(Others others) {
  for (;;) {
    Queued next;
    bool harmless = false;
    {
      const std::lock_guard lock(mutex_);
      if (quitting_) {
        return false;
      }
      if (queue_.empty()) {
        attention_ = false;
        return true;
      }
      const Command& first = queue_.front().command;
      harmless = is_harmless_while_running(first);
      if (others == Others::Wait && !harmless && !std::holds_alternative<Pause>(first)) {
        attention_ = false;
        return true;
      }
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    if (harmless && !machine_->at_boundary()) {
      // Input enters between instructions of the guest, never inside one.
      const std::lock_guard lock(mutex_);
      queue_.push_front(std::move(next));
      return true;
    }
    Notice notice;
    notice.command = next.id;
    if (const auto* look = std::get_if<Look>(&next.command)) {
      answer(answer_to(*look, next.id));
      continue;
    }
    if (harmless) {
      carry_out(next.command);
    } else if (std::holds_alternative<Pause>(next.command)) {
      notice.cause = StopCause::Paused;
    } else {
      notice.refused = true;
      notice.text = "the guest is running; pause it first";
    }
    notice.snapshot = snapshot();
    const bool paused = notice.cause == StopCause::Paused;
    answer(std::move(notice));
    if (paused) {
      const std::lock_guard lock(mutex_);
      attention_ = !queue_.empty();
      return false;
    }
  }
}

bool ControlThread::pause_requested() { return attention_.load(); }

ControlThread::Outcome ControlThread::move_to(Position target, StopCause cause) {
  StopWatch::disarm(*machine_);
  const bool backwards = before(target, machine_->position());
  if (!backwards && machine_->end()) {
    return cause_of_end();
  }
  const RunStop stop = timeline_.seek(target, [&] {
    publish_if_due();
    // A held key sends steps faster than a loaded machine makes them: none may be lost.
    return !pause_requested() || serve_queue_while_running(Others::Wait);
  });
  switch (stop) {
    case RunStop::GuestEnded:
      return cause_of_end();
    case RunStop::EngineFailed:
      return stopped(cause_of_failure());
    case RunStop::Paused:
      return stopped(StopCause::Paused);
    case RunStop::TargetReached:
    case RunStop::ObserverStopped:
      break;
  }
  return stopped(cause);
}

ControlThread::Outcome ControlThread::step_back(std::uint64_t instructions) {
  if (!timeline_.can_go_back()) {
    return refused(no_history());
  }
  const std::uint64_t here = machine_->position().retired;
  if (instructions > here || here == 0) {
    return move_to({0, 0, 0}, StopCause::BeginningReached);
  }
  return move_to({here - instructions, 0, 0}, StopCause::StepDone);
}

// Backwards is forwards from ever earlier checkpoints, noting every hit on the
// way; the last one before the present is where a run backwards ends.
ControlThread::Outcome ControlThread::run_back(const RunBack& command) {
  if (!timeline_.can_go_back()) {
    return refused(no_history());
  }
  StopWatch watch(*machine_);
  for (const std::vector<Breakpoint>& breakpoints : {breakpoints_, command.until}) {
    if (const auto added = watch.add(breakpoints); !added) {
      return refused(added.error().message);
    }
  }
  const Position present = machine_->position();
  Position end = present;
  while (end.retired > 0 || end.events > 0) {
    const Position start = timeline_.go_to_checkpoint_before(end);
    std::vector<Hit> hits;
    watch.collect(&hits);
    watch.look_at_address_now();
    if (!watch.arm()) {
      timeline_.seek_again(present, [] { return true; });
      return refused(kCannotWatch);
    }
    timeline_.replay_until(end, watch);
    StopWatch::disarm(*machine_);
    std::erase_if(hits, [&](const auto& hit) {
      const bool same_instant = hit.at.retired == present.retired && hit.at.events == 0;
      return (same_instant && !hit.touch) || !before(hit.at, present);
    });
    if (!hits.empty()) {
      // A touch is told at the end of its block, after what else happened in that.
      const auto last =
          std::max_element(hits.begin(), hits.end(),
                           [](const auto& a, const auto& b) { return before(a.at, b.at); });
      timeline_.seek_again(last->at, [] { return true; });
      return stopped(StopCause::BreakpointHit, last->breakpoint);
    }
    if (pause_requested()) {
      timeline_.seek_again(present, [] { return true; });
      return stopped(StopCause::Paused);
    }
    end = start;
  }
  return move_to({0, 0, 0}, StopCause::BeginningReached);
}

std::string ControlThread::sentence(StopCause cause, std::uint32_t breakpoint) const {
  const Position at = machine_->position();
  switch (cause) {
    case StopCause::NotStarted:
      return "The guest has not started.";
    case StopCause::StepDone:
      return fmt::format("Stepped to instruction {}.", at.retired);
    case StopCause::BreakpointHit:
      return fmt::format("Breakpoint {} was hit at instruction {}.", breakpoint, at.retired);
    case StopCause::ConsoleMatched:
      return "The console shows the text that was waited for.";
    case StopCause::InstructionLimit:
      return fmt::format("The instruction limit was reached at {}.", at.retired);
    case StopCause::TimeLimit:
      return "The time limit was reached; the guest was still running.";
    case StopCause::Paused:
      return fmt::format("Paused at instruction {}.", at.retired);
    case StopCause::BeginningReached:
      return "This is the beginning of the run.";
    case StopCause::SeekDone:
      return fmt::format("Moved to instruction {}.", at.retired);
    case StopCause::GuestExited:
      if (!machine_->end_text().empty()) {
        return machine_->end_text();
      }
      return fmt::format("The guest ended itself through the debug-exit port with code {:#x}.",
                         machine_->end() ? machine_->end()->code : 0);
    case StopCause::GuestHalted:
      return "The guest executed HLT and nothing can wake it.";
    case StopCause::GuestCrashed:
      return !machine_->end_text().empty()
                 ? machine_->end_text()
                 : "The guest crashed: an exception could not be delivered (triple fault).";
    case StopCause::EngineFailed:
    case StopCause::EngineRefused:
      return machine_->engine_failure().message;
  }
  return {};
}

std::shared_ptr<Snapshot> ControlThread::picture(const ViewRequest& view) const {
  auto built = std::make_shared<Snapshot>(build_snapshot(*machine_, symbols_, view, config_));
  built->furthest = timeline_.furthest();
  built->registers_before = registers_at_last_stop_;
  return built;
}

// The machine has not moved since the last stop was published, or is running still.
Notice ControlThread::answer_to(const Look& look, std::uint64_t id) const {
  const std::shared_ptr<Snapshot> built = picture(look.view);
  const std::shared_ptr<const Snapshot> last = snapshot();
  built->generation = last->generation;
  built->state = last->state;
  built->cause = last->cause;
  built->cause_text = last->cause_text;
  Notice notice;
  notice.command = id;
  notice.text = last->cause_text;
  notice.snapshot = built;
  return notice;
}

void ControlThread::publish(RunState state, StopCause cause, std::uint32_t breakpoint) {
  if (state != RunState::Running && view_.instructions) {
    timeline_.examine_last_instruction();
  }
  const std::shared_ptr<Snapshot> built = picture(view_);
  built->generation = ++generation_;
  built->state = state;
  built->cause = cause;
  built->cause_text =
      state == RunState::Running ? "The guest is running." : sentence(cause, breakpoint);
  if (state != RunState::Running) {
    registers_at_last_stop_ = built->registers;
  }
  last_publish_ = Clock::now();
  const std::lock_guard lock(mutex_);
  snapshot_ = built;
}

void ControlThread::publish_if_due() {
  if (Clock::now() - last_publish_ >= kPublishEvery && machine_->at_boundary()) {
    publish(RunState::Running, StopCause::NotStarted, 0);
  }
}

}  // namespace gv
