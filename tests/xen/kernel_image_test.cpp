// SPDX-License-Identifier: MIT

#include "xen/kernel_image.h"

#include "xen/hypercall_bench.h"

#include <gtest/gtest.h>

#include <random>

namespace gv::xen {
namespace {

MachineConfig config_of(std::vector<std::uint8_t> image) {
  MachineConfig config;
  config.image_path = "kernel";
  config.image = std::move(image);
  config.engine = EngineKind::Interpreter;
  config.technique = TechniqueKind::Paravirtual;
  config.memory_mib = 8;
  return config;
}

TEST(KernelImage, NotesAreFoundInBothWidths) {
  for (const Width width : {Width::Bits32, Width::Bits64}) {
    const auto bytes = tiny_kernel(width);
    const auto image = find_xen_kernel(bytes);
    ASSERT_TRUE(image);
    EXPECT_EQ(image->wide, width == Width::Bits64);
    EXPECT_EQ(image->entry, 0x100000u);
    EXPECT_EQ(image->text(XEN_ELFNOTE_XEN_VERSION), "xen-3.0");
    EXPECT_TRUE(image->can_be_pv());
    EXPECT_FALSE(image->can_be_pvh());
  }
}

TEST(KernelImage, AnElfFileWithoutNotesIsNoXenKernel) {
  auto bytes = tiny_kernel(Width::Bits64);
  bytes[0x200] = 9;  // the owner's name has another length
  EXPECT_FALSE(find_xen_kernel(bytes));
  const auto parsed = parse_xen_kernel(config_of(bytes));
  ASSERT_FALSE(parsed);
  EXPECT_NE(parsed.error().message.find("has no Xen notes"), std::string::npos);
}

TEST(KernelImage, AMalformedNoteEndsTheListAndNoMore) {
  auto bytes = tiny_kernel(Width::Bits32);
  bytes[0x200 + 24 + 4] = 0xff;  // the second note's size runs over
  const auto image = find_xen_kernel(bytes);
  ASSERT_TRUE(image) << "the first one counts";
  EXPECT_EQ(image->notes.size(), 1u);
}

TEST(KernelImage, ATruncatedFileIsOneSentence) {
  for (const Width width : {Width::Bits32, Width::Bits64}) {
    auto bytes = tiny_kernel(width);
    bytes.resize(0x1800);
    const auto machine = Machine::create(config_of(bytes));
    ASSERT_FALSE(machine);
    EXPECT_EQ(machine.error().code, ErrorCode::InvalidInput);
    EXPECT_NE(machine.error().message.find("truncated"), std::string::npos)
        << machine.error().message;
  }
}

TEST(KernelImage, TooLittleMemoryIsOneSentence) {
  auto config = config_of(tiny_kernel(Width::Bits64));
  config.memory_mib = 1;
  const auto machine = Machine::create(config);
  ASSERT_FALSE(machine);
  EXPECT_NE(machine.error().message.find("--memory"), std::string::npos) << machine.error().message;
}

TEST(KernelImage, APvhGuestIsRefusedWithItsReason) {
  auto config = config_of(tiny_kernel(Width::Bits64));
  config.guest_type = GuestType::Pvh;
  const auto machine = Machine::create(config);
  ASSERT_FALSE(machine);
  EXPECT_EQ(machine.error().code, ErrorCode::NotAvailable);
}

TEST(KernelImage, WhateverTheBytesAreTheAnswerIsAMachineOrASentence) {
  std::mt19937 random(11);
  for (const Width width : {Width::Bits32, Width::Bits64}) {
    const auto whole = tiny_kernel(width);
    for (int round = 0; round < 400; ++round) {
      auto bytes = whole;
      for (int i = 0; i < 4; ++i) {
        bytes[random() % 0x240] = static_cast<std::uint8_t>(random());
      }
      const auto machine = Machine::create(config_of(bytes));
      EXPECT_TRUE(machine || !machine.error().message.empty());
    }
  }
}

}  // namespace
}  // namespace gv::xen
