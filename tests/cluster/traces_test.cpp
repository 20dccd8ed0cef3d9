// SPDX-License-Identifier: MIT
//
// Traces: what is read, what is refused and in which words, what is generated.

#include "cluster/traces.h"

#include "cluster/trace_archive.h"
#include "lesson/temporary_folder.h"

#include <gtest/gtest.h>
#include <lzma.h>

#include <algorithm>
#include <numeric>

namespace gv {
namespace {

// One file as a tar holds it.
std::string tar_entry(const std::string& name, const std::string& text) {
  std::string header(512, '\0');
  header.replace(0, name.size(), name);
  char size[12];
  std::snprintf(size, sizeof size, "%011zo", text.size());
  header.replace(124, 11, size);
  header[156] = '0';
  header.replace(257, 5, "ustar");
  header.replace(148, 8, 8, ' ');
  unsigned sum = 0;
  for (const char c : header)
    sum += static_cast<unsigned char>(c);
  char checksum[8];
  std::snprintf(checksum, sizeof checksum, "%06o", sum);
  header.replace(148, 7, std::string(checksum) + '\0');
  std::string padded = text;
  padded.resize((text.size() + 511) / 512 * 512, '\0');
  return header + padded;
}

std::string xz(const std::string& plain) {
  std::string out(lzma_stream_buffer_bound(plain.size()), '\0');
  std::size_t length = 0;
  EXPECT_EQ(lzma_easy_buffer_encode(
                0, LZMA_CHECK_CRC32, nullptr, reinterpret_cast<const std::uint8_t*>(plain.data()),
                plain.size(), reinterpret_cast<std::uint8_t*>(out.data()), &length, out.size()),
            LZMA_OK);
  out.resize(length);
  return out;
}

std::string refusal(const std::string& path) {
  const auto traces = read_traces(path);
  EXPECT_FALSE(traces) << path;
  return traces ? "" : traces.error().message;
}

TEST(Traces, AreReadFromAFolderInTheOrderOfTheirNames) {
  TemporaryFolder folder;
  folder.write("b", "3\n4\n");
  folder.write("a", "1\r\n2");
  const auto traces = read_traces(folder.path());
  ASSERT_TRUE(traces) << traces.error().message;
  EXPECT_EQ(traces->vms(), 2u);
  EXPECT_EQ(traces->steps(), 2u);
  EXPECT_EQ(traces->of(0)[1], 2);
  EXPECT_EQ(traces->of(1)[0], 3);
}

TEST(Traces, AreReadFromAnArchiveAsFromItsFolder) {
  TemporaryFolder folder;
  const auto archive = folder.write(
      "day.tar.xz",
      xz(tar_entry("day/b", "3\n4\n") + tar_entry("day/a", "1\n2\n") + std::string(1024, '\0')));
  const auto traces = read_traces(archive);
  ASSERT_TRUE(traces) << traces.error().message;
  EXPECT_EQ(traces->vms(), 2u);
  EXPECT_EQ(traces->of(0)[0], 1);
}

TEST(Traces, NameTheFileAndTheLineThatIsWrong) {
  for (const char* wrong : {"1\nx\n3\n", "1\n\n3\n", "1\n101\n3\n", "1\n-2\n3\n", "1\n2.5\n3\n"}) {
    TemporaryFolder folder;
    folder.write("vm", wrong);
    EXPECT_NE(refusal(folder.path()).find("/vm:2: is not a whole percentage"), std::string::npos)
        << refusal(folder.path());
  }
}

TEST(Traces, AreRefusedWithAReason) {
  TemporaryFolder folder;
  EXPECT_NE(refusal(folder.file("nowhere")).find("is not there"), std::string::npos);
  EXPECT_NE(refusal(folder.path()).find("has no trace files"), std::string::npos);
  const std::string good = xz(tar_entry("a", "1\n2\n"));
  EXPECT_NE(refusal(folder.write("t.xz", "plain text and no archive")).find("no xz file"),
            std::string::npos);
  EXPECT_NE(refusal(folder.write("u.xz", good.substr(0, good.size() / 2))).find("cut off"),
            std::string::npos);
  EXPECT_NE(refusal(folder.write("v.xz", xz(std::string(512, 'x')))).find("tar archive"),
            std::string::npos);
  EXPECT_NE(refusal(folder.write("w.xz", xz(tar_entry("a", "1\n2\n").substr(0, 600))))
                .find("ends inside"),
            std::string::npos);
  TemporaryFolder uneven;
  uneven.write("a", "1\n2\n");
  uneven.write("b", "1\n2\n3\n");
  EXPECT_NE(refusal(uneven.path()).find("/b: has 3 samples"), std::string::npos);
}

TEST(Traces, SurviveAnyDamageToAnArchive) {
  const std::string tar = tar_entry("a", "1\n2\n") + tar_entry("b", "3\n4\n");
  for (std::size_t i = 0; i < tar.size(); ++i) {
    std::string damaged = tar;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x5a);
    const auto whole = files_of_tar(damaged, "t");  // an error or files, never a crash
    const auto cut = files_of_tar(damaged.substr(0, i), "t");
    EXPECT_TRUE(!whole || whole->size() <= 2);
    EXPECT_TRUE(!cut || cut->size() <= 2);
  }
}

TEST(Traces, GenerateTheSameBytesFromTheSameSeed) {
  const auto sum = [](const TraceSet& traces) {
    std::uint64_t hash = 1;
    for (std::size_t vm = 0; vm < traces.vms(); ++vm) {
      for (const std::uint8_t sample : traces.of(vm))
        hash = hash * 31 + sample;
    }
    return hash;
  };
  const auto generated = [&](Workload workload, std::uint64_t seed) {
    return sum(generate_traces(workload, 20, seed));
  };
  for (const auto workload :
       {Workload::Planetlab, Workload::Diurnal, Workload::Bursty, Workload::Steady}) {
    EXPECT_EQ(generated(workload, 1), generated(workload, 1));
    EXPECT_NE(generated(workload, 1), generated(workload, 2));
  }
}

// Beloglazov and Buyya 2012, Table II: means of 10 to 12 %, medians of 4 to 6 %.
TEST(Traces, GenerateMostlyIdleMachinesAsPlanetlabHad) {
  const TraceSet traces = generate_traces(Workload::Planetlab, 1000, 1);
  std::vector<std::uint8_t> all;
  for (std::size_t vm = 0; vm < traces.vms(); ++vm)
    all.insert(all.end(), traces.of(vm).begin(), traces.of(vm).end());
  std::sort(all.begin(), all.end());
  const double mean =
      std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(all.size());
  EXPECT_GT(mean, 9);
  EXPECT_LT(mean, 18);
  EXPECT_LE(all[all.size() / 2], 9);
  EXPECT_EQ(traces.steps(), kSamplesADay);
}

}  // namespace
}  // namespace gv
