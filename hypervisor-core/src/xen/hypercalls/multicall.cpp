// SPDX-License-Identifier: MIT
//
// multicall.cpp - hypercall multicall: several hypercalls for one way into the hypervisor.

#include "xen/compat.h"
#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

namespace gv::xen {

namespace {

template <class Entry>
Status run_list(Call& call) {
  std::uint64_t at = call.args[0];
  std::uint32_t left = call.arg32(1);
  for (std::uint32_t i = 0; left > 0; ++i) {
    if (i == kMostEntriesAtOnce) {
      call.again = true;
      break;
    }
    auto entry = call.read<Entry>(at);
    if (!entry) {
      return -XEN_EFAULT;
    }
    Call one{.vcpu = call.vcpu};
    for (std::size_t j = 0; j < one.args.size(); ++j) {
      one.args[j] = entry->args[j];
    }
    one.within_multicall = true;
    const auto number = static_cast<std::uint8_t>(entry->op < 0xff ? entry->op : 0xff);
    call.xen().record(
        HypercallMade{number, call.domain().id, one.arg32(2), one.args[0], one.args[1]});
    const Status status = run_call(one, entry->op);
    call.xen().record(HypercallReturned{number, call.domain().id, status});
    if (entry->op < static_cast<std::uint64_t>(kHypercallCount)) {
      ++call.xen().ledger().hypercalls[entry->op].count;
    }
    if (one.again) {
      // What is left of it stands in its entry; the list starts with it next time.
      for (std::size_t j = 0; j < one.args.size(); ++j) {
        using Argument = std::remove_reference_t<decltype(entry->args[j])>;
        entry->args[j] = static_cast<Argument>(one.args[j]);
      }
      if (!call.write(at, *entry)) {
        return -XEN_EFAULT;
      }
      call.again = true;
      break;
    }
    if (one.sets_registers) {  // iret: there is no way back to the list
      call.sets_registers = true;
      return 0;
    }
    entry->result = static_cast<decltype(entry->result)>(status);
    if (!call.write(at + offsetof(Entry, result), entry->result)) {
      return -XEN_EFAULT;
    }
    at += sizeof(Entry);
    --left;
    if (call.domain().shutdown) {
      break;
    }
  }
  call.args[0] = at;
  call.args[1] = left;
  return 0;
}

}  // namespace

Status multicall(Call& call) {
  if (call.within_multicall) {
    return -XEN_EINVAL;
  }
  return call.wide() ? run_list<::multicall_entry>(call) : run_list<compat::multicall_entry>(call);
}

}  // namespace gv::xen
