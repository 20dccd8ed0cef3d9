// SPDX-License-Identifier: MIT
//
// cpu_list.h - "0-3,5,^1": which pCPUs, as cpus= writes it.
//
// Source: xl.cfg(5), "CPU Allocation". Threads: pure functions.

#pragma once

#include "gv/domain_config.h"

namespace gv::xl {

// Error: the sentence alone. A host here is one NUMA node, number 0.
Result<CpuList> parse_cpu_list(std::string_view text);

}  // namespace gv::xl
