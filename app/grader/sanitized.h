// SPDX-License-Identifier: MIT
//
// sanitized.h - whether this build carries a sanitizer.
//
// A sanitizer reserves terabytes of addresses, opens pipes to probe memory and
// takes signals for itself: in such a build, and only there, a contained process
// is allowed that much. What a submission may do is tested in every build.

#pragma once

namespace gv {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitized = true;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
inline constexpr bool kSanitized = true;
#else
inline constexpr bool kSanitized = false;
#endif
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace gv
