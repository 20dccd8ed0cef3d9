// SPDX-License-Identifier: MIT

#include "gdb/conversation.h"

#include "gdb/monitor.h"
#include "gdb/packet.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv::gdb {

namespace {

constexpr int kInterrupted = 2, kTrapped = 5, kAborted = 6;  // gdb's SIGINT, SIGTRAP, SIGABRT
constexpr const char* kMalformed = "E16";                    // EINVAL
constexpr const char* kNoMemory = "E0e";                     // EFAULT
constexpr const char* kNoThread = "E03";                     // ESRCH
constexpr std::size_t kMostMemory = (kLongestPayload - 16) / 2;

Answer say(std::string reply) { return Answer{{std::move(reply)}, {}, Farewell::None, false}; }
Answer not_supported() { return say(""); }

std::string refusal(std::string_view why) { return fmt::format("E.{}", why); }

// Ours is thread 1; 0 is any, -1 all.
bool names_our_thread(std::string_view text) {
  if (take(text, "p")) {  // process.thread
    const auto dot = text.find('.');
    if (dot == std::string_view::npos)
      return text == "1" || text == "-1";
    text.remove_prefix(dot + 1);
  }
  return text == "-1" || text == "0" || text == "1" || text == "01";
}

// Somebody else, the window or a lesson, may be running the machine: gdb takes it over.
Notice move_now(Session& session, const Command& command) {
  Notice notice = session.perform(command);
  if (notice.refused && session.snapshot()->state != RunState::Ended) {
    session.perform(Pause{});
    notice = session.perform(command);
  }
  return notice;
}

// Where an interrupt has just been delivered, the instant before that comes first.
Notice step_back(Session& session) {
  const Position here = session.snapshot()->position;
  Notice notice = move_now(session, Seek{here.retired});
  if (notice.refused || notice.snapshot->position != here)
    return notice;
  return move_now(session, StepBack{1});
}

}  // namespace

Conversation::Conversation(Session& session)
    : session_(session), layout_(architecture_of(session.snapshot()->registers)) {}

Answer Conversation::answer(std::string_view payload) {
  if (payload.empty())
    return not_supported();
  const char kind = payload.front();
  const std::string_view rest = payload.substr(1);
  switch (kind) {
    case '?':
      return say(stop_reply(kTrapped, ""));
    case 'g':
      return say(layout_.all(session_.snapshot()->registers));
    case 'G':
      return say(write_registers(rest));
    case 'p': {
      std::string_view text = rest;
      const auto number = take_number(text);
      if (!number || !text.empty() || *number >= layout_.count())
        return say(kMalformed);
      return say(layout_.one(session_.snapshot()->registers, *number));
    }
    case 'P':
      return say(write_register(rest));
    case 'm':
      return say(read_memory(rest));
    case 'M':
      return say(write_memory(rest, false));
    case 'X':
      return say(write_memory(rest, true));
    case 'Z':
      return say(insert(rest));
    case 'z':
      if (const auto stop = read_stop(rest)) {
        stops_.remove(*stop);
        return say("OK");
      }
      return say(kMalformed);
    case 'c':
    case 's':
      return rest.empty() ? forward(kind == 's') : say(kMalformed);
    case 'C':
    case 'S':
      return forward(kind == 'S');  // a machine takes no signals
    case 'b':
      return backward(rest);
    case 'H':
      return say(!rest.empty() && names_our_thread(rest.substr(1)) ? "OK" : kNoThread);
    case 'T':
      return say(names_our_thread(rest) ? "OK" : kNoThread);
    case 'D':
      stops_.clear();
      return Answer{{"OK"}, {}, Farewell::Detached, false};
    case 'k':
      return Answer{{}, {}, Farewell::Killed, false};
    case 'q':
      return general_query(rest);
    case 'Q':
      return settings(rest);
    case 'v':
      return verbose(rest);
    default:
      return not_supported();
  }
}

Answer Conversation::general_query(std::string_view text) {
  if (take(text, "Supported"))
    return say(supported(text));
  if (take(text, "Xfer:"))
    return transfer(text);
  if (take(text, "Rcmd,"))
    return run_monitor(text);
  if (take(text, "ThreadExtraInfo,")) {
    const auto s = session_.snapshot();
    return say(names_our_thread(text) ? hex(fmt::format("vCPU 0, ring {}", s->registers.cpl()))
                                      : std::string(kNoThread));
  }
  if (text == "C")
    return say("QC1");
  if (text == "fThreadInfo")
    return say("m1");
  if (text == "sThreadInfo")
    return say("l");
  if (text == "Attached" || text.starts_with("Attached:"))
    return say("1");  // quitting gdb lets the guest go on
  if (text.starts_with("Symbol:"))
    return say("OK");
  return not_supported();
}

std::string Conversation::supported(std::string_view offered) {
  reports_breakpoints_ = offered.find("swbreak+") != std::string_view::npos &&
                         offered.find("hwbreak+") != std::string_view::npos;
  std::string reply = fmt::format(
      "PacketSize={:x};QStartNoAckMode+;swbreak+;hwbreak+;vContSupported+;qXfer:features:read+;"
      "qXfer:threads:read+",
      kLongestPayload);
  if (session_.config().time_travel)
    reply += ";ReverseStep+;ReverseContinue+";
  return reply;
}

Answer Conversation::settings(std::string_view text) {
  if (text == "StartNoAckMode")
    return Answer{{"OK"}, {}, Farewell::None, true};
  return not_supported();
}

Answer Conversation::verbose(std::string_view text) {
  if (text == "Cont?")
    return say("vCont;c;C;s;S");
  if (text.starts_with("Kill"))
    return Answer{{"OK"}, {}, Farewell::Killed, false};
  if (!take(text, "Cont;"))
    return not_supported();
  while (!text.empty()) {
    const std::string_view action = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), action.size() + 1));
    const auto colon = action.find(':');
    const bool ours = colon == std::string_view::npos || names_our_thread(action.substr(colon + 1));
    if (!ours || action.empty())
      continue;
    switch (action.front()) {
      case 'c':
      case 'C':
        return forward(false);
      case 's':
      case 'S':
        return forward(true);
      default:
        return say(kMalformed);
    }
  }
  return say(kMalformed);
}

// object:read:annex:offset,length
Answer Conversation::transfer(std::string_view text) {
  std::string document;
  if (take(text, "features:read:target.xml:")) {
    // The description is asked for first of all: what the guest runs now decides.
    layout_ = RegisterLayout(architecture_of(session_.snapshot()->registers));
    document = layout_.target_xml();
  } else if (take(text, "threads:read::")) {
    document =
        "<?xml version=\"1.0\"?>\n<threads>\n<thread id=\"1\" core=\"0\" name=\"vCPU 0\"/>\n"
        "</threads>\n";
  } else {
    return text.find(":read:") == std::string_view::npos ? not_supported() : say("E00");
  }
  const auto offset = take_number(text);
  const bool comma = take(text, ",");
  const auto length = take_number(text);
  if (!offset || !comma || !length || !text.empty())
    return say(kMalformed);
  if (*offset >= document.size())
    return say("l");
  const std::size_t count = std::min<std::size_t>(*length, kMostMemory);
  const std::string part = document.substr(*offset, count);
  return say((*offset + part.size() < document.size() ? "m" : "l") + part);
}

Answer Conversation::run_monitor(std::string_view digits) {
  const auto words = unhex(digits);
  if (!words)
    return say(kMalformed);
  const std::string text =
      monitor(session_, {reinterpret_cast<const char*>(words->data()), words->size()});
  Answer answer;
  for (std::size_t at = 0; at < text.size(); at += kMostMemory)
    answer.replies.push_back("O" + hex(std::string_view(text).substr(at, kMostMemory)));
  answer.replies.emplace_back("OK");
  return answer;
}

std::vector<std::uint8_t> Conversation::memory(Gva address, std::uint32_t bytes) {
  ViewRequest view;
  view.disassembly = view.devices = false;
  view.memory = {address, bytes};
  return session_.perform(Look{view}).snapshot->memory;
}

std::string Conversation::read_memory(std::string_view text) {
  const auto address = take_number(text);
  const bool comma = take(text, ",");
  const auto length = take_number(text);
  if (!address || !comma || !length || !text.empty())
    return kMalformed;
  if (*length == 0)
    return "";
  const auto bytes = memory(
      Gva(*address), static_cast<std::uint32_t>(std::min<std::uint64_t>(*length, kMostMemory)));
  return bytes.empty() ? kNoMemory : hex(bytes.data(), bytes.size());
}

std::string Conversation::write_memory(std::string_view text, bool binary) {
  const auto address = take_number(text);
  const bool comma = take(text, ",");
  const auto length = take_number(text);
  if (!address || !comma || !length || !take(text, ":"))
    return kMalformed;
  std::optional<std::vector<std::uint8_t>> bytes;
  if (binary)
    bytes.emplace(text.begin(), text.end());
  else
    bytes = unhex(text);
  if (!bytes || bytes->size() != *length)
    return kMalformed;
  if (bytes->empty())
    return "OK";
  if (memory(Gva(*address), static_cast<std::uint32_t>(bytes->size())).size() != bytes->size())
    return kNoMemory;
  return perform(WriteMemory{Gva(*address), std::move(*bytes)});
}

std::string Conversation::perform(Command command) {
  const Notice notice = session_.perform(std::move(command));
  return notice.refused ? refusal(notice.text) : "OK";
}

std::string Conversation::write_register(std::string_view text) {
  const auto number = take_number(text);
  if (!number || !take(text, "="))
    return kMalformed;
  const auto bytes = unhex(text);
  if (!bytes)
    return kMalformed;
  auto command = layout_.write(*number, *bytes);
  return command ? perform(std::move(*command)) : refusal(command.error().message);
}

std::string Conversation::write_registers(std::string_view digits) {
  const RegisterFile now = session_.snapshot()->registers;
  for (std::size_t i = 0; i < layout_.count(); ++i) {
    const std::size_t length = std::size_t{2} * layout_.bytes_of(i);
    if (digits.size() < length)
      return kMalformed;
    const std::string_view part = digits.substr(0, length);
    digits.remove_prefix(length);
    const auto bytes = unhex(part);
    const std::string known = layout_.one(now, i);
    if (!bytes || known.front() == 'x' || hex(bytes->data(), bytes->size()) == known)
      continue;  // unavailable, or as it is
    auto command = layout_.write(i, *bytes);
    if (!command)
      return refusal(command.error().message);
    if (std::string reply = perform(std::move(*command)); reply != "OK")
      return reply;
  }
  return "OK";
}

std::string Conversation::insert(std::string_view text) {
  const auto stop = read_stop(text);
  if (!stop)
    return kMalformed;
  if (stop->kind >= StopKind::Write && memory(stop->address, stop->bytes).size() != stop->bytes)
    return refusal("no memory is mapped there now");
  return stops_.insert(*stop) ? "OK" : refusal("there are too many");
}

Answer Conversation::forward(bool one_instruction) {
  Answer answer;
  if (one_instruction && !stops_.watches_memory()) {
    answer.move = [](Session& session) { return move_now(session, Step{1}); };
    return answer;
  }
  gv::Run run;
  run.until = stops_.breakpoints();
  if (one_instruction)
    run.instructions = 1;
  answer.move = [run](Session& session) { return move_now(session, run); };
  return answer;
}

Answer Conversation::backward(std::string_view how) {
  if (!session_.config().time_travel || (how != "s" && how != "c"))
    return not_supported();
  Answer answer;
  if (how == "s") {
    answer.move = step_back;
  } else {
    answer.move = [until = stops_.breakpoints()](Session& session) {
      return move_now(session, RunBack{until});
    };
  }
  return answer;
}

std::string Conversation::stop_reply(int signal, std::string_view reason) const {
  const auto now = session_.snapshot();
  std::string reply = fmt::format("T{:02x}{}thread:1;", signal, reason);
  for (const std::size_t number : layout_.expedited())
    reply += fmt::format("{:02x}:{};", number, layout_.one(now->registers, number));
  return reply;
}

std::vector<std::string> Conversation::stop_replies(const Notice& stop) {
  std::vector<std::string> replies;
  const auto remark = [&](const std::string& sentence) {
    replies.push_back("O" + hex("glassvisor: " + sentence + "\n"));
  };
  if (stop.refused) {
    remark(stop.text);
    const bool ended = session_.snapshot()->state == RunState::Ended;
    replies.push_back(stop_reply(kTrapped, ended ? "replaylog:end;" : ""));
    return replies;
  }
  switch (stop.cause) {
    case StopCause::BreakpointHit: {
      std::string reason;
      if (const Inserted* inserted = stops_.of(stop.breakpoint)) {
        constexpr const char* kNames[] = {"swbreak", "hwbreak", "watch", "rwatch", "awatch"};
        const std::string_view name = kNames[static_cast<int>(inserted->kind)];
        if (inserted->kind >= StopKind::Write)
          reason = fmt::format("{}:{:x};", name, inserted->address.value);
        else if (reports_breakpoints_)
          reason = fmt::format("{}:;", name);
      }
      replies.push_back(stop_reply(kTrapped, reason));
      return replies;
    }
    case StopCause::BeginningReached:
      replies.push_back(stop_reply(kTrapped, "replaylog:begin;"));
      return replies;
    case StopCause::GuestExited:
    case StopCause::GuestHalted:
    case StopCause::GuestCrashed:
      remark(stop.text);
      replies.push_back(stop_reply(kTrapped, "replaylog:end;"));
      return replies;
    case StopCause::EngineFailed:
      remark(stop.text);
      replies.push_back(stop_reply(kAborted, ""));
      return replies;
    case StopCause::Paused:
      replies.push_back(stop_reply(kInterrupted, ""));
      return replies;
    default:
      replies.push_back(stop_reply(kTrapped, ""));
      return replies;
  }
}

}  // namespace gv::gdb
