// SPDX-License-Identifier: MIT
//
// image_fuzzer.cpp - the loader on bytes from anywhere.
//
// The first input byte chooses what the rest is: a raw image, or edits
// (offset, value) of a minimal multiboot ELF, so that most inputs get past
// the magic numbers.

#include "../loader/sample_images.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gv;
  if (size == 0)
    return 0;
  MachineConfig config;
  config.image_path = "fuzz";
  const std::uint8_t choice = data[0];
  config.image_kind = static_cast<ImageKind>(choice % 6);
  if ((choice & 0x80) != 0) {
    config.image.assign(data + 1, data + size);
  } else {
    config.image = (choice & 0x40) != 0   ? SampleAddressKernel().bytes
                   : (choice & 0x20) != 0 ? SampleBzImage().bytes
                                          : SampleElf(true).bytes;
    for (std::size_t i = 1; i + 2 < size; i += 3) {
      const std::size_t at = static_cast<std::size_t>(data[i] | data[i + 1] << 8);
      config.image[at % config.image.size()] = data[i + 2];
    }
  }
  static MemoryOfTest memory(2);
  const auto loaded = load_image(config, memory);
  GV_CHECK(loaded.has_value() || loaded.error().message.rfind("fuzz: ", 0) == 0);
  return 0;
}
