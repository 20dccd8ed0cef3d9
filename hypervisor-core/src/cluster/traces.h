// SPDX-License-Identifier: MIT
//
// traces.h - what each virtual machine asks of its CPU over a day.
//
// A sample is a whole percentage of the VM's own size, one each five minutes:
// PlanetLab's format, one file a VM and one number a line. Read from a folder
// or from its tar.xz, or generated: this repository ships no recorded trace.
//
// Values; any thread.

#pragma once

#include "gv/cluster.h"
#include "gv/result.h"

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace gv {

class TraceSet {
 public:
  TraceSet(std::size_t vms, std::size_t steps) : steps_(steps), percent_(vms * steps) {}

  std::size_t vms() const { return steps_ == 0 ? 0 : percent_.size() / steps_; }
  std::size_t steps() const { return steps_; }
  std::span<const std::uint8_t> of(std::size_t vm) const {
    return {percent_.data() + vm * steps_, steps_};
  }
  std::span<std::uint8_t> of(std::size_t vm) { return {percent_.data() + vm * steps_, steps_}; }

 private:
  std::size_t steps_;
  std::vector<std::uint8_t> percent_;
};

inline constexpr double kSampleSeconds = 300;
inline constexpr std::size_t kSamplesADay = 288;

// A folder of trace files, or the .tar.xz of one. VMs are numbered in the order of the file
// names, byte by byte. All files have as many lines; the error names file and line.
Result<TraceSet> read_traces(const std::string& path);

// A day of `vms` machines. The same arguments give the same traces everywhere.
TraceSet generate_traces(Workload workload, std::size_t vms, std::uint64_t seed);

// One trace file's text; `name` is for the error.
Result<std::vector<std::uint8_t>> parse_trace(std::string_view text, const std::string& name);

}  // namespace gv
