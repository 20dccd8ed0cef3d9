// SPDX-License-Identifier: MIT
//
// image_file.cpp - the only part of the loader that touches the file system.

#include "loader/image.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>

namespace gv {
namespace {

// A guest has at most 2 GiB; a larger file is a mistake and not worth reading.
constexpr std::uint64_t kLargestFile = std::uint64_t{1} << 31;

Result<std::vector<std::uint8_t>> read_file(const std::string& path, const std::string& what) {
  const auto error = [&](const std::string& why) {
    return Error{ErrorCode::InvalidInput, path + ": " + why};
  };
  std::error_code status;
  const auto kind = std::filesystem::status(path, status).type();
  if (kind == std::filesystem::file_type::not_found) {
    return error("there is no such " + what + "; check the path");
  }
  if (kind == std::filesystem::file_type::directory) {
    return error("is a directory; name the " + what + " in it");
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file)
    return error("cannot be read (" + std::string(std::strerror(errno)) + ")");
  std::vector<std::uint8_t> bytes;
  std::uint8_t buffer[65536];
  while (const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get())) {
    bytes.insert(bytes.end(), buffer, buffer + count);
    if (bytes.size() > kLargestFile) {
      return error("is larger than 2 GiB, the most that a guest can have; choose another " + what);
    }
  }
  if (std::ferror(file.get()) != 0)
    return error("cannot be read to its end; check the disk");
  return bytes;
}

}  // namespace

Result<MachineConfig> config_for_image(const std::string& path) {
  auto bytes = read_file(path, "image");
  if (!bytes)
    return bytes.error();
  if (bytes->empty()) {
    return Error{ErrorCode::InvalidInput,
                 path + ": is empty; give an image with at least one instruction"};
  }
  MachineConfig config;
  config.image_path = path;
  config.image = std::move(*bytes);
  return config;
}

Result<std::vector<std::uint8_t>> read_disk(const MachineConfig& config) {
  if (!config.disk_path)
    return config.image;
  return read_file(*config.disk_path, "disk image");
}

}  // namespace gv
