// SPDX-License-Identifier: MIT
//
// hostile_image_test.cpp - images that lie: cut short, bent, with wild fields.
//
// What must hold for all of them: the loader answers, either with a loaded
// image or with one sentence, and never writes outside guest memory
// (MemoryOfTest aborts on that). Under ASan this also proves the reads.

#include "loader/image.h"

#include "sample_images.h"

#include <gtest/gtest.h>

#include <random>

namespace gv {
namespace {

// One sentence: names the input, one line, no full stop.
void expect_a_sentence(const std::string& message) {
  EXPECT_EQ(message.rfind("sample: ", 0), 0u) << message;
  EXPECT_EQ(message.find('\n'), std::string::npos) << message;
  EXPECT_NE(message.back(), '.') << message;
}

struct Outcome {
  int loaded = 0, refused = 0;
};

struct HostileImage : ::testing::Test {
  MemoryOfTest memory{4};
  Outcome outcome;

  void load(const std::vector<std::uint8_t>& bytes, ImageKind kind) {
    MachineConfig config;
    config.image_path = "sample";
    config.image = bytes;
    config.image_kind = kind;
    const auto loaded = load_image(config, memory);
    if (loaded) {
      ++outcome.loaded;
      for (std::size_t i = 1; i < loaded->symbols.size(); ++i) {
        ASSERT_LE(loaded->symbols[i - 1].address, loaded->symbols[i].address);
      }
    } else {
      ++outcome.refused;
      expect_a_sentence(loaded.error().message);
    }
  }
};

TEST_F(HostileImage, EveryPrefixOfAKernelIsAnswered) {
  for (const auto& whole :
       {SampleElf(true).bytes, SampleElf(false).bytes, SampleAddressKernel().bytes,
        SampleBootSector().bytes, SampleBzImage().bytes}) {
    for (std::size_t length = 0; length < whole.size(); ++length) {
      const std::vector<std::uint8_t> prefix(whole.begin(),
                                             whole.begin() + static_cast<std::ptrdiff_t>(length));
      for (const ImageKind kind : {ImageKind::Auto, ImageKind::Multiboot, ImageKind::Elf32,
                                   ImageKind::BootSector, ImageKind::BzImage}) {
        load(prefix, kind);
      }
    }
  }
  EXPECT_GT(outcome.refused, 1000);
  EXPECT_GT(outcome.loaded, 100) << "a kernel without its symbol table still boots";
}

TEST_F(HostileImage, EveryFlippedBitOfAKernelIsAnswered) {
  for (const auto& whole :
       {SampleElf(true).bytes, SampleAddressKernel().bytes, SampleBzImage().bytes}) {
    for (std::size_t bit = 0; bit < whole.size() * 8; ++bit) {
      auto bent = whole;
      bent[bit / 8] = static_cast<std::uint8_t>(bent[bit / 8] ^ (1u << (bit % 8)));
      load(bent, ImageKind::Auto);
      load(bent, ImageKind::Elf32);
    }
  }
  EXPECT_GT(outcome.refused, 0);
  EXPECT_GT(outcome.loaded, 0);
}

TEST_F(HostileImage, WildValuesInEveryHeaderFieldAreAnswered) {
  for (const auto& whole :
       {SampleElf(true).bytes, SampleAddressKernel().bytes, SampleBzImage().bytes}) {
    for (std::size_t at = 0; at + 4 <= whole.size(); at += 2) {
      for (const std::uint32_t wild :
           {0u, 1u, 0x7fffffffu, 0x80000000u, 0xfffffff0u, 0xffffffffu}) {
        auto bent = whole;
        std::memcpy(bent.data() + at, &wild, 4);
        load(bent, ImageKind::Auto);
      }
    }
  }
  EXPECT_GT(outcome.refused, 0);
}

TEST_F(HostileImage, RandomBytesBehindAGoodStartAreAnswered) {
  std::mt19937 random(2026);
  for (int round = 0; round < 20'000; ++round) {
    auto bent = SampleElf(round % 2 == 0).bytes;
    const int changes = 1 + static_cast<int>(random() % 12);
    for (int i = 0; i < changes; ++i) {
      // Headers and tables are where structure is; the code between is only bytes.
      const std::size_t span = random() % 2 == 0 ? 0x80 : bent.size();
      bent[random() % span] = static_cast<std::uint8_t>(random());
    }
    load(bent, ImageKind::Auto);
  }
  EXPECT_GT(outcome.refused, 100);
  EXPECT_GT(outcome.loaded, 100);
}

}  // namespace
}  // namespace gv
