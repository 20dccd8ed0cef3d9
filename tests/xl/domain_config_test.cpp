// SPDX-License-Identifier: MIT

#include "gv/domain_config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace gv {
namespace {

ParsedDomainConfig parsed(const std::string& text) {
  auto result = parse_domain_config(text, "my.cfg");
  EXPECT_TRUE(result.has_value()) << result.error().message;
  return result ? std::move(*result) : ParsedDomainConfig{};
}

std::string trouble(const std::string& text) {
  const auto result = parse_domain_config(text, "my.cfg");
  return result ? "none" : result.error().message;
}

const std::string kLeast = "name = 'd'\nkernel = '/k'\n";

TEST(DomainConfig, HasXlsDefaults) {
  const DomainConfig config = parsed(kLeast).config;
  EXPECT_EQ(config.type, DomainType::Pv);
  EXPECT_EQ(config.memory_mib, 32u);
  EXPECT_EQ(config.vcpus, 1u);
  EXPECT_EQ(config.cpu_weight, 256u);
  EXPECT_EQ(config.cap_percent, 0u);
  EXPECT_EQ(config.on_poweroff, EndAction::Destroy);
  EXPECT_EQ(config.on_reboot, EndAction::Restart);
  EXPECT_EQ(config.on_crash, EndAction::Destroy);
  EXPECT_TRUE(config.pinning.empty());
}

TEST(DomainConfig, ReadsAConfigurationAsTheyAreInTheWild) {
  const auto [config, warnings] = parsed(R"(
#
# Configuration file for the Xen instance web1, created by xen-tools
#
bootloader = "/usr/lib/xen-4.17/bin/pygrub"   # not used: there is a kernel
kernel  = '/boot/vmlinuz-6.1.0-13-amd64'
extra   = 'elevator=noop'; root = '/dev/xvda2 ro'
ramdisk = '/boot/initrd.img-6.1.0-13-amd64'
vcpus   = '2'; maxvcpus = 4
memory  = '512'
maxmem  = 0x400
cpus    = "all,^0"

disk    = [
             'phy:/dev/vg0/web1-disk,xvda2,w',
             'file:/srv/xen/web1-swap.img,xvda1,w',
             'format=qcow2, vdev=hdc, devtype=cdrom, access=ro, target=/iso/a,b.iso',
          ]
vif     = [ 'ip=10.0.0.5,mac=00:16:3E:AA:BB:CC' ]
on_crash = "restart"
name    = "web1"
)");
  EXPECT_EQ(config.name, "web1");
  EXPECT_EQ(config.command_line, "root=/dev/xvda2 ro elevator=noop");
  EXPECT_EQ(config.vcpus, 2u);
  EXPECT_EQ(config.max_vcpus, 4u);
  EXPECT_EQ(config.memory_mib, 512u);
  EXPECT_EQ(config.max_memory_mib, 1024u);
  EXPECT_FALSE(config.pinning.at(0).allows(0));
  ASSERT_EQ(config.disks.size(), 3u);
  EXPECT_EQ(config.disks[0].target, "/dev/vg0/web1-disk");
  EXPECT_EQ(config.disks[1].vdev, "xvda1");
  EXPECT_EQ(config.disks[2].target, "/iso/a,b.iso");
  EXPECT_TRUE(config.disks[2].cdrom && !config.disks[2].writable);
  EXPECT_EQ(config.on_crash, EndAction::Restart);
  ASSERT_EQ(warnings.size(), 3u);
  EXPECT_NE(warnings[0].find("my.cfg:5: bootloader is not given"), std::string::npos);
}

TEST(DomainConfig, TakesCommandLinesApartAsXlDoes) {
  EXPECT_EQ(parsed(kLeast + "root='/dev/xvda'\nextra='ro quiet'").config.command_line,
            "root=/dev/xvda ro quiet");
  EXPECT_EQ(parsed(kLeast + "extra='ro'").config.command_line, "ro");
  const auto both = parsed(kLeast + "root='/dev/xvda'\ncmdline='console=hvc0'");
  EXPECT_EQ(both.config.command_line, "console=hvc0");
  EXPECT_EQ(
      both.warnings,
      (std::vector<std::string>{"my.cfg:4: cmdline counts; root and extra do not beside it"}));
}

TEST(DomainConfig, PinsEachVcpuOrAllTheSame) {
  EXPECT_EQ(parsed(kLeast + "cpus = '1-2'").config.pinning.size(), 1u);
  EXPECT_EQ(parsed(kLeast + "cpus = 3").config.pinning[0].allows(3), true);
  const auto each = parsed(kLeast + "vcpus = 2\ncpus = ['0', '1,2']").config;
  EXPECT_FALSE(each.pinning[0].allows(1));
  EXPECT_TRUE(each.pinning[1].allows(2));
}

TEST(DomainConfig, NamesWhatThisLabCannotGive) {
  const auto [config, warnings] = parsed(kLeast +
                                         "pci = [ '01:00.0' ]\n"
                                         "disk = [ '/a.qcow2,qcow2,xvda' ]\n"
                                         "vif = [ '', 'rate=1Mb/s,ip=10.0.0.1' ]\n"
                                         "tsc_mode = 'native'\n"
                                         "on_crash = 'coredump-restart'\n"
                                         "vcpus = 1\nvcpus = 2\n");
  EXPECT_EQ(warnings,
            (std::vector<std::string>{
                "my.cfg:3: pci is not given: this lab has no real devices to pass through",
                "my.cfg:4: disk xvda: qcow2 images cannot be opened here; convert it: qemu-img "
                "convert -O raw",
                "my.cfg:5: vif 1: ip is not given: nothing here filters by address",
                "my.cfg:5: vif 1: rate is not given: netback sends as fast as it can",
                "my.cfg:6: tsc_mode is not given: a domain's time is the host's virtual time",
                "my.cfg:7: on_crash: no core is dumped here; a checkpoint keeps more",
                "my.cfg:9: vcpus is set in line 8 already; this one counts"}));
  EXPECT_EQ(config.vcpus, 2u);
  EXPECT_EQ(config.disks[0].format, DiskFormat::Qcow2);
}

TEST(DomainConfig, RefusesWithFileLineAndTheMend) {
  EXPECT_EQ(trouble(""), "my.cfg:1: the domain has no name; write name = \"...\"");
  EXPECT_EQ(trouble("name = 'd'"),
            "my.cfg:1: a pv domain boots a kernel of Dom0's; write kernel = \"...\"");
  EXPECT_EQ(trouble(kLeast + "memroy = 128"), "my.cfg:3: xl knows no key memroy; is memory meant?");
  EXPECT_EQ(trouble(kLeast + "qqqqqqqq = 128"),
            "my.cfg:3: xl knows no key qqqqqqqq; take the line out");
  EXPECT_EQ(trouble(kLeast + "vcpus = 'two'"), "my.cfg:3: vcpus wants a number; write vcpus = 1");
  EXPECT_EQ(trouble(kLeast + "vcpus = 0"), "my.cfg:3: vcpus is 0 and may be 1 to 128; change it");
  EXPECT_EQ(trouble(kLeast + "vcpus = [2]"), "my.cfg:3: vcpus wants a number; write vcpus = 1");
  EXPECT_EQ(trouble(kLeast + "memory = 64\nmaxmem = 32"),
            "my.cfg:4: maxmem 32 is less than memory 64; raise it");
  EXPECT_EQ(trouble(kLeast + "vcpus = 4\nmaxvcpus = 2"),
            "my.cfg:4: maxvcpus 2 is less than vcpus 4; raise it");
  EXPECT_EQ(trouble(kLeast + "type = 'container'"),
            "my.cfg:3: type container is not known; use pv, pvh or hvm");
  EXPECT_EQ(trouble(kLeast + "uuid = '1234'"),
            "my.cfg:3: uuid 1234 is none; write 32 hexadecimal digits or leave it out");
  EXPECT_EQ(trouble(kLeast + "disk = '/a,raw,xvda'"),
            "my.cfg:3: disk wants a list; write disk = [ \"...\" ]");
  EXPECT_EQ(trouble(kLeast + "disk = [\n'/a,raw,xvda',\n'/b' ]"),
            "my.cfg:5: disk: no vdev is given; say what the guest calls it, as in "
            "\"disk.img,raw,xvda,rw\"");
  EXPECT_EQ(trouble(kLeast + "disk = ['/a,raw,xvda', '/b,raw,xvda']"),
            "my.cfg:3: disk: xvda is there twice; rename one");
  EXPECT_EQ(trouble(kLeast + "vif = [['x']]"),
            "my.cfg:3: vif wants a list of texts; take the inner brackets out");
  EXPECT_EQ(trouble(kLeast + "on_crash = 'explode'"),
            "my.cfg:3: on_crash explode is not known; use destroy, restart or preserve");
  EXPECT_EQ(trouble(kLeast + "kernel = ['/k']"),
            "my.cfg:3: kernel wants one text, not a list; write kernel = \"...\"");
  EXPECT_EQ(trouble(kLeast + "cap = 1\ncap += 2"), "my.cfg:4: cap wants a number; write cap = 0");
}

TEST(DomainConfig, ReadsTheOldBuilderAndUuidsInAnyDress) {
  EXPECT_EQ(parsed("name='d'\nbuilder='hvm'").config.type, DomainType::Hvm);
  EXPECT_EQ(parsed(kLeast + "builder='generic'").config.type, DomainType::Pv);
  EXPECT_EQ(parsed(kLeast + "uuid='06ED00FE-1162-4fc4-b5d8-11993ee4a8b9'").config.uuid,
            "06ed00fe-1162-4fc4-b5d8-11993ee4a8b9");
}

// From package xen-utils-common; the files as they are.
TEST(DomainConfig, OfEachOfDebiansExamplesIsRead) {
  const struct {
    const char* file;
    DomainType type;
    std::uint64_t memory;
    unsigned vcpus;
    std::string kernel;
  } kExamples[] = {{"/etc/xen/xlexample.pvlinux", DomainType::Pv, 128, 2, "/boot/vmlinuz"},
                   {"/etc/xen/xlexample.hvm", DomainType::Hvm, 128, 2, ""},
                   {"/etc/xen/xlexample.pvhlinux", DomainType::Pvh, 512, 4, "/boot/vmlinuz"}};
  for (const auto& example : kExamples) {
    std::ifstream file(example.file);
    if (!file)
      GTEST_SKIP() << "no " << example.file << "; scripts/setup test installs xen-utils-common";
    std::ostringstream text;
    text << file.rdbuf();
    const auto result = parse_domain_config(text.str(), example.file);
    ASSERT_TRUE(result.has_value()) << result.error().message;
    EXPECT_EQ(result->config.type, example.type);
    EXPECT_EQ(result->config.memory_mib, example.memory);
    EXPECT_EQ(result->config.vcpus, example.vcpus);
    EXPECT_EQ(result->config.kernel, example.kernel);
    ASSERT_EQ(result->config.disks.size(), 1u);
    EXPECT_EQ(result->config.disks[0].vdev, "xvda");
    EXPECT_EQ(result->config.vifs.size(), 1u);
    EXPECT_TRUE(result->warnings.empty()) << result->warnings[0];
  }
}

}  // namespace
}  // namespace gv
