// SPDX-License-Identifier: MIT
//
// xen_narration.h - the events of Xen's guest interface in words: a visitor for a line in a
// list, and one for a sentence. narration.cpp has those of every other event.
//
// Sentences claim only what the event holds.

#pragma once

#include "gv/event.h"

#include <string>

namespace gv {

struct XenLines {
  std::string operator()(const HypercallMade& e) const;
  std::string operator()(const HypercallReturned& e) const;
  std::string operator()(const PageTableWritten& e) const;
  std::string operator()(const FrameUseChanged& e) const;
  std::string operator()(const EventSent& e) const;
  std::string operator()(const EventUpcall& e) const;
  std::string operator()(const GrantUsed& e) const;
  std::string operator()(const DomainShutDown& e) const;
  std::string operator()(const VcpuScheduled& e) const;
  std::string operator()(const VcpuWoken& e) const;
};

struct XenSentences {
  std::string operator()(const HypercallMade& e) const;
  std::string operator()(const HypercallReturned& e) const;
  std::string operator()(const PageTableWritten& e) const;
  std::string operator()(const FrameUseChanged& e) const;
  std::string operator()(const EventSent& e) const;
  std::string operator()(const EventUpcall& e) const;
  std::string operator()(const GrantUsed& e) const;
  std::string operator()(const DomainShutDown& e) const;
  std::string operator()(const VcpuScheduled& e) const;
  std::string operator()(const VcpuWoken& e) const;
};

}  // namespace gv
