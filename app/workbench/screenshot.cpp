// SPDX-License-Identifier: MIT
//
// screenshot.cpp - libpng's simple interface.

#include "workbench/screenshot.h"

#include <png.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace gv {

Picture cropped(const Picture& picture, const Area& area) {
  const int left = std::clamp(static_cast<int>(std::floor(area.x)), 0, picture.width);
  const int top = std::clamp(static_cast<int>(std::floor(area.y)), 0, picture.height);
  const int right = std::clamp(static_cast<int>(std::ceil(area.right())), left, picture.width);
  const int bottom = std::clamp(static_cast<int>(std::ceil(area.bottom())), top, picture.height);
  Picture out;
  out.width = right - left;
  out.height = bottom - top;
  out.rgb.reserve(static_cast<std::size_t>(out.width) * static_cast<std::size_t>(out.height) * 3);
  for (int y = top; y < bottom; ++y) {
    const auto row =
        picture.rgb.begin() + (static_cast<std::ptrdiff_t>(y) * picture.width + left) * 3;
    out.rgb.insert(out.rgb.end(), row, row + static_cast<std::ptrdiff_t>(out.width) * 3);
  }
  return out;
}

Result<void> write_png(const Picture& picture, const std::filesystem::path& file) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  image.width = static_cast<png_uint_32>(picture.width);
  image.height = static_cast<png_uint_32>(picture.height);
  image.format = PNG_FORMAT_RGB;
  // Under its name only when it is whole: somebody may be waiting for it.
  const std::filesystem::path fresh = file.string() + ".new";
  if (png_image_write_to_file(&image, fresh.c_str(), 0, picture.rgb.data(), 0, nullptr) == 0) {
    return Error{ErrorCode::InvalidInput,
                 "cannot write the picture " + file.string() + ": " + image.message};
  }
  std::error_code problem;
  std::filesystem::rename(fresh, file, problem);
  if (problem) {
    return Error{ErrorCode::InvalidInput,
                 "cannot write the picture " + file.string() + ": " + problem.message()};
  }
  return {};
}

Result<Picture> read_png(const std::filesystem::path& file) {
  png_image image;
  std::memset(&image, 0, sizeof image);
  image.version = PNG_IMAGE_VERSION;
  if (png_image_begin_read_from_file(&image, file.c_str()) == 0) {
    return Error{ErrorCode::InvalidInput,
                 "cannot read the picture " + file.string() + ": " + image.message};
  }
  image.format = PNG_FORMAT_RGB;
  Picture out;
  out.width = static_cast<int>(image.width);
  out.height = static_cast<int>(image.height);
  out.rgb.resize(PNG_IMAGE_SIZE(image));
  if (png_image_finish_read(&image, nullptr, out.rgb.data(), 0, nullptr) == 0) {
    return Error{ErrorCode::InvalidInput,
                 "cannot read the picture " + file.string() + ": " + image.message};
  }
  return out;
}

}  // namespace gv
