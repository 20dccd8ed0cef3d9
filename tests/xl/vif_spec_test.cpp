// SPDX-License-Identifier: MIT

#include "xen/xl/vif_spec.h"

#include <gtest/gtest.h>

namespace gv::xl {
namespace {

std::string trouble(const std::string& spec) {
  const auto vif = parse_vif_spec(spec);
  return vif ? "none" : vif.error().message;
}

TEST(VifSpec, MayBeEmpty) {
  const auto vif = parse_vif_spec("");
  ASSERT_TRUE(vif.has_value());
  EXPECT_FALSE(vif->mac);
  EXPECT_TRUE(vif->emulated);
}

TEST(VifSpec, TakesItsParametersInAnyOrder) {
  const auto vif = parse_vif_spec(
      "mac=00:16:3E:74:3d:76, model=e1000,bridge=xenbr1,type=vif,rate=1MB/s@20ms,devid=3,mtu=9000,"
      "untrusted,ip=10.0.0.1,vifname=web,script=vif-route,netdev=eth0,backend=net");
  ASSERT_TRUE(vif.has_value());
  EXPECT_EQ(format(*vif->mac), "00:16:3e:74:3d:76");
  EXPECT_EQ(vif->bridge, "xenbr1");
  EXPECT_EQ(vif->model, "e1000");
  EXPECT_FALSE(vif->emulated || vif->trusted);
  EXPECT_EQ(vif->bytes_per_interval, 20'000u);
  EXPECT_EQ(vif->interval_microseconds, 20'000u);
  EXPECT_EQ(vif->device_number, 3u);
  EXPECT_EQ(vif->mtu, 9000u);
  EXPECT_EQ(vif->gateway_device, "eth0");
}

TEST(VifSpec, SaysWhatIsWrongAndTheMend) {
  EXPECT_EQ(trouble("mac=00:16"), "mac 00:16 is none; write six bytes, as in 00:16:3e:00:00:01");
  EXPECT_EQ(trouble("mac=00:16:3e:00:00:0g"),
            "mac 00:16:3e:00:00:0g is none; write six bytes, as in 00:16:3e:00:00:01");
  EXPECT_EQ(trouble("mac=01:16:3e:00:00:00"),
            "mac 01:16:3e:00:00:00 is a group's; clear the lowest bit of its first byte");
  EXPECT_EQ(trouble("bridges=x"),
            "bridges= is no parameter of a vif; see xl-network-configuration(5)");
  EXPECT_EQ(trouble("xenbr0"), "xenbr0 is no parameter of a vif; write key=value");
  EXPECT_EQ(trouble("rate=fast"), "rate fast is none; write it as in 10Mb/s or 1MB/s@20ms");
  EXPECT_EQ(trouble("rate=99999999999GB/s"),
            "rate 99999999999GB/s is none; write it as in 10Mb/s or 1MB/s@20ms");
  EXPECT_EQ(trouble("mtu=12"), "mtu 12 is none; write 68 to 65535");
}

}  // namespace
}  // namespace gv::xl
