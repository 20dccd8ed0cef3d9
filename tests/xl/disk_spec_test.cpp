// SPDX-License-Identifier: MIT
//
// Which specs are good, Xen's own parser says in against_xen_test.cpp; here is what we say.

#include "xen/xl/disk_spec.h"

#include <gtest/gtest.h>

namespace gv::xl {
namespace {

std::string trouble(const std::string& spec) {
  const auto disk = parse_disk_spec(spec);
  return disk ? "none" : disk.error().message;
}

TEST(DiskSpec, MeansTheSameByPositionByNameAndInTheOldWay) {
  for (const char* spec :
       {"/dev/vg/g,raw,hda,rw", "/dev/vg/g,,hda",
        "format=raw, vdev=hda, access=rw, target=/dev/vg/g", "raw:/dev/vg/g,hda,w",
        "phy:/dev/vg/g,hda,w", "tap:aio:/dev/vg/g,hda,w"}) {
    const auto disk = parse_disk_spec(spec);
    ASSERT_TRUE(disk.has_value()) << spec;
    EXPECT_EQ(disk->target, "/dev/vg/g");
    EXPECT_EQ(disk->vdev, "hda");
    EXPECT_TRUE(disk->writable && !disk->cdrom && disk->format == DiskFormat::Raw);
  }
}

TEST(DiskSpec, SaysWhatIsWrongAndTheMend) {
  EXPECT_EQ(trouble("/a"),
            "no vdev is given; say what the guest calls it, as in "
            "\"disk.img,raw,xvda,rw\"");
  EXPECT_EQ(trouble("/a,bmp,xvda"), "format bmp is not known; use raw");
  EXPECT_EQ(trouble("/a,raw,xvda,x"), "access x is not known; use rw or ro");
  EXPECT_EQ(trouble("/a,raw,xvda,rw,more"), "more is one parameter too many; take it out");
  EXPECT_EQ(trouble("/a,raw,xvda,colour=red"),
            "colour= is no parameter of a disk; see xl-disk-configuration(5)");
  EXPECT_EQ(trouble("vdev=xvda"),
            "xvda has no target, and only a cdrom may be empty; name its image");
  EXPECT_EQ(trouble("vdev=a,vdev=b"), "vdev is given twice; take one out");
}

}  // namespace
}  // namespace gv::xl
