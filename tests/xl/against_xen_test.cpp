// SPDX-License-Identifier: MIT
//
// Our parsers against Xen's own, on texts that people write and on random ones: what Xen reads
// we read the same, and what it refuses we refuse. Four differences are meant: the last line may
// be a comment and lines may end in CR LF; escapes by number are refused (Xen takes octal ones and
// loses what follows); a disk without vdev, or an empty one that is no cdrom, is refused at once
// and not when the domain is built; and so is a rate of nothing.

#include "xen/xl/config_syntax.h"
#include "xen/xl/disk_spec.h"
#include "xen/xl/vif_spec.h"
#include "xen_parser.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

namespace gv::xl {
namespace {

const std::string kRefused = "refused";

std::string taken(char* text) {
  const std::string copy = text != nullptr ? text : kRefused;
  std::free(text);
  return copy;
}

std::string shown(const Value& value) {
  if (value.kind != ValueKind::List)
    return value.text;
  std::string text;
  for (const Value& item : value.items)
    text += (text.empty() && &item == &value.items.front() ? "" : ",") + shown(item);
  return "[" + text + "]";
}

std::string ours(const std::string& text, const std::string& key) {
  const auto settings = parse_settings(text, "test");
  if (!settings)
    return kRefused;
  for (const Setting& setting : *settings) {
    if (setting.key == key)
      return shown(setting.value);
  }
  return "";
}

std::string xens(std::string text, const std::string& key) {
  text += '\n';
  return taken(xen_value_of(text.data(), static_cast<int>(text.size()), key.c_str()));
}

std::string our_disk(const std::string& spec) {
  const auto disk = parse_disk_spec(spec);
  if (!disk)
    return kRefused;
  return disk->target + "|" + disk->vdev + "|" + std::string(name_of(disk->format)) + "|" +
         (disk->writable ? "w" : "r") + "|" + (disk->cdrom ? "cdrom" : "disk") + "|" +
         disk->script + "|" + disk->backend + "|" +
         (!disk->discard   ? ""
          : *disk->discard ? "yes"
                           : "no") +
         "|" + (disk->direct_io_safe ? "direct" : "");
}

std::string xen_disk_of(const std::string& spec) {
  std::string disk = taken(xen_disk(spec.c_str()));
  const bool no_vdev = disk.find("||") != disk.npos && disk.find("||") == disk.find('|');
  const bool nothing = disk[0] == '|' && disk.find("|r|cdrom|") == disk.npos;
  return no_vdev || nothing ? kRefused : disk;
}

TEST(AgainstXen, SettingsThatPeopleWrite) {
  for (const std::string text : {"a = 1",
                                 "a=1\n",
                                 "a = 'x'",
                                 "a = \"x\"",
                                 "a='x';b=2",
                                 "a = []",
                                 "a = [ ]",
                                 "a = [\n]",
                                 "a = ['x']",
                                 "a = [ 'x', ]",
                                 "a = [ 'x',\n 'y',\n ]",
                                 "a = [ 'x'\n, 'y' ]",
                                 "a = [ , ]",
                                 "a = [ 'x' 'y' ]",
                                 "a = [ ['x'], [1, 2, ['z']] ]",
                                 "a = 0x1f",
                                 "a = 'it''s'",
                                 "a = 'a\\'b'",
                                 "a = 'a\\x41b'",
                                 "a = 'a\\n'",
                                 "a = 'a\\q'",
                                 "a = 'open",
                                 "a = 'two\nlines'",
                                 "# a = 1",
                                 "a = 1 # one",
                                 "a = '# no comment'",
                                 "a",
                                 "a =",
                                 "= 1",
                                 "a = b",
                                 "A = 1",
                                 "a += 'x'",
                                 "a = 'x'\na += 'y'",
                                 "a = ['x']\na += ['y']",
                                 "a = ['x']\na += 'y'",
                                 "a = 'x'\na += ['y']",
                                 "a = 1\na = 2",
                                 "\n\n;\n",
                                 "a = 1;;",
                                 "a = 1 b = 2",
                                 "a = [ 'x', # first\n 'y' ] # both",
                                 "a\n= 1",
                                 "a =\n1",
                                 "a = - 1",
                                 "a = -1",
                                 "a = 1.5",
                                 "a = 12abc",
                                 "a = 12x",
                                 "a = 12g",
                                 "_a = 1",
                                 "a_b2 = 1",
                                 "a = 1,",
                                 "a = ['x'];",
                                 "a = 'x' 'y'",
                                 "a = [1,,2]",
                                 "a = [\n\n1\n\n,\n\n2\n\n]",
                                 "a = \"\\\"\"",
                                 "a = '\\\\'"}) {
    EXPECT_EQ(ours(text, "a"), xens(text, "a")) << text;
  }
}

TEST(AgainstXen, SettingsOfRandomPieces) {
  constexpr const char* kPieces[] = {
      "a",         "b",          "=",   "=",     "+=", "[", "]", ",",  ";",    "\n",
      "1",         "0x2",        "'x'", "\"y\"", " ",  "#", "'", "\\", "a = ", "[ 'u', 'v' ]",
      "a = 'x'\n", "a += 'z'\n", "\n"};
  std::mt19937 random(20260101);
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string text = round % 2 == 0 ? "a = " : "";
    for (std::uint32_t n = static_cast<std::uint32_t>(random()) % 9; n > 0; --n)
      text += kPieces[random() % std::size(kPieces)];
    const std::string mine = ours(text, "a");
    accepted += mine == kRefused ? 0 : 1;
    ASSERT_EQ(mine, xens(text, "a")) << text;
  }
  EXPECT_GT(accepted, 5000);
}

TEST(AgainstXen, DisksThatPeopleWrite) {
  for (const std::string spec :
       {"/dev/vg/guest-volume,raw,xvda,rw",
        "/dev/vg/guest-volume,,hda",
        "format=raw, vdev=hda, access=rw, target=/dev/vg/guest-volume",
        "raw:/dev/vg/guest-volume,hda,w",
        "/root/image.iso,,hdc,cdrom",
        "/root/image.iso,,hdc,,cdrom",
        "/root/image.iso,raw,hdc,devtype=cdrom",
        "format=raw, vdev=hdc, access=ro, devtype=cdrom, target=/root/image.iso",
        "raw:/root/image.iso,hdc:cdrom,ro",
        ",hdc:cdrom,r",
        "phy:/dev/sda1,xvda1,w",
        "file:/a,xvda,w",
        "tap:aio:/a,xvda,w",
        "tap:qcow2:/a,xvda,w",
        "tap2:tapdisk:aio:/a,xvda,w",
        "drbd:res,xvda,w",
        "iscsi:x,xvda,w",
        "nbd:x,xvda,w",
        "vdev=xvda,target=/a,b,c",
        "/a,raw,xvda,r",
        "/a,raw,xvda,ro",
        "/a,raw,xvda,x",
        "/a,bmp,xvda,r",
        "/a,raw,,r",
        "/a",
        "",
        ",",
        ",,",
        ",,,",
        "/a,raw,xvda,rw,more",
        "/a,qcow2,xvda,backendtype=qdisk",
        "/a,raw,xvda,backendtype=foo",
        "/a,raw,xvda,script=block-x",
        "/a,raw,xvda,discard",
        "/a,raw,xvda,no-discard",
        "/a,raw,xvda,direct-io-safe",
        "/a,raw,xvda,backend=dd",
        "/a,raw,xvda,unknown=1",
        "/a,raw,vdev=xvda,vdev=xvdb",
        "/a,raw,format=qcow2,xvda",
        "  /a, raw, xvda, rw",
        "/a,raw,xvda,devtype=disk",
        "/a,raw,xvda,devtype=tape",
        "vdev=hdc,cdrom",
        "xyz:/a,xvda,w",
        "xyz:a,xvda,w",
        "/a:b,raw,xvda",
        "target=",
        "vdev=xvda,target=",
        "/a,raw,xvda:cdrom",
        "/a,raw,xvda:foo,r",
        "/a,raw,xvda,access=r,w",
        "/a,raw,xvda,w,access=r",
        "aio:/a,xvda,w",
        "ioemu:/a,xvda,w",
        "vhd:/a,xvda,w",
        "qcow:/a,xvda,w",
        "qed:/a,xvda,w",
        "/a,vhd,xvda,w",
        "target=/a",
        ",raw,xvda,vdev=xvda",
        ",raw,xvda,target=/a",
        "file:,xvda,w",
        "/a,raw,xvda,,"}) {
    EXPECT_EQ(our_disk(spec), xen_disk_of(spec)) << spec;
  }
}

TEST(AgainstXen, DisksOfRandomPieces) {
  constexpr const char* kPieces[] = {
      "/a",   "/b",   "raw",       "qcow2",    "xvda",     "hdc:cdrom", "r",         "rw",
      "w",    ",",    ",",         ",",        ",",        "cdrom",     "phy:",      "file:",
      "raw:", "tap:", ",format=",  ",vdev=",   ",access=", ",target=",  "discard",   "drbd:",
      " ",    "xyz:", ",devtype=", ",script=", "/a,raw,",  "xvda,",     "vdev=xvda,"};
  std::mt19937 random(20260101);
  int accepted = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string spec;
    for (std::uint32_t n = static_cast<std::uint32_t>(random()) % 9; n > 0; --n)
      spec += kPieces[random() % std::size(kPieces)];
    const std::string mine = our_disk(spec);
    accepted += mine == kRefused ? 0 : 1;
    ASSERT_EQ(mine, xen_disk_of(spec)) << spec;
  }
  EXPECT_GT(accepted, 2000);
}

TEST(AgainstXen, Rates) {
  for (const std::string rate :
       {"10Mb/s", "250KB/s", "1MB/s@20ms", "1GB/s", "8b/s@1s", "3Kb/s@50ms", "10", "10Mb", "Mb/s",
        "10MB/s@", "10MB/s@20", "10mb/s"}) {
    const auto vif = parse_vif_spec("rate=" + rate);
    const std::string mine = !vif ? kRefused
                                  : std::to_string(vif->bytes_per_interval) + "/" +
                                        std::to_string(vif->interval_microseconds);
    EXPECT_EQ(mine, taken(xen_rate(rate.c_str()))) << rate;
  }
}

}  // namespace
}  // namespace gv::xl
