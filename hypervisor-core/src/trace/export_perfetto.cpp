// SPDX-License-Identifier: MIT
//
// export_perfetto.cpp - Chrome's JSON trace event format, which Perfetto opens.
//
// The domain is a process. Its threads are the storeys: guest user, guest
// kernel, hypervisor, devices. The guest's slices run from a resume to the
// next exit, the hypervisor's from an exit to its resume; everything else is
// an instant. The time axis is virtual: one cycle is shown as one nanosecond.
//
// Source: "Trace Event Format" (Google), phases X, i, C and M.

#include "trace/event_text.h"
#include "trace/exporters.h"

#include <fmt/format.h>
#include <fmt/ostream.h>

#include <nlohmann/json.hpp>

#include <optional>

namespace gv {
namespace {

constexpr int kDomain = 1;

int thread_of(Storey storey) { return static_cast<int>(storey) + 1; }

// Where an instant belongs.
Storey place_of(const EventBody& body) {
  return std::visit(
      [](const auto& b) {
        using T = std::remove_cvref_t<decltype(b)>;
        if constexpr (std::is_same_v<T, PortTouched> || std::is_same_v<T, InterruptRaised> ||
                      std::is_same_v<T, ConsoleWritten> || std::is_same_v<T, InputArrived> ||
                      std::is_same_v<T, ClockSkipped>) {
          return Storey::Hardware;
        } else if constexpr (std::is_same_v<T, ExceptionDelivered> ||
                             std::is_same_v<T, InterruptDelivered>) {
          return Storey::GuestKernel;
        } else {
          return Storey::Hypervisor;
        }
      },
      body);
}

// The format counts microseconds; three decimals keep every cycle.
std::string microseconds(std::uint64_t cycles) {
  return fmt::format("{}.{:03}", cycles / 1000, cycles % 1000);
}

class PerfettoWriter {
 public:
  explicit PerfettoWriter(std::ostream& out) : out_(out) {}

  void metadata(std::string_view what, int thread, const std::string& name) {
    line(R"("ph":"M","pid":{},"tid":{},"name":"{}","args":{{"name":{}}})", kDomain, thread, what,
         quoted(name));
  }
  void sort_index(int thread, int index) {
    line(R"("ph":"M","pid":{},"tid":{},"name":"thread_sort_index","args":{{"sort_index":{}}})",
         kDomain, thread, index);
  }
  void slice(Storey storey, std::uint64_t from, std::uint64_t to, std::string_view name,
             const std::string& args) {
    line(R"("ph":"X","pid":{},"tid":{},"ts":{},"dur":{},"name":"{}","args":{{{}}})", kDomain,
         thread_of(storey), microseconds(from), microseconds(to > from ? to - from : 0), name,
         args);
  }
  void instant(Storey storey, std::uint64_t at, std::string_view name, const std::string& args) {
    line(R"("ph":"i","s":"t","pid":{},"tid":{},"ts":{},"name":"{}","args":{{{}}})", kDomain,
         thread_of(storey), microseconds(at), name, args);
  }
  void counter(std::uint64_t at, std::string_view name, std::uint64_t value) {
    line(R"("ph":"C","pid":{},"ts":{},"name":"{}","args":{{"value":{}}})", kDomain,
         microseconds(at), name, value);
  }

  static std::string quoted(const std::string& text) {
    return nlohmann::json(text).dump(-1, ' ', true, nlohmann::json::error_handler_t::replace);
  }

 private:
  template <class... T>
  void line(fmt::format_string<T...> format, T&&... args) {
    out_ << (first_ ? "\n{" : ",\n{");
    first_ = false;
    fmt::print(out_, format, std::forward<T>(args)...);
    out_ << '}';
  }
  std::ostream& out_;
  bool first_ = true;
};

std::string args_of(const Event& event, std::uint64_t sequence) {
  std::string args = fmt::format(R"("sequence":{},"rip":"{:#x}","retired":{})", sequence,
                                 event.rip.value, event.retired);
  for_each_field_text(event, [&](std::string_view name, const FieldText& field) {
    const std::string_view quote = field.number ? "" : "\"";
    args += fmt::format(R"(,"{}":{}{}{})", name, quote, field.text, quote);
  });
  return args;
}

// Follows the run through its storeys and turns pairs of events into slices.
class StoreyTracker {
 public:
  StoreyTracker(PerfettoWriter& out, std::uint64_t start) : out_(out), since_(start) {}

  void event(const Event& e, std::uint64_t sequence) {
    last_ = e.cycles;
    if (const auto* exit = std::get_if<ExitTaken>(&e.body)) {
      leave_guest(e, *exit);
      exit_args_ = args_of(e, sequence);
      exit_ = *exit;
      since_ = e.cycles;
      out_.counter(e.cycles, "exits", ++exits_);
    } else if (const auto* resume = std::get_if<GuestResumed>(&e.body)) {
      if (exit_) {
        out_.slice(Storey::Hypervisor, since_, e.cycles, title_of(exit_->reason),
                   exit_args_ + fmt::format(R"(,"handling":"{}","cost":{})",
                                            name_of(resume->handling), resume->cost));
      }
      out_.counter(e.cycles, "cycles in the hypervisor", cost_ += resume->cost);
      exit_.reset();
      guest_ = resume->to;
      since_ = e.cycles;
    } else {
      if (std::holds_alternative<ShadowFilled>(e.body)) {
        out_.counter(e.cycles, "shadow fills", ++fills_);
      }
      out_.instant(place_of(e.body), e.cycles, name_of(e), args_of(e, sequence));
    }
  }

  // The log may stop anywhere: close what is open.
  void finish() {
    if (exit_) {
      out_.slice(Storey::Hypervisor, since_, last_, title_of(exit_->reason), exit_args_);
    } else if (guest_) {
      out_.slice(*guest_, since_, last_, "runs", "");
    }
  }

 private:
  void leave_guest(const Event& e, const ExitTaken& exit) {
    if (exit_)
      return;
    // The guest may have changed rings without an exit in between; the log does not say where, so
    // the slice is drawn where it ended and tells where it began.
    const bool changed = guest_ && *guest_ != exit.from;
    out_.slice(exit.from, since_, e.cycles, "runs",
               changed ? fmt::format(R"("entered_as":"{}")", name_of(*guest_)) : "");
  }

  PerfettoWriter& out_;
  std::uint64_t since_;
  std::uint64_t last_ = 0;
  std::optional<Storey> guest_;
  std::optional<ExitTaken> exit_;
  std::string exit_args_;
  std::uint64_t exits_ = 0, cost_ = 0, fills_ = 0;
};

}  // namespace

void export_perfetto(const TraceFile& trace, std::ostream& out) {
  const TraceHeader& h = trace.header;
  out << R"({"displayTimeUnit":"ns","otherData":{"program":)" << PerfettoWriter::quoted(h.program)
      << R"(,"time":"virtual: one cycle of a nominal 1 GHz CPU is one nanosecond"},"traceEvents":[)";
  PerfettoWriter writer(out);
  writer.metadata(
      "process_name", 0,
      fmt::format("domain: {} ({} on {})", h.image_name, name_of(h.technique), name_of(h.engine)));
  constexpr std::array<std::string_view, 4> kThreads = {"guest user", "guest kernel", "hypervisor",
                                                        "devices"};
  for (int i = 0; i < 4; ++i) {
    writer.metadata("thread_name", i + 1, std::string(kThreads[static_cast<std::size_t>(i)]));
    writer.sort_index(i + 1, i);
  }
  const EventView& events = trace.events;
  const std::uint64_t start =
      events.first() > 0 && !events.empty() ? events[events.first()].cycles : 0;
  if (events.first() > 0) {
    writer.instant(Storey::Hypervisor, start, EventsLost::kName,
                   fmt::format(R"("count":{})", events.first()));
  }
  StoreyTracker tracker(writer, start);
  for (std::uint64_t i = events.first(); i < events.end(); ++i)
    tracker.event(events[i], i);
  tracker.finish();
  out << "\n]}\n";
}

}  // namespace gv
