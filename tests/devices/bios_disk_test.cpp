// SPDX-License-Identifier: MIT

#include "bios_guest.h"

#include <numeric>

namespace gv {
namespace {

// Every sector of the disk is filled with its own number.
std::vector<std::uint8_t> numbered_disk(std::size_t sectors) {
  std::vector<std::uint8_t> disk(sectors * 512);
  for (std::size_t i = 0; i < disk.size(); ++i)
    disk[i] = static_cast<std::uint8_t>(i / 512);
  return disk;
}

struct BiosDisk : BiosGuest {
  void SetUp() override { boot(numbered_disk(200)); }
  void packet(std::uint32_t count, std::uint32_t offset, std::uint32_t segment, std::uint32_t lba) {
    r[Gpr::Si] = 0x5000;
    set_word(0x5000, 16);
    set_word(0x5002, count);
    set_word(0x5004, offset);
    set_word(0x5006, segment);
    set_word(0x5008, lba);
    set_word(0x500a, 0);
    set_word(0x500c, 0);
    set_word(0x500e, 0);
  }
};

TEST_F(BiosDisk, ReadsByCylinderHeadAndSector) {
  EXPECT_EQ(call(0x13, 0x0203, 0x8000, 0x0002, 0x0080), BiosOutcome::Served);
  EXPECT_FALSE(carry());
  EXPECT_EQ(al(), 3u);
  EXPECT_EQ(memory()[0x8000], 1);
  EXPECT_EQ(memory()[0x8000 + 1024], 3);
  EXPECT_EQ(memory()[0x8000 + 1536], 0) << "three sectors, no more";
  call(0x13, 0x0201, 0x8000, 0x0001, 0x0180);  // head 1
  EXPECT_EQ(memory()[0x8000], 63);
}

TEST_F(BiosDisk, ReadsByBlockNumber) {
  call(0x13, 0x4100, 0x55aa, 0, 0x0080);
  EXPECT_FALSE(carry());
  EXPECT_EQ(r[Gpr::Bx], 0xaa55u);
  packet(2, 0x0010, 0x0900, 150);
  call(0x13, 0x4200, 0, 0, 0x0080);
  EXPECT_FALSE(carry());
  EXPECT_EQ(memory()[0x9010], 150);
  EXPECT_EQ(memory()[0x9010 + 512], 151);
}

TEST_F(BiosDisk, StopsAtTheEndOfTheDisk) {
  packet(4, 0, 0x0900, 198);
  call(0x13, 0x4200, 0, 0, 0x0080);
  EXPECT_TRUE(carry());
  EXPECT_EQ(ah(), 0x04u);
  EXPECT_EQ(word(0x5002), 2u) << "two were there";
}

TEST_F(BiosDisk, KeepsWritesAwayFromTheImage) {
  std::fill_n(memory().begin() + 0x8000, 512, std::uint8_t{0xee});
  call(0x13, 0x0301, 0x8000, 0x0005, 0x0080);
  EXPECT_FALSE(carry());
  const auto state = saved(*pc.bios);
  call(0x13, 0x0201, 0x9000, 0x0005, 0x0080);
  EXPECT_EQ(memory()[0x9000], 0xee);
  pc.bios->reset();
  call(0x13, 0x0201, 0x9000, 0x0005, 0x0080);
  EXPECT_EQ(memory()[0x9000], 4) << "the image is as it was";
  ASSERT_TRUE(restored(*pc.bios, state));
  EXPECT_EQ(saved(*pc.bios), state);
  call(0x13, 0x0201, 0x9000, 0x0005, 0x0080);
  EXPECT_EQ(memory()[0x9000], 0xee) << "written sectors travel with the state";
}

TEST_F(BiosDisk, TellsTheGeometry) {
  call(0x13, 0x0800, 0, 0, 0x0080);
  EXPECT_FALSE(carry());
  EXPECT_EQ(r[Gpr::Cx], 63u) << "one cylinder, 63 sectors";
  EXPECT_EQ(r[Gpr::Dx], 0x0f01u) << "16 heads, one drive";
  call(0x13, 0x1500, 0, 0, 0x0080);
  EXPECT_EQ(ah(), 3u);
  EXPECT_EQ(r[Gpr::Dx], 200u);
}

TEST_F(BiosDisk, HasTheGeometryOfAFloppy) {
  boot(std::vector<std::uint8_t>(1440 * 1024), 0x00);
  call(0x13, 0x0800);
  EXPECT_EQ(r[Gpr::Cx], 0x4f12u) << "80 cylinders, 18 sectors";
  EXPECT_EQ(r[Gpr::Dx], 0x0101u);
  EXPECT_EQ(r[Gpr::Bx] & 0xff, 4u);
  EXPECT_EQ(r[SegmentName::Es].selector, 0xf000);
  EXPECT_EQ(memory()[0xf0000 + r[Gpr::Di] + 4], 18) << "sectors per track in the parameters";
  r[SegmentName::Es] = {0, 0, 0xffff, 0x93};
  call(0x13, 0x4100, 0x55aa);
  EXPECT_TRUE(carry()) << "no block numbers on a floppy";
}

// A request that fails, and the status it fails with.
struct FailingCase {
  const char* what;
  std::uint32_t ax, cx, dx, status;
};

class Failing : public BiosDisk, public ::testing::WithParamInterface<FailingCase> {};

TEST_P(Failing, LeavesItsStatusAndTheCarry) {
  const FailingCase& c = GetParam();
  call(0x13, c.ax, 0x8000, c.cx, c.dx);
  EXPECT_TRUE(carry()) << c.what;
  EXPECT_EQ(ah(), c.status) << c.what;
  EXPECT_EQ(memory()[0x474], c.status);
  call(0x13, 0x0100, 0, 0, 0x0080);
  EXPECT_EQ(ah(), c.status) << "function 1 tells it again";
}

INSTANTIATE_TEST_SUITE_P(
    Cases, Failing,
    ::testing::Values(FailingCase{"no such drive", 0x0201, 1, 0x0081, 0x01},
                      FailingCase{"no such floppy", 0x0201, 1, 0x0000, 0xaa},
                      FailingCase{"sector 0", 0x0201, 0, 0x0080, 0x01},
                      FailingCase{"no sectors", 0x0200, 1, 0x0080, 0x01},
                      FailingCase{"cylinder behind the end", 0x0201, 0xffff, 0x0080, 0x04},
                      FailingCase{"head 16", 0x0201, 1, 0x1080, 0x04},
                      FailingCase{"sector behind the end", 0x0201, 0x0030, 0x0f80, 0x04},
                      FailingCase{"unknown function", 0x2000, 0, 0x0080, 0x01}));

TEST_F(BiosDisk, RefusesAStateWithSectorsThatDoNotExist) {
  StateWriter out;
  out.flag(false);
  out.u64(0);
  out.u64(1);
  out.u64(200);
  out.bytes(std::vector<std::uint8_t>(512));
  EXPECT_FALSE(restored(*pc.bios, out.take()));
}

}  // namespace
}  // namespace gv
