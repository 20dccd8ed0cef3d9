// SPDX-License-Identifier: MIT

#include "xen/xenstore/store_path.h"

#include <gtest/gtest.h>

namespace gv::xenstore {
namespace {

TEST(StorePath, IsValidWithLettersDigitsAndFourSigns) {
  for (const char* path : {"/", "/a", "/local/domain/0/x-1_y@z", "@releaseDomain"})
    EXPECT_TRUE(is_valid_path(path)) << path;
}

TEST(StorePath, IsInvalidWithOtherSignsDoubledOrTrailingSlashes) {
  for (const char* path : {"", "a", "//", "/a/", "/a//b", "/a b", "/a.b", "/\xc3\xa4", "/a\nb"})
    EXPECT_FALSE(is_valid_path(path)) << path;
}

TEST(StorePath, MayBeAsLongInEveryDomainsHome) {
  const std::string longest(XENSTORE_REL_PATH_MAX, 'x');
  EXPECT_TRUE(is_valid_path("/local/domain/1/" + longest));
  EXPECT_TRUE(is_valid_path("/local/domain/65535/" + longest));
  EXPECT_FALSE(is_valid_path("/local/domain/1/" + longest + "x"));
  EXPECT_FALSE(is_valid_path("/" + longest));
  EXPECT_FALSE(is_valid_path("/local/domain/70000/" + longest));  // no domain: no allowance
}

TEST(StorePath, BeginsAtTheBaseWhenItIsRelative) {
  EXPECT_EQ(absolute_path("device/vbd", "/local/domain/3"), "/local/domain/3/device/vbd");
  EXPECT_EQ(absolute_path("/tool", "/local/domain/3"), "/tool");
  EXPECT_EQ(absolute_path("@introduceDomain", "/local/domain/3"), "@introduceDomain");
}

TEST(StorePath, KnowsItsParentAndItsLeaf) {
  EXPECT_EQ(parent_path("/a/b"), "/a");
  EXPECT_EQ(parent_path("/a"), "/");
  EXPECT_FALSE(parent_path("/"));
  EXPECT_FALSE(parent_path("@releaseDomain"));
  EXPECT_EQ(leaf_name("/a/b"), "b");
  EXPECT_EQ(child_path("/", "a"), "/a");
  EXPECT_EQ(child_path("/a", "b"), "/a/b");
}

TEST(StorePath, IsBelowByWholeNames) {
  EXPECT_TRUE(is_below("/a/b", "/a"));
  EXPECT_TRUE(is_below("/a", "/a"));
  EXPECT_FALSE(is_below("/ab", "/a"));
  EXPECT_TRUE(is_below("/a", "/"));
  EXPECT_FALSE(is_below("@releaseDomain", "/"));
}

TEST(StorePath, ReadsNumbersWithoutSignSpaceOrRest) {
  EXPECT_EQ(parse_number("65535", 65535), 65535u);
  for (const char* text : {"", "-1", "+1", " 1", "1 ", "1x", "65536", "99999999999999999999999"})
    EXPECT_FALSE(parse_number(text, 65535)) << text;
}

}  // namespace
}  // namespace gv::xenstore
