// SPDX-License-Identifier: MIT
//
// disk_spec.h - one disk of xl.cfg's list: "/dev/vg/guest,raw,xvda,rw" and its kin.
//
// Parameters by name, by position, or in xend's old way with prefixes; any mix
// that Xen's own parser takes. Says what is wrong, without file and line.
//
// Source: xl-disk-configuration(5); held against Xen's libxlutil in a test.
// Threads: pure functions.

#pragma once

#include "gv/domain_config.h"

namespace gv::xl {

// Error: the sentence alone.
Result<DiskConfig> parse_disk_spec(std::string_view spec);

}  // namespace gv::xl
