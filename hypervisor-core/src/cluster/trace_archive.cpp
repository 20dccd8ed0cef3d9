// SPDX-License-Identifier: MIT
//
// trace_archive.cpp - liblzma unpacks, and the tar's 512-byte headers are read here.

#include "cluster/trace_archive.h"

#include <lzma.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <fstream>
#include <vector>

namespace gv {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kLargestTar = 256u << 20;

Error bad(const std::string& path, const std::string& what) {
  return {ErrorCode::InvalidInput, path + ": " + what};
}

std::string_view field(std::string_view header, std::size_t offset, std::size_t length) {
  const std::string_view text = header.substr(offset, length);
  return text.substr(0, std::min(text.find('\0'), text.size()));
}

// Octal digits, blanks about them; -1 if it is anything else.
long long octal(std::string_view text) {
  long long value = 0;
  for (const char digit : text) {
    if (digit == ' ')
      continue;
    if (digit < '0' || digit > '7')
      return -1;
    value = value * 8 + (digit - '0');
  }
  return value;
}

bool checksum_holds(std::string_view header) {
  long long sum = 0;
  for (std::size_t i = 0; i < kBlock; ++i)
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(header[i]);
  return octal(field(header, 148, 8)) == sum;
}

Result<std::string> unpack(std::ifstream& in, const std::string& path) {
  lzma_stream stream = LZMA_STREAM_INIT;
  if (lzma_stream_decoder(&stream, UINT64_MAX, LZMA_CONCATENATED) != LZMA_OK)
    return Error{ErrorCode::Internal, path + ": the xz decoder did not start"};
  std::string out;
  std::array<char, 1 << 16> input{}, output{};
  lzma_ret state = LZMA_OK;
  while (state == LZMA_OK && out.size() <= kLargestTar) {
    if (stream.avail_in == 0 && in) {
      in.read(input.data(), input.size());
      stream.next_in = reinterpret_cast<const std::uint8_t*>(input.data());
      stream.avail_in = static_cast<std::size_t>(in.gcount());
    }
    stream.next_out = reinterpret_cast<std::uint8_t*>(output.data());
    stream.avail_out = output.size();
    state = lzma_code(&stream, in ? LZMA_RUN : LZMA_FINISH);
    out.append(output.data(), output.size() - stream.avail_out);
  }
  lzma_end(&stream);
  if (out.size() > kLargestTar)
    return bad(path, "unpacks to more than 256 MiB; give a folder of trace files");
  if (state == LZMA_FORMAT_ERROR)
    return bad(path, "is no folder and no xz file; give a folder of trace files or its .tar.xz");
  if (state != LZMA_STREAM_END)
    return bad(path, "is cut off or damaged; copy it again");
  return out;
}

}  // namespace

Result<std::vector<TraceFile>> files_of_tar(std::string_view tar, const std::string& path) {
  std::vector<TraceFile> files;
  while (tar.size() >= kBlock && tar.front() != '\0') {
    const std::string_view header = tar.substr(0, kBlock);
    const long long size = octal(field(header, 124, 12));
    if (!checksum_holds(header) || size < 0)
      return bad(path, "does not hold a tar archive; give the .tar.xz of a folder of trace files");
    const auto length = static_cast<std::size_t>(size);
    const std::size_t padded = (length + kBlock - 1) / kBlock * kBlock;
    tar.remove_prefix(kBlock);
    if (padded > tar.size())
      return bad(path, "ends inside a trace file; copy it again");
    const char type = header[156];
    const std::string_view name = field(header, 0, 100), prefix = field(header, 345, 155);
    if (type == '0' || type == '\0')
      files.push_back({prefix.empty() || !header.substr(257).starts_with("ustar\0")
                           ? std::string(name)
                           : std::string(prefix) + "/" + std::string(name),
                       std::string(tar.substr(0, length))});
    tar.remove_prefix(padded);
  }
  return files;
}

Result<std::vector<TraceFile>> files_of_archive(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in)
    return bad(path, "cannot be read; check its permissions");
  const auto tar = unpack(in, path);
  if (!tar)
    return tar.error();
  return files_of_tar(*tar, path);
}

}  // namespace gv
