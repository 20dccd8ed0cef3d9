// SPDX-License-Identifier: MIT
//
// store_path.h - names of nodes: which are valid, and how they nest.
//
// Source: Xen's docs/misc/xenstore.txt, the paragraph on permitted paths.
// Threads: pure functions.

#pragma once

#include "xen/xenstore/wire.h"

namespace gv::xenstore {

inline constexpr std::string_view kIntroduceDomain = "@introduceDomain";
inline constexpr std::string_view kReleaseDomain = "@releaseDomain";

// "/local/domain/N"
std::string domain_path(DomainId domain);

// Absolute, or special (@...); characters, slashes and length as Xen permits them. The length
// counts from behind "/local/domain/N/", so that every domain has the same.
bool is_valid_path(std::string_view path);
bool is_special(std::string_view path);

// An absolute path from what a client wrote; relative ones begin at `base`, which ends in no slash.
std::string absolute_path(std::string_view path, std::string_view base);

// "/" has none, and neither have special paths.
std::optional<std::string> parent_path(std::string_view path);
std::string_view leaf_name(std::string_view path);
std::string child_path(std::string_view parent, std::string_view leaf);
// Also of itself.
bool is_below(std::string_view path, std::string_view ancestor);

// Decimal, no sign, nothing behind it.
std::optional<std::uint64_t> parse_number(std::string_view digits, std::uint64_t largest);

}  // namespace gv::xenstore
