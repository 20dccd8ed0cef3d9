// SPDX-License-Identifier: MIT
//
// vif_spec.h - one network interface of xl.cfg's list: "mac=00:16:3e:...,bridge=xenbr0".
//
// Source: xl-network-configuration(5); rates held against Xen's libxlutil in a test.
// Threads: pure functions.

#pragma once

#include "gv/domain_config.h"

namespace gv::xl {

// Error: the sentence alone.
Result<VifConfig> parse_vif_spec(std::string_view spec);

}  // namespace gv::xl
