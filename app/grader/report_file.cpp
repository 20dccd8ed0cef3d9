// SPDX-License-Identifier: MIT
//
// report_file.cpp - temporary file, fsync, rename.

#include "grader/report_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include <fmt/format.h>

namespace gv {
namespace {

bool write_all(int descriptor, const std::string& content) {
  for (std::size_t at = 0; at < content.size();) {
    const ssize_t n = write(descriptor, content.data() + at, content.size() - at);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    at += static_cast<std::size_t>(n);
  }
  return true;
}

Error not_written(const std::string& what, int reason) {
  return {ErrorCode::InvalidInput,
          fmt::format("the report cannot be written to {}: {}; choose another --output", what,
                      std::strerror(reason))};
}

}  // namespace

Result<void> write_report_file(const std::string& path, const std::string& content) {
  struct stat status {};
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    // A device or a pipe cannot be replaced by a rename; it is written as it is.
    const int special = open(path.c_str(), O_WRONLY | O_CLOEXEC);
    if (special < 0)
      return not_written("'" + path + "'", errno);
    const bool written = write_all(special, content);
    const int reason = errno;
    close(special);
    if (!written)
      return not_written("'" + path + "'", reason);
    return {};
  }
  std::string temporary = path + ".XXXXXX";
  const int file = mkostemp(temporary.data(), O_CLOEXEC);
  if (file < 0)
    return not_written("'" + path + "'", errno);
  // mkstemp makes a file for its owner alone; a report has the ordinary rights.
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(file, 0666 & ~mask);
  bool written = write_all(file, content) && fsync(file) == 0;
  int reason = errno;
  if (close(file) != 0 && written) {
    written = false;
    reason = errno;
  }
  if (written && rename(temporary.c_str(), path.c_str()) == 0)
    return {};
  if (written)
    reason = errno;
  unlink(temporary.c_str());
  return not_written("'" + path + "'", reason);
}

Result<void> write_report_to_stdout(const std::string& content) {
  if (!write_all(STDOUT_FILENO, content))
    return not_written("stdout", errno);
  return {};
}

}  // namespace gv
