// SPDX-License-Identifier: MIT
//
// xl_config_fuzzer.cpp - configurations from anywhere.
//
// The first input byte chooses whether the rest is the text, or numbers of
// pieces that make one, so that most get past the syntax. A refusal names file
// and line; what is accepted keeps its own promises.

#include "gv/domain_config.h"

#include <array>

namespace {

constexpr std::array kPieces = {"name = 'd'\n",
                                "kernel = '/k'\n",
                                "type = 'hvm'\n",
                                "memory = ",
                                "maxmem = ",
                                "vcpus = ",
                                "cpus = ",
                                "disk = ",
                                "disk += ",
                                "vif = ",
                                "[",
                                "]",
                                ",",
                                "\n",
                                "'",
                                "\"",
                                "1",
                                "64",
                                "0x40",
                                "'/a,raw,xvda,rw'",
                                "'vdev=hdc,cdrom'",
                                "'phy:/b,xvdb,w'",
                                "'mac=00:16:3e:01:02:03'",
                                "'0-3,^1'",
                                "'all'",
                                "on_crash = 'preserve'\n",
                                "pci = ['0']\n",
                                "#",
                                ";",
                                "extra = 'x'\n",
                                "cap = 50\n",
                                "uuid = '",
                                "06ed00fe-1162-4fc4-b5d8-11993ee4a8b9'\n",
                                "+= "};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace gv;
  if (size == 0)
    return 0;
  std::string text;
  if ((data[0] & 1) != 0) {
    text.assign(data + 1, data + size);
  } else {
    text = (data[0] & 2) != 0 ? "name = 'd'\nkernel = '/k'\n" : "";
    for (std::size_t i = 1; i < size && i < 40; ++i)
      text += kPieces[data[i] % kPieces.size()];
  }
  const auto result = parse_domain_config(text, "fuzz");
  if (!result) {
    GV_CHECK(result.error().message.rfind("fuzz:", 0) == 0);
    return 0;
  }
  const DomainConfig& config = result->config;
  GV_CHECK(!config.name.empty());
  GV_CHECK(config.type == DomainType::Hvm || !config.kernel.empty());
  GV_CHECK(config.memory_mib >= 1 && config.memory_mib <= config.max_memory_mib);
  GV_CHECK(config.vcpus >= 1 && config.vcpus <= config.max_vcpus);
  for (const DiskConfig& disk : config.disks)
    GV_CHECK(!disk.vdev.empty() && (disk.cdrom || !disk.target.empty()));
  return 0;
}
