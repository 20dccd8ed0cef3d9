// SPDX-License-Identifier: MIT
//
// console_io.cpp - hypercall console_io: the hypervisor's own console, for early messages.

#include "xen/hypercalls/handlers.h"
#include "xen/public_headers.h"

#include <algorithm>

namespace gv::xen {

Status console_io(Call& call) {
  if (call.arg32(0) != CONSOLEIO_write) {
    return call.arg32(0) == CONSOLEIO_read ? -XEN_EPERM : -XEN_ENOSYS;
  }
  constexpr std::uint32_t kMostAtOnce = 16 * kPageSize;
  std::uint32_t left = call.arg32(1);
  std::uint64_t at = call.args[2];
  std::uint8_t bytes[512];
  for (std::uint32_t done = 0; left > 0;) {
    if (done >= kMostAtOnce) {
      call.again = true;
      call.args[1] = left;
      call.args[2] = at;
      return 0;
    }
    const auto chunk = std::min<std::uint32_t>(left, sizeof bytes);
    if (!call.read_bytes(at, bytes, chunk)) {
      return -XEN_EFAULT;
    }
    call.xen().console_write(call.domain(), bytes, chunk);
    at += chunk;
    left -= chunk;
    done += chunk;
  }
  return 0;
}

}  // namespace gv::xen
