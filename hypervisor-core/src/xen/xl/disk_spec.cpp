// SPDX-License-Identifier: MIT

#include "xen/xl/disk_spec.h"

#include <fmt/format.h>

#include <algorithm>

namespace gv::xl {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(std::string_view text) {
  return !text.empty() && (is_digit(text[0]) || (text[0] >= 'a' && text[0] <= 'z'));
}

bool starts(std::string_view text, std::string_view with) {
  return text.substr(0, with.size()) == with;
}

std::optional<DiskFormat> format_named(std::string_view name) {
  if (name.empty())
    return DiskFormat::Raw;
  for (const DiskFormat format :
       {DiskFormat::Raw, DiskFormat::Qcow, DiskFormat::Qcow2, DiskFormat::Vhd, DiskFormat::Qed}) {
    if (name_of(format) == name)
      return format;
  }
  return std::nullopt;
}

// One spec on its way through; each parameter at most once.
class DiskSpec {
 public:
  Result<DiskConfig> parse(std::string_view spec) {
    std::string_view rest = spec;
    while (!trouble_.empty() || !rest.empty()) {
      if (!trouble_.empty())
        return Error{ErrorCode::InvalidInput, trouble_};
      rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
      if (rest.empty())
        break;
      rest.remove_prefix(take(rest));
    }
    return finish();
  }

 private:
  // How many bytes of `rest` it took.
  std::size_t take(std::string_view rest) {
    if (starts(rest, "target=")) {  // everything behind it, commas too
      set(target_, "target", rest.substr(7, rest.size() - 7 - (rest.back() == ',' ? 1 : 0)));
      return rest.size();
    }
    const std::size_t comma = rest.find(',');
    const std::string_view word = rest.substr(0, comma);
    const std::size_t taken = comma == rest.npos ? rest.size() : comma + 1;
    if (flag(word))
      return taken;
    if (const std::size_t prefix = old_prefix(rest))
      return prefix;
    if (!named(word))
      position(word);
    return taken;
  }

  void set(std::optional<std::string>& field, std::string_view name, std::string_view value) {
    // Given empty, by position, it may still be given by name.
    if (field && !field->empty())
      trouble_ = fmt::format("{} is given twice; take one out", name);
    field = std::string(value);
  }

  void set_format(std::string_view name) {
    const auto format = format_named(name);
    if (!format)
      trouble_ = fmt::format("format {} is not known; use raw", name);
    else if (format_ && *format_ != *format)
      trouble_ = "format is given twice; take one out";
    else
      format_ = format;
  }

  void set_access(std::string_view access) {
    if (access == "rw" || access == "w" || access.empty())
      disk_.writable = true;
    else if (access == "ro" || access == "r")
      disk_.writable = false;
    else
      trouble_ = fmt::format("access {} is not known; use rw or ro", access);
  }

  bool flag(std::string_view word) {
    if (word == "cdrom")
      disk_.cdrom = true;
    else if (word == "direct-io-safe")
      disk_.direct_io_safe = true;
    else if (word == "discard" || word == "no-discard")
      disk_.discard = word == "discard";
    else if (word == "trusted" || word == "untrusted")
      disk_.trusted = word == "trusted";
    else
      return false;
    return true;
  }

  bool named(std::string_view word) {
    const std::size_t equals = word.find('=');
    if (equals == word.npos)
      return false;
    const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
    if (name == "format") {
      set_format(value);
    } else if (name == "access") {
      set_access(value);
    } else if (name == "vdev") {
      set(vdev_, name, value);
    } else if (name == "backend") {
      disk_.backend = value;
    } else if (name == "script") {
      set(script_, name, value);
    } else if (name == "backendtype") {
      disk_.backend_type = value;
      if (value != "phy" && value != "qdisk" && value != "tap" && value != "standalone" &&
          !value.empty()) {
        trouble_ = fmt::format("backendtype {} is not known; leave it out", value);
      }
    } else if (name == "devtype") {
      disk_.cdrom = value == "cdrom";
      if (value != "cdrom" && value != "disk")
        trouble_ = fmt::format("devtype {} is not known; use disk or cdrom", value);
    } else if (name == "specification") {
      if (value != "xen")
        trouble_ = fmt::format("specification {}: only xen's is here; leave it out", value);
    } else {
      trouble_ = fmt::format("{}= is no parameter of a disk; see xl-disk-configuration(5)", name);
    }
    return true;
  }

  // "tap:aio:qcow2:/path": the bytes of the first prefix, 0 if there is none.
  std::size_t old_prefix(std::string_view rest) {
    const std::size_t colon = rest.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789");
    if (colon == 0 || colon == rest.npos || rest[colon] != ':' || is_digit(rest[0]))
      return 0;
    const std::string_view prefix = rest.substr(0, colon);
    constexpr std::string_view kFormats[] = {"raw", "qcow", "qcow2", "vhd"};
    constexpr std::string_view kScripts[] = {"iscsi", "nbd", "enbd", "drbd"};
    constexpr std::string_view kNothing[] = {"tapdisk", "tap",  "tap2", "aio",
                                             "ioemu",   "file", "phy"};
    const auto among = [&](const auto& names) {
      return std::find(std::begin(names), std::end(names), prefix) != std::end(names);
    };
    if (among(kFormats))
      set_format(prefix);
    else if (among(kScripts))
      set(script_, "script", "block-" + std::string(prefix));
    else if (!among(kNothing) && is_word(rest.substr(colon + 1)))
      return 0;  // "hdc:cdrom"
    else if (!among(kNothing))
      trouble_ = fmt::format("prefix {}: is not known; name the target without it", prefix);
    old_style_ = true;
    return colon + 1;
  }

  // "xvda", or "hdc:cdrom" as it was written once.
  void device(std::string_view word) {
    const std::size_t colon = word.rfind(':');
    if (colon != word.npos) {
      const std::string_view kind = word.substr(colon + 1);
      disk_.cdrom = kind == "cdrom";
      if (kind != "cdrom" && kind != "disk")
        trouble_ = fmt::format("kind {} of {} is not known; use :cdrom or none", kind, word);
    }
    set(vdev_, "vdev", word.substr(0, colon));
  }

  void position(std::string_view word) {
    if (!target_) {
      set(target_, "target", word);
    } else if (!old_style_ && !format_ && target_->empty() && word.find(':') != word.npos) {
      format_ = DiskFormat::Empty;  // ",hdc:cdrom,r" is how xend wrote an empty drive
      device(word);
    } else if (!old_style_ && !format_) {
      set_format(word);
    } else if (!vdev_) {
      device(word);
    } else if (!access_set_) {
      access_set_ = true;
      set_access(word);
    } else {
      trouble_ = fmt::format("{} is one parameter too many; take it out", word);
    }
  }

  Result<DiskConfig> finish() {
    if (!trouble_.empty())
      return Error{ErrorCode::InvalidInput, trouble_};
    if (!vdev_ || vdev_->empty())
      return Error{ErrorCode::InvalidInput,
                   "no vdev is given; say what the guest calls it, as in "
                   "\"disk.img,raw,xvda,rw\""};
    disk_.target = target_.value_or("");
    disk_.vdev = *vdev_;
    disk_.script = script_.value_or("");
    disk_.format = format_.value_or(DiskFormat::Raw);
    if (disk_.cdrom) {
      disk_.writable = false;
      if (disk_.target.empty())
        disk_.format = DiskFormat::Empty;
    } else if (disk_.target.empty()) {
      return Error{ErrorCode::InvalidInput,
                   fmt::format("{} has no target, and only a cdrom may be empty; name its image",
                               disk_.vdev)};
    }
    return disk_;
  }

  DiskConfig disk_;
  std::optional<std::string> target_, vdev_, script_;
  std::optional<DiskFormat> format_;
  bool access_set_ = false, old_style_ = false;
  std::string trouble_;
};

}  // namespace

Result<DiskConfig> parse_disk_spec(std::string_view spec) { return DiskSpec().parse(spec); }

}  // namespace gv::xl
