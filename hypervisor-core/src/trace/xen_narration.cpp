// SPDX-License-Identifier: MIT
//
// xen_narration.cpp - hypercalls, page tables, event channels and grants in words.

#include "trace/xen_narration.h"

#include <fmt/format.h>

namespace gv {

namespace {

// A guest may call by any number.
std::string call_name(int number) {
  const std::string_view name = name_of_hypercall(number);
  return name == "unknown" ? fmt::format("number {}", number) : std::string(name);
}

}  // namespace

std::string XenLines::operator()(const HypercallMade& e) const {
  return fmt::format("hypercall {}", call_name(e.number));
}

std::string XenLines::operator()(const HypercallReturned& e) const {
  return fmt::format("{} returns {}", call_name(e.number), e.result);
}

std::string XenLines::operator()(const PageTableWritten& e) const {
  return fmt::format("L{} entry {:x} = {:x}", e.level, e.entry.value, e.value);
}

std::string XenLines::operator()(const FrameUseChanged& e) const {
  return fmt::format("frame {:#x} is {}", e.frame.number, name_of(e.use));
}

std::string XenLines::operator()(const EventSent& e) const {
  return fmt::format("event from domain {} port {} to domain {} port {}", e.from_domain,
                     e.from_port, e.to_domain, e.to_port);
}

std::string XenLines::operator()(const EventUpcall& e) const {
  return fmt::format("upcall to {:x}", e.handler.value);
}

std::string XenLines::operator()(const GrantUsed& e) const {
  return fmt::format("grant {} of domain {}: {}", e.reference, e.granter, name_of(e.use));
}

std::string XenLines::operator()(const DomainShutDown& e) const {
  return fmt::format("domain {} shut down: {}", e.domain, name_of(e.reason));
}

std::string XenLines::operator()(const VcpuScheduled& e) const {
  return fmt::format("domain {} vCPU {} runs", e.domain, e.vcpu);
}

std::string XenLines::operator()(const VcpuWoken& e) const {
  return fmt::format("domain {} vCPU {} wakes{}", e.domain, e.vcpu, e.boosted ? ", boosted" : "");
}

std::string XenSentences::operator()(const HypercallMade& e) const {
  return fmt::format("Domain {} asks by hypercall {} ({}), with arguments {:#x}, {:#x}, {:#x}.",
                     e.domain, call_name(e.number), e.number, e.first, e.second, e.third);
}

std::string XenSentences::operator()(const HypercallReturned& e) const {
  return e.result < 0 ? fmt::format("The hypervisor refused {} with error {}.", call_name(e.number),
                                    -e.result)
                      : fmt::format("Hypercall {} returned {}.", call_name(e.number), e.result);
}

std::string XenSentences::operator()(const PageTableWritten& e) const {
  return fmt::format(
      "The hypervisor checked a level {} page-table entry and wrote it at machine address {:#x}: "
      "{:#x}.",
      e.level, e.entry.value, e.value);
}

std::string XenSentences::operator()(const FrameUseChanged& e) const {
  const auto number = e.frame.number;
  if (e.use == FrameUse::None) {
    return fmt::format("Machine frame {:#x} is no table any more; domain {} may write to it again.",
                       number, e.owner);
  }
  const bool segments = e.use == FrameUse::Segments;
  const std::string what = segments ? "a descriptor table"
                                    : fmt::format("a level {} page table", static_cast<int>(e.use));
  return fmt::format(
      "Machine frame {:#x} of domain {} is {} now: each entry has been checked, and the domain "
      "may read it but not write to it.",
      number, e.owner, what);
}

std::string XenSentences::operator()(const EventSent& e) const {
  return fmt::format(
      "Domain {} sent an event through its port {}; port {} of domain {} is pending.",
      e.from_domain, e.from_port, e.to_port, e.to_domain);
}

std::string XenSentences::operator()(const EventUpcall& e) const {
  return fmt::format(
      "Events are pending and not masked: the hypervisor entered the guest kernel's callback at "
      "{:#x}.",
      e.handler.value);
}

std::string XenSentences::operator()(const GrantUsed& e) const {
  const char* did = e.use == GrantUse::Map     ? "mapped"
                    : e.use == GrantUse::Unmap ? "unmapped"
                                               : "copied";
  return fmt::format("Domain {} {} machine frame {:#x} of domain {} by its grant {}{}.", e.user,
                     did, e.frame.number, e.granter, e.reference,
                     e.use != GrantUse::Map ? ""
                     : e.writable           ? ", to read and write"
                                            : ", to read");
}

std::string XenSentences::operator()(const DomainShutDown& e) const {
  return e.reason == ShutdownReason::Crash
             ? fmt::format("Domain {} crashed.", e.domain)
             : fmt::format("Domain {} asked to be shut down: {}.", e.domain, name_of(e.reason));
}

std::string XenSentences::operator()(const VcpuScheduled& e) const {
  const auto why = [&]() -> std::string {
    switch (e.cause) {
      case ScheduleCause::Blocked:
        return "waits";
      case ScheduleCause::Yielded:
        return "gave it away";
      case ScheduleCause::SliceEnded:
        return "has used its slice up";
      case ScheduleCause::Preempted:
        return "was preempted";
      case ScheduleCause::DomainEnded:
        return "has ended";
    }
    return "stopped";
  };
  return fmt::format(
      "The scheduler gave the CPU to vCPU {} of domain {}, with {:.1f} ms of credit; vCPU {} of "
      "domain {} {}.",
      e.vcpu, e.domain, static_cast<double>(e.credit) / 1000, e.from_vcpu, e.from_domain, why());
}

std::string XenSentences::operator()(const VcpuWoken& e) const {
  return fmt::format("Domain {}'s vCPU {} has an event and can run{}.", e.domain, e.vcpu,
                     e.boosted ? "; it has credit, so it is boosted before the others" : "");
}

}  // namespace gv
