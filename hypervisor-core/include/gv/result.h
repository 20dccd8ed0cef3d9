// SPDX-License-Identifier: MIT
//
// result.h - what may fail, and how it says so.
//
// Only host trouble is an Error: a file that cannot be read, an engine that is
// not here. A guest that misbehaves is an Exit, a student's mistake a Finding,
// our own broken invariant an abort (GV_CHECK). The shape follows
// std::expected so that it can be swapped when compilers have it.
//
// Messages are one sentence, lower-case start: what failed: on what; the mend.

#pragma once

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <utility>
#include <variant>

namespace gv {

enum class ErrorCode {
  InvalidInput,  // usage or unreadable input          exit code 2
  LimitReached,  // budget or time ran out             exit code 3
  NotAvailable,  // engine or technique not to be had  exit code 5
  Internal,      // our own fault                      exit code 70
};

struct Error {
  ErrorCode code = ErrorCode::Internal;
  std::string message;
};

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}      // NOLINT: implicit
  Result(Error error) : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return state_.index() == 0; }
  explicit operator bool() const { return has_value(); }
  T& value() & { return std::get<0>(state_); }
  const T& value() const& { return std::get<0>(state_); }
  T&& value() && { return std::get<0>(std::move(state_)); }
  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  Error& error() & { return std::get<1>(state_); }
  const Error& error() const& { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT: implicit

  bool has_value() const { return !error_; }
  explicit operator bool() const { return has_value(); }
  const Error& error() const { return *error_; }

 private:
  std::optional<Error> error_;
};

}  // namespace gv

// Returns the error of `expression` to the caller, or goes on.
#define GV_TRY(expression)                                   \
  do {                                                       \
    if (auto gv_try_result = (expression); !gv_try_result) { \
      return gv_try_result.error();                          \
    }                                                        \
  } while (false)

// Our own invariant: broken means stop, in every build.
#define GV_CHECK(condition)                                                                   \
  do {                                                                                        \
    if (!(condition)) {                                                                       \
      std::fprintf(stderr, "glassvisor: internal error: %s at %s:%d\n", #condition, __FILE__, \
                   __LINE__);                                                                 \
      std::abort();                                                                           \
    }                                                                                         \
  } while (false)
