// SPDX-License-Identifier: MIT

#include "xen/xenstore/store_path.h"

#include <charconv>

namespace gv::xenstore {

namespace {

constexpr std::string_view kCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-/_@";
constexpr std::string_view kDomains = "/local/domain/";

// The bytes of "/local/domain/N/", or 0.
std::size_t domain_prefix(std::string_view path) {
  if (path.substr(0, kDomains.size()) != kDomains)
    return 0;
  const std::size_t slash = path.find('/', kDomains.size());
  if (slash == std::string_view::npos)
    return 0;
  const auto number = path.substr(kDomains.size(), slash - kDomains.size());
  return parse_number(number, 65535) ? slash + 1 : 0;
}

}  // namespace

std::string domain_path(DomainId domain) { return std::string(kDomains) + std::to_string(domain); }

bool is_special(std::string_view path) { return !path.empty() && path[0] == '@'; }

bool is_valid_path(std::string_view path) {
  if (path.empty() || (path[0] != '/' && path[0] != '@'))
    return false;
  if (path.size() > 1 && path.back() == '/')
    return false;
  if (path.find("//") != std::string_view::npos || path.size() >= XENSTORE_ABS_PATH_MAX)
    return false;
  return path.size() - domain_prefix(path) <= XENSTORE_REL_PATH_MAX &&
         path.find_first_not_of(kCharacters) == std::string_view::npos;
}

std::string absolute_path(std::string_view path, std::string_view base) {
  if (!path.empty() && (path[0] == '/' || path[0] == '@'))
    return std::string(path);
  return std::string(base) + "/" + std::string(path);
}

std::optional<std::string> parent_path(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (path == "/" || slash == std::string_view::npos)
    return std::nullopt;
  return slash == 0 ? "/" : std::string(path.substr(0, slash));
}

std::string_view leaf_name(std::string_view path) { return path.substr(path.rfind('/') + 1); }

std::string child_path(std::string_view parent, std::string_view leaf) {
  return (parent == "/" ? std::string() : std::string(parent)) + "/" + std::string(leaf);
}

bool is_below(std::string_view path, std::string_view ancestor) {
  if (ancestor == "/")
    return !is_special(path);
  return path.substr(0, ancestor.size()) == ancestor &&
         (path.size() == ancestor.size() || path[ancestor.size()] == '/');
}

std::optional<std::uint64_t> parse_number(std::string_view digits, std::uint64_t largest) {
  std::uint64_t number = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, trouble] = std::from_chars(digits.data(), end, number);
  if (digits.empty() || trouble != std::errc() || stop != end || number > largest)
    return std::nullopt;
  return number;
}

}  // namespace gv::xenstore
