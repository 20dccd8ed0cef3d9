// SPDX-License-Identifier: MIT

#include "loader/image.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

namespace gv {
namespace {

struct ImageFile : ::testing::Test {
  std::filesystem::path folder;
  void SetUp() override {
    const auto* test = ::testing::UnitTest::GetInstance()->current_test_info();
    folder = std::filesystem::path(::testing::TempDir()) /
             (std::string("gv_image_file_") + test->name());
    std::filesystem::create_directories(folder);
  }
  void TearDown() override { std::filesystem::remove_all(folder); }
  std::string file(const std::string& name, const std::string& contents) {
    const auto path = (folder / name).string();
    std::ofstream(path, std::ios::binary) << contents;
    return path;
  }
};

TEST_F(ImageFile, BecomesAConfig) {
  const auto path = file("guest.bin", std::string("\xf4\x00\xff", 3));
  const auto config = config_for_image(path);
  ASSERT_TRUE(config.has_value());
  EXPECT_EQ(config->image, (std::vector<std::uint8_t>{0xf4, 0x00, 0xff}));
  EXPECT_EQ(config->image_path, path);
}

TEST_F(ImageFile, IsNamedWhenItIsMissingEmptyOrAFolder) {
  const auto missing = config_for_image((folder / "nothing").string());
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().code, ErrorCode::InvalidInput);
  EXPECT_EQ(missing.error().message,
            (folder / "nothing").string() + ": there is no such image; check the path");
  const auto directory = config_for_image(folder.string());
  ASSERT_FALSE(directory.has_value());
  EXPECT_EQ(directory.error().message, folder.string() + ": is a directory; name the image in it");
  const auto path = file("empty", "");
  const auto empty = config_for_image(path);
  ASSERT_FALSE(empty.has_value());
  EXPECT_EQ(empty.error().message,
            path + ": is empty; give an image with at least one instruction");
}

TEST_F(ImageFile, IsTheDiskUnlessAnotherIsGiven) {
  MachineConfig config;
  config.image = {1, 2, 3};
  EXPECT_EQ(*read_disk(config), config.image);
  config.disk_path = file("disk", "abc");
  EXPECT_EQ(*read_disk(config), (std::vector<std::uint8_t>{'a', 'b', 'c'}));
  config.disk_path = (folder / "nothing").string();
  const auto missing = read_disk(config);
  ASSERT_FALSE(missing.has_value());
  EXPECT_EQ(missing.error().message,
            *config.disk_path + ": there is no such disk image; check the path");
}

}  // namespace
}  // namespace gv
